"""Channels that harm whoever runs them: one raises in every hook, one keeps the loop to itself."""

from __future__ import annotations

from typing import Any

from saas.channels import AccountKind, Channel, FanOut, Limits, Outcome, Rate, Repeat, Route, Text, hookimpl

WORDS = Text("试", "trial")
KIND = AccountKind("blind", WORDS, (Route("each", ("text",), ("ids",), FanOut("each"), Repeat("none")),))


class Raising:
    """Every hook raises but the one that names the channel; ``limits`` only when told to."""

    def __init__(self, limits_too: bool = False) -> None:
        self._limits_too = limits_too

    @hookimpl
    def channel(self) -> Channel:
        return Channel("raising", WORDS, (KIND,))

    @hookimpl
    def limits(self) -> Limits:
        if self._limits_too:
            raise RuntimeError("no limits")
        return Limits(rate=Rate(1000, 1.0, 4))

    @hookimpl
    async def send(self) -> Outcome:
        raise KeyError("nothing")

    @hookimpl
    async def recall(self) -> Outcome:
        raise KeyError("nothing")

    @hookimpl
    async def progress(self) -> Any:
        raise KeyError("nothing")

    @hookimpl
    async def figures(self) -> dict[str, Any]:
        raise KeyError("nothing")


class Spinning:
    """``send`` never gives the loop back."""

    @hookimpl
    def channel(self) -> Channel:
        return Channel("spinning", WORDS, (KIND,))

    @hookimpl
    def limits(self) -> Limits:
        return Limits(rate=Rate(1000, 1.0, 1))

    @hookimpl
    async def send(self) -> Outcome:
        while True:
            pass

    @hookimpl
    async def recall(self) -> Outcome:
        raise KeyError("nothing")
