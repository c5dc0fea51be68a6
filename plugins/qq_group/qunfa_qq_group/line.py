"""The line to the official API: token, one refresh of a stale one, the answer with its code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qunfa_qq_group.address import address, safe
from qunfa_qq_group.errors import INSECURE, TOKEN_CODES, official_outcome, outcome
from qunfa_qq_group.kinds import BASE_URL, TOKEN_URL
from saas.channels import Account, MaybeSent, Outcome, Platform, Unknown, Unreachable
from saas.channels.http import Answer

TOKEN = "access"  # noqa: S105  (a name)
TOKEN_MARGIN = 30.0


class Declined(Exception):
    """A step before the message failed, so nothing went out; ``outcome`` says what the caller must do."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(type(outcome).__name__)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the platform. ``code`` is "" where it names no error."""

    status: int
    code: str
    message: str
    body: Mapping[str, Any]

    @property
    def good(self) -> bool:
        """A success: 2xx and no error code."""
        return 200 <= self.status < 300 and not self.code


def read(answer: Answer) -> Reply:
    """An answer as a reply; an empty body is an empty object. MaybeSent when it is not JSON."""
    body = answer.json() if answer.body else {}
    if not isinstance(body, dict):
        raise MaybeSent(f"HTTP {answer.status}: the answer is not an object")
    code = str(body.get("err_code") or body.get("code") or "")
    return Reply(answer.status, "" if code == "0" else code, str(body.get("message") or ""), body)


@dataclass(frozen=True, slots=True)
class Line:
    """One account's line to the official API."""

    account: Account
    platform: Platform

    async def ask(self, method: str, path: str, json: Any = None, acting: bool = False) -> Reply:
        """Ask with a valid token; a stale one is replaced once, which is safe because the platform did nothing. ``acting``: it
        reaches people, so each request needs leave.

        Raises Declined (no token), NotSent or MaybeSent.
        """
        token = await self.platform.token(TOKEN, self._fetch)
        reply = await self._once(method, path, json, token, acting)
        if reply.code in TOKEN_CODES or (reply.status == 401 and not reply.code):
            fresh = await self.platform.token(TOKEN, self._fetch, stale=token)
            reply = await self._once(method, path, json, fresh, acting)
        return reply

    async def prepare(self, method: str, path: str, json: Any = None) -> Reply:
        """Ask for something that sends nothing by itself: any failure is Declined, a lost answer as Unreachable."""
        try:
            reply = await self.ask(method, path, json)
        except MaybeSent as lost:
            raise Declined(Unreachable(str(lost))) from None
        if not reply.good:
            raise Declined(harmless(self.outcome(reply)))
        return reply

    def outcome(self, reply: Reply) -> Outcome:
        """What a reply that is no success means."""
        return official_outcome(reply.status, reply.code, reply.message, self.platform.now(), self.account.zone)

    async def _once(self, method: str, path: str, json: Any, token: str, acting: bool) -> Reply:
        url = self._address("base_url", BASE_URL) + path
        if acting:
            await self.platform.go_ahead()  # each time: getting a token can take as long as a lease
        return read(await self.platform.http.request(method, url, headers={"Authorization": f"QQBot {token}"}, json=json))

    def _address(self, name: str, default: str) -> str:
        url = address(self.account, name, default)
        if not safe(url, self.account):
            raise Declined(outcome(INSECURE, name, "", self.platform.now(), self.account.zone))
        return url

    async def _fetch(self) -> tuple[str, float]:
        url = self._address("token_url", TOKEN_URL) + "/app/getAppAccessToken"
        asked = {"appId": self.account.credentials["app_id"], "clientSecret": self.account.credentials["client_secret"]}
        try:
            reply = read(await self.platform.http.post(url, json=asked))
        except MaybeSent as lost:
            raise Declined(Unreachable(str(lost))) from None
        token = str(reply.body.get("access_token") or "")
        if not token or not reply.good:
            raise Declined(harmless(self.outcome(reply)))
        return token, max(number(reply.body.get("expires_in"), 7200.0) - TOKEN_MARGIN, 1.0)


def number(value: object, default: float) -> float:
    """A number the platform may write as a string, or the default."""
    try:
        return float(str(value))
    except ValueError:
        return default


def harmless(found: Outcome) -> Outcome:
    """An unknown outcome of a step that sends nothing: surely nothing went out."""
    return Unreachable(found.reason) if isinstance(found, Unknown) else found
