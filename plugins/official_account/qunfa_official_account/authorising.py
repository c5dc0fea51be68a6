"""Accounts that owners authorise by a scan: the page they agree on, what they granted, and tokens in its name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlencode

from qunfa_official_account.callback import Refuse, opened_push
from qunfa_official_account.client import needed
from qunfa_official_account.component import NO_TICKET, Component
from qunfa_official_account.crypto import BadSecret
from qunfa_official_account.kinds import LOGIN_PAGE
from saas.channels import (
    Account,
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
)

ACCOUNTS_ONLY = "1"
AT_ONCE = 500
SERVICE = 2
DENIED = "公众号管理员没有同意授权 / the account's owner did not agree"
NO_ACCOUNT = "扫码的是小程序，请用公众号扫码 / a mini program was scanned: scan with an Official Account"
CHANGES: Mapping[str, Any] = {"authorized": "authorised", "updateauthorized": "updated", "unauthorized": "withdrawn"}


def called(portal: Portal) -> Account:
    """The portal as whom the platform pushes to: its keys open and verify what comes."""
    return Account(0, "", portal.channel, "", portal.name, portal.credentials, portal=portal.id)


def news(portal: Portal, request: CallbackRequest) -> PortalReply:
    """Read one push to the portal. 403 for whatever cannot be verified."""
    try:
        fields = opened_push(called(portal), request)
    except (Refuse, BadSecret):
        return PortalReply(status=403, body=b"refused")
    if fields.get("AppId") != portal.credentials.get("component_appid"):
        return PortalReply(status=403, body=b"refused")
    kind, stamp = str(fields.get("InfoType", "")), str(fields.get("CreateTime", ""))
    at = float(stamp) if stamp.isascii() and stamp.isdigit() else request.now
    if kind == "component_verify_ticket":
        return PortalReply(news=(PortalNews("ticket", at, value=str(fields.get("ComponentVerifyTicket", ""))),))
    if kind in CHANGES:
        return PortalReply(news=(PortalNews(CHANGES[kind], at, id=str(fields.get("AuthorizerAppid", ""))),))
    return PortalReply()


async def invite(portal: Portal, back: str, line: PortalLine) -> Invitation:
    """A page with a code to scan. Raises PortalRefused, NotSent."""
    component = Component(portal, line)
    if await line.ticket() is None:
        await component.start_tickets()
        raise NotSent(NO_TICKET)
    made = await component.ask("api_create_preauthcode", {})
    code = needed(made, "pre_auth_code")
    query = {"component_appid": component.app_id, "pre_auth_code": code, "redirect_uri": back, "auth_type": ACCOUNTS_ONLY}
    page = str(portal.settings.get("page_url") or LOGIN_PAGE)
    return Invitation(f"{page}?{urlencode(query)}", float(made.get("expires_in") or 600))


async def admit(portal: Portal, answer: Mapping[str, str], line: PortalLine) -> Granted:
    """Redeem the code, once. Raises PortalRefused, NotSent."""
    if not answer.get("auth_code"):
        raise PortalRefused("", DENIED)
    component = Component(portal, line)
    found = (await component.ask("api_query_auth", {"authorization_code": answer["auth_code"]})).get("authorization_info") or {}
    id = needed(found, "authorizer_appid")
    try:
        info = await _info(component, id)
    except NotSent:  # the code is used up: its owner shall not scan again for one lost answer
        info = await _info(component, id)
    return _granted(portal, id, info, {**(info.get("authorization_info") or {}), **found})


async def inspect(portal: Portal, id: str, line: PortalLine) -> Granted:
    """How the account stands now. Raises Revoked, PortalRefused, NotSent."""
    info = await _info(Component(portal, line), id)
    return _granted(portal, id, info, info.get("authorization_info") or {})


async def renew(portal: Portal, id: str, refresh: str, line: PortalLine) -> Renewed:
    """A new token. The refresh token that comes with it may be another: the old one is dead then. Raises Revoked …"""
    body = {"authorizer_appid": id, "authorizer_refresh_token": refresh}
    answer = await Component(portal, line).ask("api_authorizer_token", body)
    token, seconds = needed(answer, "authorizer_access_token"), float(needed(answer, "expires_in"))
    return Renewed(token, seconds, str(answer.get("authorizer_refresh_token") or refresh))


async def relist(portal: Portal, line: PortalLine) -> AsyncIterator[list[tuple[str, str]]]:
    """Every account authorised now with the refresh token that lives."""
    component, offset, total = Component(portal, line), 0, 1
    while offset < total:
        answer = await component.ask("api_get_authorizer_list", {"offset": offset, "count": AT_ONCE})
        listed, total = answer.get("list") or [], int(answer.get("total_count") or 0)
        if not listed:
            return
        yield [(str(one.get("authorizer_appid", "")), str(one.get("refresh_token", ""))) for one in listed]
        offset += len(listed)


async def _info(component: Component, id: str) -> dict[str, Any]:
    return await component.ask("api_get_authorizer_info", {"authorizer_appid": id})


def _granted(portal: Portal, id: str, info: Mapping[str, Any], authorised: Mapping[str, Any]) -> Granted:
    about = info.get("authorizer_info") or {}
    if "MiniProgramInfo" in about:
        raise PortalRefused("", NO_ACCOUNT)
    kind = "service" if _id(about.get("service_type_info")) == SERVICE else "subscription"
    own: dict[str, Any] = {"verified": _id(about.get("verify_type_info")) >= 0, "gh_id": str(about.get("user_name", ""))}
    own["base_url"] = str(portal.settings.get("api_url") or "")
    if portal.settings.get("simulated"):
        own["simulated"] = True
    rights = frozenset(str(_id(one.get("funcscope_category"))) for one in authorised.get("func_info") or ())
    refresh = str(authorised.get("authorizer_refresh_token") or "")
    return Granted(id, kind, str(about.get("nick_name") or id), {"app_id": id}, own, rights, refresh)


def _id(value: Any) -> int:
    """The number in ``{"id": n}``; −1 where there is none."""
    try:
        return int((value or {}).get("id", -1))
    except (TypeError, ValueError, AttributeError):
        return -1
