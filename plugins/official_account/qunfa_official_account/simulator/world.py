"""The state of the rehearsal platform, and the gate every call passes: token, IP list, kind, verification, quota."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import BodyPartReader, web

from qunfa_official_account.simulator.errmsg import Err
from qunfa_official_account.simulator.tokens import Tokens
from saas.channels.simulator import Stage

ZONE = ZoneInfo("Asia/Shanghai")
DAILY = {
    "/cgi-bin/token": 2000,
    "/cgi-bin/message/mass/sendall": 100,
    "/cgi-bin/message/mass/send": 100,
    "/cgi-bin/message/mass/delete": 10,
    "/cgi-bin/message/mass/preview": 100,
    "/cgi-bin/freepublish/submit": 100,
    "/cgi-bin/freepublish/get": 100,
    "/cgi-bin/freepublish/delete": 10,
    "/cgi-bin/freepublish/getarticle": 100,
    "/cgi-bin/freepublish/batchget": 100,
    "/cgi-bin/draft/add": 1000,
    "/cgi-bin/draft/batchget": 1000,
    "/cgi-bin/draft/get": 500,
    "/cgi-bin/user/get": 500,
    "/cgi-bin/media/uploadimg": 100_000,
    "/cgi-bin/message/template/send": 100_000,
    "/cgi-bin/message/subscribe/bizsend": 100_000,
}
RIGHT_FOR = {
    "/cgi-bin/message/": "7",
    "/cgi-bin/freepublish/": "7",
    "/cgi-bin/user/": "2",
    "/cgi-bin/tags/": "2",
    "/cgi-bin/draft/": "11",
    "/cgi-bin/material/": "11",
    "/cgi-bin/media/": "11",
}
MINUTELY = {"/cgi-bin/message/mass/sendall": 60, "/cgi-bin/message/mass/send": 60}


@dataclass(slots=True)
class Call:
    """One call that passed the gate: who calls, what the stage knows of the account, and what was sent."""

    app_id: str
    record: dict[str, Any]
    query: Mapping[str, str]
    body: dict[str, Any] = field(default_factory=dict)
    data: bytes = b""


Answer = dict[str, Any]
Action = Callable[[Call], Answer]


class World:
    """Clock, accounts and log are the stage's; tokens and call counters live here and end with the process."""

    def __init__(self, stage: Stage, tokens: Tokens) -> None:
        self.stage, self.tokens = stage, tokens
        self.calls: Counter[tuple[str, str, str]] = Counter()

    def record(self, app_id: str) -> dict[str, Any]:
        """What the stage keeps of the account. Raises Err when there is none."""
        found = self.stage.accounts.get(app_id)
        if found is None:
            raise Err(40013)
        return found

    def local(self) -> datetime:
        """The stage's time as the platform's calendar counts it."""
        return self.stage.now().astimezone(ZONE)

    def count(self, app_id: str, path: str) -> None:
        """Count one call against the day and the minute. Raises Err when either is full."""
        now, own = self.stage.now(), self.stage.accounts.get(app_id, {}).get("daily_limits")
        for most, span, code in (
            (DAILY | own if own else DAILY, now.astimezone(ZONE).strftime("%j"), 45009),
            (MINUTELY, now.strftime("%j %H:%M"), 45011),
        ):
            if path in most:
                if self.calls[app_id, path, span] >= most[path]:
                    raise Err(code)
                self.calls[app_id, path, span] += 1

    def used(self, app_id: str, path: str) -> int:
        """Calls of the day so far."""
        return self.calls[app_id, path, self.local().strftime("%j")]

    def forget_calls(self, app_id: str) -> None:
        """Count the account's calls of the day anew; those of the minute go on."""
        for key in [key for key in self.calls if key[0] == app_id and " " not in key[2]]:
            del self.calls[key]

    def get(self, path: str, action: Action, **gate: Any) -> web.RouteDef:
        """A route that reads only the query."""
        return web.get(path, self._handler(path, action, _nothing, **gate))

    def post(self, path: str, action: Action, **gate: Any) -> web.RouteDef:
        """A route with a JSON body."""
        return web.post(path, self._handler(path, action, _json, **gate))

    def upload(self, path: str, action: Action) -> web.RouteDef:
        """A route that takes the multipart part ``media``."""
        return web.post(path, self._handler(path, action, _media))

    def _handler(
        self,
        path: str,
        action: Action,
        read: Callable[[web.Request, Call], Awaitable[None]],
        verified: bool = False,
        kinds: tuple[str, ...] = ("subscription", "service"),
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            try:
                token = request.query.get("access_token", "")
                app_id = self.tokens.check(token, self.stage.now().timestamp())
                call = Call(app_id, self.record(app_id), request.query)
                self._admit(call, verified, kinds)
                if self.tokens.is_granted(token):
                    _within_rights(call.record, path)
                self.count(app_id, path)
                await read(request, call)
                return answer(action(call))
            except Err as error:
                return answer(error.answer())

        return handle

    def _admit(self, call: Call, verified: bool, kinds: tuple[str, ...]) -> None:
        if not call.record.get("ip_allowed", True):
            raise Err(40164)
        if (verified and not call.record.get("verified", True)) or call.record.get("kind") not in kinds:
            raise Err(48001)


def _within_rights(record: Mapping[str, Any], path: str) -> None:
    """A platform may do what the owner has granted it. Raises Err."""
    needed = next((right for begin, right in RIGHT_FOR.items() if path.startswith(begin)), None)
    if needed and needed not in (record.get("granted") or {}).get("rights", ()):
        raise Err(61007)


def answer(fields: Mapping[str, Any]) -> web.Response:
    """The platform answers everything with HTTP 200."""
    return web.Response(body=json.dumps(fields, ensure_ascii=False).encode(), content_type="application/json")


async def parsed(request: web.Request) -> dict[str, Any]:
    """The JSON body. Raises Err for what the platform does not take."""
    raw = await request.read()
    if not raw:
        raise Err(44002)
    if b"\\u" in raw:
        raise Err(40033)
    try:
        body = json.loads(raw)
    except ValueError:
        raise Err(47001) from None
    if not isinstance(body, dict):
        raise Err(47001)
    return body


async def _nothing(request: web.Request, call: Call) -> None:
    return None


async def _json(request: web.Request, call: Call) -> None:
    call.body = await parsed(request)


async def _media(request: web.Request, call: Call) -> None:
    if not request.content_type.startswith("multipart/"):
        raise Err(41005)
    async for part in await request.multipart():
        if isinstance(part, BodyPartReader) and part.name == "media":
            call.data = bytes(await part.read())
            if not call.data:
                raise Err(44001)
            return
    raise Err(41005)
