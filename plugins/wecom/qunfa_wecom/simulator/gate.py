"""The way in: tokens, the trusted IP list, rights, frequency; then the endpoint."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from qunfa_wecom.simulator.corps import Corp
from qunfa_wecom.simulator.replies import Refusal, granted, refusal
from saas.channels.simulator import Stage

LIFE = 7_200
PER_MINUTE = 10_000


@dataclass(frozen=True, slots=True)
class Ask:
    """A request that was let in: the corp it speaks for, its body (or query) and the request itself."""

    corp: Corp
    body: Mapping[str, Any]
    request: web.Request


Endpoint = Callable[[Ask], Awaitable[Mapping[str, Any]]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Gate:
    """Tokens by corp; they do not survive a restart, as on the platform they need not."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._tokens: dict[str, tuple[str, int]] = {}
        self._corps: dict[str, Corp] = {}
        self._minute, self._calls = 0, Counter[tuple[str, str]]()

    def corp(self, id: str) -> Corp | None:
        """The corp of that id as its record stands now."""
        record = self.stage.accounts.get(id)
        if record is None or record.get("kind") == "robot":
            return None
        known = self._corps.get(id)
        if known is None or known.record is not record:
            known = self._corps[id] = Corp(id, record)
        return known

    async def gettoken(self, request: web.Request) -> web.StreamResponse:
        """``GET /cgi-bin/gettoken``: the same token within its validity."""
        corp = self.corp(request.query.get("corpid", ""))
        if corp is None:
            return refusal(40013)
        if not secrets.compare_digest(request.query.get("corpsecret", "").encode(), corp.record["app_secret"].encode()):
            return refusal(40001)
        now = self.stage.timestamp()
        for token, (owner, until) in self._tokens.items():
            if owner == corp.id and until > now:
                return granted({"access_token": token, "expires_in": until - now})
        token = secrets.token_urlsafe(96)
        self._tokens[token] = (corp.id, now + LIFE)
        return granted({"access_token": token, "expires_in": LIFE})

    def drop(self, corp: str) -> None:
        """Invalidate the tokens of a corp, or of all."""
        self._tokens = {t: v for t, v in self._tokens.items() if corp and v[0] != corp}

    def account_of(self, request: web.Request) -> str:
        """The corp or robot a request speaks for."""
        owner = self._tokens.get(request.query.get("access_token", ""))
        return owner[0] if owner else request.query.get("corpid") or request.query.get("key", "")

    def guarded(self, endpoint: Endpoint, right: str = "") -> Handler:
        """The endpoint behind token, IP list, right and frequency; its ``Refusal`` becomes the platform's error."""

        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                corp = self._admitted(request, right)
                return granted(await endpoint(Ask(corp, await _body(request), request)))
            except Refusal as no:
                return refusal(no.code)

        return handle

    def _admitted(self, request: web.Request, right: str) -> Corp:
        token = request.query.get("access_token", "")
        if not token:
            raise Refusal(41001)
        owner, until = self._tokens.get(token, ("", 0))
        corp = self.corp(owner)
        if corp is None:
            raise Refusal(40014)
        if until <= self.stage.timestamp():
            raise Refusal(42001)
        if not corp.record.get("ip_allowed", True):
            raise Refusal(60020)
        if right and right not in corp.record.get("rights", ()):
            raise Refusal(48002)
        self._count(corp.id, request.path)
        return corp

    def _count(self, corp: str, path: str) -> None:
        minute = self.stage.timestamp() // 60
        if minute != self._minute:
            self._minute, self._calls = minute, Counter()
        self._calls[corp, path] += 1
        if self._calls[corp, path] > PER_MINUTE:
            raise Refusal(45009)


async def _body(request: web.Request) -> Mapping[str, Any]:
    if request.method == "GET" or request.content_type.startswith("multipart/"):
        return dict(request.query)
    try:
        body = json.loads(await request.read())
    except ValueError:
        raise Refusal(47001) from None
    if not isinstance(body, dict):
        raise Refusal(47001)
    return body
