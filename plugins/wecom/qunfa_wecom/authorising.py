"""Corps that authorise over a provider's app: the page they agree on, what they granted, and tokens in their name.

One consent makes an account for each way to send that it allows: customer mass sends, app messages.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from qunfa_wecom.errors import PlatformError
from qunfa_wecom.kinds import INSTALL_PAGE, RIGHT_OF
from qunfa_wecom.opening import Refusal, Way, fields, messages, opened
from qunfa_wecom.suite import LATER, Suite, meant, needed
from saas.channels import (
    CallbackRequest,
    Granted,
    Invitation,
    NotSent,
    Portal,
    PortalLine,
    PortalNews,
    PortalRefused,
    PortalReply,
    Renewed,
    Revoked,
    hookimpl,
)

NAMES = {"customer": "（客户群发）", "groups": "（客户群群发）", "app": "（应用消息）", "moments": "（客户朋友圈）"}
USUAL_KINDS = "customer,app"
CUSTOMISED_LINK_LIVES = 1_200.0
DENIED = "企业管理员没有同意授权 / the corp's administrator did not agree"
NOTHING = "企业没有授权应用消息，也没有授权客户联系 / the corp has granted neither app messages nor customer contact"
GONE = "授权已取消，请企业管理员重新授权 / the authorisation is gone: the corp's admin must authorise again"
REFUSED = PortalReply(403, b"refused")


@dataclass(frozen=True, slots=True)
class Standing:
    """What a corp has granted, as the platform says it now."""

    corp: str
    name: str
    code: str
    agent: str
    rights: frozenset[str]
    members: int


@hookimpl
def portal_callback(portal: Portal, request: CallbackRequest) -> PortalReply:
    """Read one push to the suite. 403 for whatever cannot be verified."""
    own = portal.credentials
    suite, provider = own.get("suite_id", ""), own.get("provider_corp_id", "")
    way = Way(own.get("suite_token", ""), own.get("suite_aes_key", ""), frozenset({suite} - {""}))
    try:
        if request.method == "GET":  # the check of an address is meant for the provider itself
            checks = [replace(way, receivers=way.receivers | ({provider} - {""})), messages(own, provider, suite)]
            return PortalReply(body=opened(checks, request))
        told = fields(opened([way], request))
    except Refusal:
        return REFUSED
    return _read(told, request.now) if told.get("SuiteId") == suite else REFUSED


def _read(told: Mapping[str, str], now: float) -> PortalReply:
    stamp, corp, code = told.get("TimeStamp", ""), told.get("AuthCorpId", ""), told.get("AuthCode", "")
    at = float(stamp) if stamp.isascii() and stamp.isdigit() else now
    match told.get("InfoType"):
        case "suite_ticket":
            return PortalReply(news=(PortalNews("ticket", at, value=told.get("SuiteTicket", "")),))
        case "create_auth" | "reset_permanent_code" if code:
            return PortalReply(news=(PortalNews("authorised", at, value=code, state=told.get("State", "")),))
        case "change_auth" if corp:
            return PortalReply(news=(PortalNews("updated", at, id=corp),))
        case "cancel_auth" if corp:
            return PortalReply(news=(PortalNews("withdrawn", at, id=corp),))
    return PortalReply(account=corp)


@hookimpl
async def invite(portal: Portal, back: str, platform: PortalLine) -> Invitation:
    """A page on which a corp's admin agrees. Raises PortalRefused, NotSent."""
    suite, state = Suite(portal, platform), back.rpartition("/")[2]
    await suite.require_ticket()
    if suite.customised:
        body = {"state": state, "templateid_list": [suite.id]}
        made = await suite.as_provider("service/get_customized_auth_url", body)
        return Invitation(needed(made, "qrcode_url"), float(made.get("expires_in") or CUSTOMISED_LINK_LIVES), returns=False)
    made = await suite.ask("service/get_pre_auth_code")
    code, kind = needed(made, "pre_auth_code"), str(portal.settings.get("auth_type") or "0")
    session = {"pre_auth_code": code, "session_info": {"auth_type": 1 if kind == "1" else 0}}
    await suite.ask("service/set_session_info", session)
    query = {"suite_id": suite.id, "pre_auth_code": code, "redirect_uri": back, "state": state}
    page = str(portal.settings.get("page_url") or INSTALL_PAGE)
    return Invitation(f"{page}?{urlencode(query)}", float(made.get("expires_in") or 1_200))


@hookimpl
async def admit(portal: Portal, answer: Mapping[str, str], platform: PortalLine) -> Granted:
    """Redeem the code, once. Raises PortalRefused, NotSent."""
    if not answer.get("auth_code"):
        raise PortalRefused("", DENIED)
    suite = Suite(portal, platform)
    found = await suite.ask("service/v2/get_permanent_code", {"auth_code": answer["auth_code"]})
    corp, code = needed(found.get("auth_corp_info") or {}, "corpid"), needed(found, "permanent_code")
    try:
        standing = await _standing(suite, corp, code)
    except NotSent:  # the code is used up: nobody shall agree again for one lost answer
        standing = await _standing(suite, corp, code)
    wanted = [kind for kind in _kinds(portal) if RIGHT_OF[kind] in standing.rights]
    if not wanted:
        raise PortalRefused("", NOTHING)
    first, *others = (_granted(portal, standing, kind) for kind in wanted)
    return replace(first, beside=tuple(others))


@hookimpl
async def inspect(portal: Portal, id: str, refresh: str, platform: PortalLine) -> Granted:
    """How a corp's account stands now. Raises Revoked, PortalRefused, NotSent."""
    corp, _, kind = id.partition(".")
    if not refresh:
        raise Revoked("", GONE)
    return _granted(portal, await _standing(Suite(portal, platform), corp, refresh), kind)


@hookimpl
async def renew(portal: Portal, id: str, refresh: str, platform: PortalLine) -> Renewed:
    """A new token. The permanent code stays as it is until the corp withdraws or its admin asks for another. Raises Revoked …"""
    token, seconds = await Suite(portal, platform).corp_token(id.partition(".")[0], refresh)
    return Renewed(token, seconds, refresh)


@hookimpl
async def relist(portal: Portal, platform: PortalLine) -> AsyncIterator[list[tuple[str, str]]]:
    """The platform has no list of corps with their codes, and a permanent code is not used up: nothing can be lost on its way."""
    none: tuple[list[tuple[str, str]], ...] = ()
    for page in none:
        yield page


async def _standing(suite: Suite, corp: str, code: str) -> Standing:
    info = await suite.ask("service/v2/get_auth_info", {"auth_corpid": corp, "permanent_code": code})
    about, agents = info.get("auth_corp_info") or {}, (info.get("auth_info") or {}).get("agent") or []
    agent = str(agents[0].get("agentid") or "") if agents else ""
    token, _ = await suite.corp_token(corp, code)
    rights = {"message"} if agent else set()
    if await _reads_customers(suite, token):
        rights.add("contact")
    members = int(about.get("corp_user_max") or 0)
    return Standing(corp, str(about.get("corp_name") or corp), code, agent, frozenset(rights), members)


async def _reads_customers(suite: Suite, token: str) -> bool:
    """The platform's own list of rights does not tell: whether customers can be reached is asked of their interface."""
    try:
        await suite.as_corp(token, "externalcontact/get_follow_user_list")
    except PlatformError as error:
        if error.code in LATER:
            raise meant(error) from None
        return False
    return True


def _kinds(portal: Portal) -> list[str]:
    named = str(portal.settings.get("account_kinds") or USUAL_KINDS).replace("，", ",").split(",")
    return [kind for name in named if (kind := name.strip()) in RIGHT_OF]


def _granted(portal: Portal, standing: Standing, kind: str) -> Granted:
    """The corp as an account of that kind. A right that is no matter of this kind is not missed."""
    credentials = {"corp_id": standing.corp}
    settings: dict[str, Any] = {"base_url": str(portal.settings.get("api_url") or "")}
    if portal.settings.get("simulated"):
        settings["simulated"] = True
    if kind == "app":
        credentials["agent_id"] = standing.agent
        if standing.members:
            settings["accounts"] = str(standing.members)
    rights = standing.rights | (frozenset(RIGHT_OF.values()) - {RIGHT_OF.get(kind, "")})
    id, name = f"{standing.corp}.{kind}", standing.name + NAMES.get(kind, "")
    return Granted(id, kind, name, credentials, settings, rights, standing.code)
