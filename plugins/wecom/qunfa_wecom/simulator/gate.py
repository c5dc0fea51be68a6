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
        self._over: dict[str, str] = {}
        self._views: dict[tuple[str, str], tuple[Mapping[str, Any], Corp]] = {}
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
        given, held = request.query.get("corpsecret", ""), corp.record.get("granted") or {}
        suite = next((suite for suite, one in held.items() if one["customised"] and one["code"] == given), "")
        if not suite and not secrets.compare_digest(given.encode(), corp.record["app_secret"].encode()):
            return refusal(40001)
        token, seconds = self.give(corp.id, suite)
        return granted({"access_token": token, "expires_in": seconds})

    def give(self, corp: str, suite: str = "") -> tuple[str, int]:
        """A token of the corp's own app, or of what it granted to a suite: the same one within its validity."""
        now = self.stage.timestamp()
        for token, (owner, until) in self._tokens.items():
            if owner == corp and until > now and self._over.get(token, "") == suite:
                return token, until - now
        token = secrets.token_urlsafe(96)
        self._tokens[token], self._over[token] = (corp, now + LIFE), suite
        return token, LIFE

    def withdraw(self, corp: str, suite: str) -> None:
        """The corp takes back what it granted: tokens in its name are none any more."""
        self._tokens = {t: v for t, v in self._tokens.items() if v[0] != corp or self._over.get(t) != suite}

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
                return granted(await endpoint(Ask(corp, await body_of(request), request)))
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
        suite = self._over.get(token, "")
        if suite:
            corp = self._as_granted(corp, suite)
        elif not corp.record.get("ip_allowed", True):
            raise Refusal(60020)
        if right and right not in corp.record.get("rights", ()):
            raise Refusal(48002)
        self._count(corp.id, request.path)
        return corp

    def _as_granted(self, corp: Corp, suite: str) -> Corp:
        """The corp as an app sees it to which it has granted some rights: under that app's own number."""
        base, view = self._views.get((corp.id, suite), (None, corp))
        if base is not corp.record:
            held = corp.record["granted"][suite]
            view = Corp(corp.id, {**corp.record, "agent_id": held["agent_id"], "rights": held["rights"]})
            self._views[corp.id, suite] = (corp.record, view)
        return view

    def _count(self, corp: str, path: str) -> None:
        minute = self.stage.timestamp() // 60
        if minute != self._minute:
            self._minute, self._calls = minute, Counter()
        self._calls[corp, path] += 1
        if self._calls[corp, path] > PER_MINUTE:
            raise Refusal(45009)


async def body_of(request: web.Request) -> Mapping[str, Any]:
    """The JSON of a request, or its query. Refusal for what the platform does not take."""
    if request.method == "GET" or request.content_type.startswith("multipart/"):
        return dict(request.query)
    try:
        body = json.loads(await request.read())
    except ValueError:
        raise Refusal(47001) from None
    if not isinstance(body, dict):
        raise Refusal(47001)
    return body
