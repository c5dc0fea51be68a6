"""Calls as a provider's app (第三方应用, 代开发模板): its own token, made from the ticket that is pushed, and its questions."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from qunfa_wecom.errors import BUSY, CONCURRENCY, FREQUENCY, PlatformError, describe
from qunfa_wecom.kinds import BASE_URL
from qunfa_wecom.line import checked
from saas.channels import MaybeSent, NotSent, Portal, PortalLine, PortalRefused, Revoked

SUITE, PROVIDER = "suite", "provider"
TICKET_LIFE = 1_800.0
STALE_SUITE, STALE_PROVIDER = frozenset({40082, 42009}), frozenset({40014, 42001})
BAD_TICKET, BAD_CODE = 40085, 40084
BAD_SECRET = frozenset({40001, 40013, 40091})
LATER = frozenset({BUSY, CONCURRENCY, FREQUENCY, BAD_TICKET, *STALE_SUITE, *STALE_PROVIDER})
NO_TICKET = (
    "还没有收到企业微信推送的 suite_ticket（每 10 分钟一次）：请核对指令回调 URL、Token 与密钥，稍后重试"
    " / no suite_ticket from WeCom yet (one every ten minutes): check the URL for commands, its token and key, and try again"
)
OLD_TICKET = "企业微信推送的 suite_ticket 已过期，等待下一次推送 / the suite_ticket has expired: waiting for the next"
NO_PROVIDER = (
    "代开发授权链接需要服务商 CorpID 与 ProviderSecret：请补填"
    " / a link to authorise a customised app needs the provider's corp ID and secret: enter both"
)


class Suite:
    """One portal's line. Cheap to make."""

    __slots__ = ("_base", "_line", "portal")

    def __init__(self, portal: Portal, line: PortalLine) -> None:
        self.portal, self._line = portal, line
        self._base = over_tls(portal.settings.get("api_url"), bool(portal.settings.get("simulated"))) + "/cgi-bin/"

    @property
    def id(self) -> str:
        """The suite's id; of a customised app its template's."""
        return self.portal.credentials.get("suite_id", "")

    @property
    def customised(self) -> bool:
        """Whether it is a template of customised apps (代开发): as the setting says, else by the platform's own prefix."""
        return str(self.portal.settings.get("app_type") or ("customized" if self.id.startswith("dk") else "")) == "customized"

    async def ask(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """GET, or POST a body, with the suite's token, renewed once if refused. Raises Revoked, PortalRefused, NotSent."""
        return await self._told(self._with_token(path, body, (SUITE, "suite_access_token", self._suite_token), STALE_SUITE))

    async def as_provider(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The same with the provider's token."""
        return await self._told(
            self._with_token(path, body, (PROVIDER, "provider_access_token", self._provider_token), STALE_PROVIDER)
        )

    async def corp_token(self, corp: str, code: str) -> tuple[str, float]:
        """A token of a corp that has authorised, and its seconds. Of a customised app the permanent code is the secret."""
        if not self.customised:
            found = await self.ask("service/get_corp_token", {"auth_corpid": corp, "permanent_code": code})
        else:
            found = await self._told(self._by_secret(corp, code))
        return needed(found, "access_token"), float(needed(found, "expires_in"))

    async def as_corp(self, token: str, path: str) -> dict[str, Any]:
        """A question in a corp's name. Raises PlatformError, NotSent."""
        try:
            return await self._call(path, None, {"access_token": token})
        except MaybeSent as error:
            raise NotSent(f"{path}: {error}") from None

    async def require_ticket(self) -> str:
        """The ticket, while it is good. Raises NotSent."""
        ticket = await self._line.ticket()
        if ticket is None:
            raise NotSent(NO_TICKET)
        if (self._line.now() - ticket[1]).total_seconds() > TICKET_LIFE:
            raise NotSent(OLD_TICKET)
        return ticket[0]

    async def _by_secret(self, corp: str, code: str) -> dict[str, Any]:
        """A secret that is refused may be one that was taken back: the platform is asked which before it is said."""
        try:
            return await self._call("gettoken", None, {"corpid": corp, "corpsecret": code})
        except PlatformError as error:
            if error.code not in BAD_SECRET:
                raise
        await self.ask("service/v2/get_auth_info", {"auth_corpid": corp, "permanent_code": code})
        raise NotSent("gettoken: 授权有效而 Secret 被拒，稍后再试 / authorised, yet the secret is refused: later again")

    async def _told(self, call: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = await call
        except PlatformError as error:
            raise meant(error) from None
        except MaybeSent as error:
            raise NotSent(str(error)) from None
        return answer

    async def _with_token(
        self, path: str, body: Mapping[str, Any] | None, own: tuple[str, str, Any], stale: Set[int]
    ) -> dict[str, Any]:
        name, parameter, fetch = own
        token = await self._line.token(name, fetch)
        try:
            return await self._call(path, body, {parameter: token})
        except PlatformError as error:
            if error.code not in stale:
                raise
        return await self._call(path, body, {parameter: await self._line.token(name, fetch, stale=token)})

    async def _call(self, path: str, body: Mapping[str, Any] | None, query: Mapping[str, str]) -> dict[str, Any]:
        method = "GET" if body is None else "POST"
        return checked(await self._line.http.request(method, self._base + path, query, json=body), path)

    async def _suite_token(self) -> tuple[str, float]:
        own, ticket = self.portal.credentials, await self.require_ticket()
        body = {"suite_id": self.id, "suite_secret": own.get("suite_secret", ""), "suite_ticket": ticket}
        found = await self._call("service/get_suite_token", body, {})
        return needed(found, "suite_access_token"), float(needed(found, "expires_in"))

    async def _provider_token(self) -> tuple[str, float]:
        corp, secret = (self.portal.credentials.get(name, "") for name in ("provider_corp_id", "provider_secret"))
        if not corp or not secret:
            raise PortalRefused("", NO_PROVIDER)
        found = await self._call("service/get_provider_token", {"corpid": corp, "provider_secret": secret}, {})
        return needed(found, "provider_access_token"), float(needed(found, "expires_in"))


def meant(error: PlatformError) -> Exception:
    """What a refusal means for a portal."""
    if error.code == BAD_CODE:
        return Revoked(str(error.code), describe(error))
    return NotSent(describe(error)) if error.code in LATER else PortalRefused(str(error.code), describe(error))


def over_tls(address: object, simulated: bool) -> str:
    """The address without its last slash. Secrets go over TLS only, save to the rehearsal server of this machine. NotSent."""
    plain = str(address or BASE_URL).rstrip("/")
    if not (plain.startswith("https://") or (simulated and plain.startswith(("http://127.0.0.1:", "http://localhost:")))):
        raise NotSent("api_url: 须以 https:// 开头，请更正 / it must begin with https://, correct it")
    return plain


def needed(answer: Mapping[str, Any], name: str) -> str:
    """A field that an answer must have. Raises NotSent."""
    if not answer.get(name):
        raise NotSent(f"the answer lacks '{name}'")
    return str(answer[name])
