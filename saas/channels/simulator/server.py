"""Serve a simulator on loopback: the platform's endpoints, and a control room under ``/_control/``."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aiohttp import web

from saas.channels.simulator.faults import BadSetting, Fault, check, check_rate, cut, pause
from saas.channels.simulator.kit import Enrolment, Simulator
from saas.channels.simulator.stage import Stage

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
BODY_LIMIT = 64 * 1024 * 1024


class Server:
    """A running simulator. ``await start()``, then ``address``; ``await stop()`` ends it."""

    def __init__(self, simulator: Simulator, data: Path, callbacks: str = "", rate: float = 1.0) -> None:
        self.simulator = simulator
        self.stage = Stage(simulator.name, data, callbacks, rate)
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> str:
        """Listen on 127.0.0.1 and give the address, as ``http://127.0.0.1:PORT``."""
        app = web.Application(middlewares=[self._faults], client_max_size=BODY_LIMIT)
        app.add_routes(self._control())
        app.add_routes(self.simulator.routes(self.stage))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.stage.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self.stage.address

    async def stop(self) -> None:
        """Stop listening, cancel what waits."""
        if self._runner:
            await self._runner.cleanup()
        await self.stage.close()

    @web.middleware
    async def _faults(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/_control/"):
            return await handler(request)
        account, board = self.simulator.account_of(request), self.stage.faults
        if late := board.strike("delay", account, request.path):
            await pause(late)
        if board.strike("token", account, request.path):
            self.simulator.drop_tokens(self.stage, account)
        if board.strike("drop_before", account, request.path):
            return cut(request)
        if status := board.strike("http", account, request.path):
            return web.Response(status=int(status.value or 502), text="<html>bad gateway</html>", content_type="text/html")
        if code := board.strike("error", account, request.path):
            return self.simulator.error(code.value)
        effects = len(self.stage.effects)
        answer = await handler(request)
        harmless = len(self.stage.effects) == effects
        return cut(request) if board.strike("drop_after", account, request.path, only_named=harmless) else answer

    def _control(self) -> list[web.RouteDef]:
        return [
            web.get("/_control/effects", self._effects),
            web.get("/_control/accounts", self._accounts),
            web.post("/_control/accounts", self._enrol),
            web.patch("/_control/accounts/{id}", self._patch),
            web.post("/_control/portals", self._enrol_portal),
            web.get("/_control/faults", self._list_faults),
            web.post("/_control/faults", self._add_fault),
            web.delete("/_control/faults", self._clear_faults),
            web.post("/_control/clock", self._clock),
        ]

    async def _effects(self, request: web.Request) -> web.Response:
        after = int(request.query.get("after", "0"))
        return _json([asdict(e) for e in self.stage.effects[after:]])

    async def _accounts(self, request: web.Request) -> web.Response:
        return _json(self.stage.accounts)

    async def _enrol(self, request: web.Request) -> web.Response:
        enrolment = Enrolment(**await request.json())
        enrolled = self.simulator.enrol(enrolment, self.stage.address)
        known = self.stage.accounts.get(enrolled.id, {})
        self.stage.keep(enrolled.id, {**enrolled.record, **known, "key": enrolment.key, "callback_path": enrolment.callback_path})
        return _json({"id": enrolled.id, "credentials": enrolled.credentials, "settings": enrolled.settings})

    async def _enrol_portal(self, request: web.Request) -> web.Response:
        told = await request.json()
        enrolled = self.simulator.enrol_portal(self.stage, str(told["name"]), str(told["path"]))
        return _json(dict(enrolled)) if enrolled else _json({"error": "no portals"}, 404)

    async def _patch(self, request: web.Request) -> web.Response:
        record = self.stage.accounts.get(request.match_info["id"])
        if record is None:
            return _json({"error": "no such account"}, 404)
        changes, knobs = await request.json(), self.simulator.knobs
        unknown = set(changes) - set(record) - knobs if knobs is not None else set()
        if unknown:
            return _json({"unknown": sorted(unknown), "known": sorted((knobs or frozenset()) | set(record))}, 422)
        self.stage.keep(request.match_info["id"], {**record, **changes})
        return _json(self.stage.accounts[request.match_info["id"]])

    async def _list_faults(self, request: web.Request) -> web.Response:
        return _json(self.stage.faults.list())

    async def _add_fault(self, request: web.Request) -> web.Response:
        """Nothing is switched on that would break later calls; with ``?check`` nothing is switched on at all."""
        try:
            fault = Fault(**await request.json())
            check(fault.name, fault.value, fault.times)
            if fault.name == "error":
                self._known_code(fault.value)
            return _json(asdict(fault if "check" in request.query else self.stage.faults.add(fault)))
        except BadSetting as error:
            return _json(error.to_json(), 400)
        except (TypeError, ValueError) as error:
            return _json({"error": str(error)}, 400)

    def _known_code(self, code: str) -> None:
        try:
            self.simulator.error(str(code))
        except ValueError:
            name = self.simulator.name
            rule = (f"平台 {name} 没有“{code}”这样的错误码", f"the platform {name} has no error code like '{code}'")
            raise BadSetting(
                "value", rule, ("写平台的数字错误码，例如 45009", "write the platform's number, e.g. 45009")
            ) from None

    async def _clear_faults(self, request: web.Request) -> web.Response:
        self.stage.faults.clear()
        return _json([])

    async def _clock(self, request: web.Request) -> web.Response:
        try:
            self.stage.set_rate(check_rate((await request.json()).get("rate")))
        except BadSetting as error:
            return _json(error.to_json(), 400)
        return _json({"now": self.stage.now().isoformat(), "rate": self.stage.rate})


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(text=json.dumps(value, ensure_ascii=False), status=status, content_type="application/json")
