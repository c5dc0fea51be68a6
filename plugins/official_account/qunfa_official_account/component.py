"""Calls as a third-party platform (第三方平台): its own token, made from the ticket that is pushed, and its questions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from qunfa_official_account.client import needed, over_tls, read
from qunfa_official_account.errors import REFRESH, meaning
from qunfa_official_account.outcomes import Refusal
from saas.channels import MaybeSent, NotSent, Portal, PortalLine, PortalRefused, Revoked

NAME = "component"
TICKET_LIFE = 12 * 3600.0
TICKET_OVER = frozenset({61005, 61006})
WITHDRAWN = frozenset({61003, 61023, 40030})
LATER = frozenset({"doubt", "wait", "calls"})
NO_TICKET = (
    "还没有收到微信推送的 ticket（每 10 分钟一次）：请核对授权事件接收地址、Token 与密钥，稍后重试"
    " / no ticket from WeChat yet (one every ten minutes): check the address for events, its token and key, and try again"
)
OLD_TICKET = "微信推送的 ticket 已过期，等待下一次推送 / the ticket has expired: waiting for the next"


class Component:
    """One portal's line. Cheap to make."""

    __slots__ = ("base", "line", "portal")

    def __init__(self, portal: Portal, line: PortalLine) -> None:
        self.portal, self.line = portal, line
        self.base = over_tls(portal.settings.get("api_url"), bool(portal.settings.get("simulated")))

    @property
    def app_id(self) -> str:
        """The platform's own app id."""
        return self.portal.credentials.get("component_appid", "")

    async def ask(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST with the platform's token, renewed once where it was refused. Raises Revoked, PortalRefused, NotSent."""
        whole = {"component_appid": self.app_id, **body}
        try:
            return await self._asked(path, whole)
        except Refusal as refusal:
            raise self.told(refusal) from None
        except MaybeSent as error:
            raise NotSent(f"{path}: {error}") from None

    async def start_tickets(self) -> None:
        """Ask the platform to begin pushing tickets; it may do so already."""
        body = {"component_appid": self.app_id, "component_secret": self.portal.credentials.get("component_appsecret", "")}
        try:
            read(await self.line.http.post(f"{self.base}/cgi-bin/component/api_start_push_ticket", json=body), acting=False)
        except Refusal as refusal:
            raise self.told(refusal) from None
        except MaybeSent as error:
            raise NotSent(f"ticket: {error}") from None

    def told(self, refusal: Refusal) -> Exception:
        """What a refusal means here."""
        if refusal.code in WITHDRAWN:
            return Revoked(str(refusal.code), refusal.sentence())
        if refusal.code in TICKET_OVER or meaning(refusal.code).action in LATER:
            return NotSent(refusal.sentence())
        return PortalRefused(str(refusal.code), refusal.sentence())

    async def _asked(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        token = await self.line.token(NAME, self._fetch)
        try:
            return read(await self.line.http.post(self._url(path, token), json=body), acting=False)
        except Refusal as refusal:
            if refusal.code not in REFRESH:
                raise
        token = await self.line.token(NAME, self._fetch, stale=token)
        return read(await self.line.http.post(self._url(path, token), json=body), acting=False)

    def _url(self, path: str, token: str) -> str:
        return f"{self.base}/cgi-bin/component/{path}?component_access_token={quote(token, safe='')}"

    async def _fetch(self) -> tuple[str, float]:
        ticket = await self.line.ticket()
        if ticket is None:
            raise NotSent(NO_TICKET)
        if (self.line.now() - ticket[1]).total_seconds() > TICKET_LIFE:
            raise NotSent(OLD_TICKET)
        secret = self.portal.credentials.get("component_appsecret", "")
        body = {"component_appid": self.app_id, "component_appsecret": secret, "component_verify_ticket": ticket[0]}
        answer = read(await self.line.http.post(f"{self.base}/cgi-bin/component/api_component_token", json=body), acting=False)
        return needed(answer, "component_access_token"), float(needed(answer, "expires_in"))
