"""A channel for tests, written as a stranger would write one, and its platform: a real HTTP server that can misbehave."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from saas.channels import (
    Absent,
    Account,
    AccountKind,
    CallbackReply,
    CallbackRequest,
    Cap,
    Channel,
    Delivery,
    Exhausted,
    FanOut,
    Limits,
    Outcome,
    Platform,
    Progress,
    Progressed,
    Rate,
    RecallRight,
    Receipt,
    Refused,
    Repeat,
    Route,
    TargetChanged,
    Text,
    Throttled,
    Unauthorized,
    Unknown,
    Window,
    hookimpl,
)

WORDS = Text("试", "trial")
PATIENCE = 60
NOT_AT_ALL = RecallRight()
RECALL_WINDOW = 120


def _kind(name: str, repeat: Repeat, recall: RecallRight = NOT_AT_ALL) -> AccountKind:
    return AccountKind(name, WORDS, (Route("each", ("text",), ("ids",), FanOut("each"), repeat, recall),))


class TrialChannel:
    """Three kinds of account, one for each way to make a repeat safe."""

    @hookimpl
    def channel(self) -> Channel:
        none = Repeat("none")
        rights = (("recalled", "recall", RECALL_WINDOW), ("downed", "take_down", 0), ("unsent", "stop_unsent", 0))
        kinds = tuple(_kind(name, none, RecallRight(right, seconds)) for name, right, seconds in rights)  # type: ignore[arg-type]
        kinds += (
            _kind("keyed", Repeat("key", 3600)),
            _kind("looked", Repeat("lookup", PATIENCE)),
            _kind("blind", Repeat("none")),
        )
        return Channel("trial", WORDS, kinds)

    @hookimpl
    def limits(self, account: Account, now: datetime) -> Limits:
        caps = tuple(Cap(name, "account", Window("day"), amount) for name, amount in account.settings.get("caps", {}).items())
        rate = Rate(*account.settings.get("rate", (1000, 1.0, 16)))
        return Limits(caps=caps, rate=rate)

    @hookimpl
    async def send(self, account: Account, delivery: Delivery, platform: Platform) -> Outcome:
        body = {"key": delivery.key, "to": delivery.target.ids[0]}
        if steps := account.settings.get("steps"):
            await asyncio.sleep(steps)
            await platform.go_ahead()
        if account.settings.get("with_token"):
            body["token"] = await self._token(account, platform)
        answer = (await platform.http.post(f"{account.settings['address']}/send", json=body)).json()
        if answer.get("stale"):
            body["token"] = await self._token(account, platform, stale=body["token"])
            answer = (await platform.http.post(f"{account.settings['address']}/send", json=body)).json()
        return _outcome(answer, platform)

    async def _token(self, account: Account, platform: Platform, stale: str = "") -> str:
        async def fetch() -> tuple[str, float]:
            answer = (await platform.http.get(f"{account.settings['address']}/token")).json()
            return answer["token"], 7200.0

        return await platform.token("access", fetch, stale)

    @hookimpl
    async def recall(self, account: Account, delivery: Delivery, platform: Platform) -> Outcome:
        body = {"id": delivery.ids["id"], "to": delivery.target.ids[0]}
        answer = (await platform.http.post(f"{account.settings['address']}/recall", json=body)).json()
        if answer["result"] == "gone":
            return Receipt(dict(delivery.ids), Progress(delivered=answer.get("delivered", 0)))
        return _outcome(answer, platform)

    @hookimpl
    async def lookup(self, account: Account, delivery: Delivery, platform: Platform) -> Outcome:
        answer = (await platform.http.get(f"{account.settings['address']}/known", params={"key": delivery.key})).json()
        return _outcome(answer, platform)

    @hookimpl
    def callback(self, request: CallbackRequest) -> CallbackReply:
        if request.query.get("secret") != "right":
            return CallbackReply(403, b"no")
        events = tuple(_event(event) for event in json.loads(request.body))
        return CallbackReply(events=events)


def _event(event: dict[str, Any]) -> Progressed | TargetChanged:
    if "change" in event:
        return TargetChanged(event["dedupe"], event["target"], event["change"])
    progress = Progress(event.get("delivered", 0), event.get("failed", 0), final=event.get("final", True))
    named = ("id" if "id" in event else "", event.get("id", ""), event.get("target", ""))
    return Progressed(event["dedupe"], progress, *named, tuple(event.get("foreign", ())), event.get("at", 0.0))


def _outcome(answer: dict[str, Any], platform: Platform) -> Outcome:
    match answer["result"]:
        case "done":
            return Receipt({"id": answer["id"]}, Progress(delivered=1, final=True))
        case "taken":
            return Receipt({"id": answer["id"]}, Progress(poll_after=3600))
        case "refused":
            return Refused("not you", code="17")
        case "throttled":
            return Throttled(0.3)
        case "exhausted":
            return Exhausted("day", platform.now() + timedelta(hours=5))
        case "used_up":
            return Exhausted("day", Window("day").bounds(platform.now(), "Asia/Shanghai")[1])
        case "unauthorized":
            return Unauthorized("credentials", "40001", "wrong secret")
        case "absent":
            return Absent()
    return Unknown("it does not say")


@dataclass
class TrialPlatform:
    """The platform: what reached whom, and what it answers. ``script`` gives a recipient's next answers, then all is well."""

    dedupes: bool = True
    knows: bool = True
    delay: float = 0.0
    usual: str = "done"
    script: dict[str, list[str]] = field(default_factory=dict)
    effects: list[tuple[str, str]] = field(default_factory=list)
    begun: list[float] = field(default_factory=list)
    busy: asyncio.Event = field(default_factory=asyncio.Event)
    held: asyncio.Event | None = None
    calls: Counter[str] = field(default_factory=Counter)
    recalls: Counter[str] = field(default_factory=Counter)
    gone: set[str] = field(default_factory=set)
    recall_script: dict[str, list[str]] = field(default_factory=dict)
    token: str = "t1"
    tokens_given: int = 0
    address: str = ""

    async def start(self, host: str = "127.0.0.1") -> None:
        app = web.Application()
        app.add_routes([web.post("/send", self._send), web.get("/known", self._known), web.get("/token", self._token)])
        app.add_routes([web.post("/recall", self._recall)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, 0).start()
        self.address = f"http://{host}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    @property
    def reached(self) -> Counter[str]:
        """How often each recipient was reached."""
        return Counter(to for _, to in self.effects)

    async def _send(self, request: web.Request) -> web.Response:
        body = await request.json()
        to, key = body["to"], body["key"]
        self.calls[to] += 1
        self.begun.append(time.time())
        self.busy.set()
        await asyncio.sleep(self.delay)
        if self.held:
            await self.held.wait()
        if "token" in body and body["token"] != self.token:
            return web.json_response({"stale": True, "result": "unauthorized"})
        answer = self.script[to].pop(0) if self.script.get(to) else self.usual
        known = self.dedupes and (key, to) in self.effects
        if answer in ("done", "taken", "drop_after") and not known:
            self.effects.append((key, to))
        if answer.startswith("drop") and request.transport:
            request.transport.abort()
        return web.json_response({"result": answer, "id": key})

    async def _recall(self, request: web.Request) -> web.Response:
        to = (await request.json())["to"]
        self.recalls[to] += 1
        answer = self.recall_script[to].pop(0) if self.recall_script.get(to) else "gone"
        if answer in ("gone", "drop_after"):
            self.gone.add(to)
        if answer == "drop_after" and request.transport:
            request.transport.abort()
        return web.json_response({"result": answer})

    async def _known(self, request: web.Request) -> web.Response:
        key = request.query["key"]
        if not self.knows:
            return web.json_response({"result": "not telling"})
        known = any(key == one for one, _ in self.effects)
        return web.json_response({"result": "done" if known else "absent", "id": key})

    async def _token(self, request: web.Request) -> web.Response:
        self.tokens_given += 1
        await asyncio.sleep(0.05)
        return web.json_response({"token": self.token})
