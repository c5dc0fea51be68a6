"""Faults that can be switched on: each is something platforms and networks really do."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import asdict, dataclass, field
from typing import Any

from aiohttp import web

FAULTS = {
    "error": "answer with the platform's error code VALUE, without an effect",
    "delay": "answer VALUE seconds late",
    "http": "answer with HTTP status VALUE, without an effect",
    "drop_before": "cut the connection before the effect",
    "drop_after": "cut the connection after the effect: the caller never hears of it (with a path: after any call to it)",
    "token": "invalidate the account's tokens before the call",
    "callback_lost": "never push the callback",
    "callback_doubled": "push the callback twice",
    "callback_late": "push the callback VALUE seconds late",
}


@dataclass(slots=True)
class Fault:
    """A fault on an account (the platform's id, "" for all), on paths that contain ``path``, so many times (0: for ever)."""

    name: str
    account: str = ""
    path: str = ""
    value: str = ""
    times: int = 0
    id: int = 0
    hits: int = 0


@dataclass(slots=True)
class Switchboard:
    """The faults that are on."""

    faults: list[Fault] = field(default_factory=list)
    _ids: Any = field(default_factory=lambda: itertools.count(1))

    def add(self, fault: Fault) -> Fault:
        """Switch a fault on. ValueError for a name that does not exist."""
        if fault.name not in FAULTS:
            raise ValueError(f"no fault '{fault.name}'; there are: {', '.join(FAULTS)}")
        fault.id = next(self._ids)
        self.faults.append(fault)
        return fault

    def clear(self) -> None:
        """Switch all faults off."""
        self.faults.clear()

    def strike(self, name: str, account: str, path: str, only_named: bool = False) -> Fault | None:
        """The first fault of that name that applies here, counted as a hit; gone after its last time.

        ``only_named``: only a fault that names a path.
        """
        for fault in self.faults:
            if only_named and not fault.path:
                continue
            if fault.name == name and fault.account in ("", account) and fault.path in path:
                fault.hits += 1
                if fault.times and fault.hits >= fault.times:
                    self.faults.remove(fault)
                return fault
        return None

    def list(self) -> list[dict[str, Any]]:
        """The faults as JSON."""
        return [asdict(fault) for fault in self.faults]


def cut(request: web.Request) -> web.Response:
    """Cut the connection without an answer."""
    if request.transport:
        request.transport.abort()
    return web.Response()


async def pause(fault: Fault) -> None:
    """Wait as long as the fault says, in real seconds."""
    await asyncio.sleep(float(fault.value or 1))
