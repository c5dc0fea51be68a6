"""A stage takes no fault and no clock that would break its later calls; what it refuses is not switched on."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from saas.channels.simulator import FAULTS, BadSetting, Enrolled, Enrolment, Fault, Simulator, Stage, check, check_rate
from saas.channels.simulator.faults import Switchboard
from saas.channels.simulator.server import Server

BAD = [
    ("delay", "abc", 0, "value"), ("delay", "nan", 0, "value"), ("delay", "-1", 0, "value"), ("callback_late", "inf", 0, "value"),
    ("error", "", 0, "value"), ("http", "99", 0, "value"), ("http", "²", 0, "value"), ("http", "6000", 0, "value"),
    ("drop_after", "", -1, "times"), ("token", "", "many", "times"), ("nonsense", "", 0, "name"),
]  # fmt: skip


class Plain(Simulator):
    """A platform with one endpoint, whose error codes are numbers."""

    name = "plain"
    knobs: frozenset[str] | None = None

    def routes(self, stage: Stage) -> list[web.RouteDef]:
        async def hello(_: web.Request) -> web.Response:
            return web.json_response({"hello": True})

        return [web.get("/hello", hello)]

    def enrol(self, enrolment: Enrolment, address: str) -> Enrolled:
        return Enrolled(enrolment.key, {}, {}, {})

    def error(self, code: str) -> web.Response:
        return web.json_response({"errcode": int(code)})

    def account_of(self, request: web.Request) -> str:
        return ""

    def drop_tokens(self, stage: Stage, account: str) -> None:
        return None


@pytest.mark.parametrize(("name", "value", "times", "field"), BAD)
def test_a_fault_that_would_break_later_calls_is_refused_by_field(name: str, value: str, times: Any, field: str) -> None:
    board = Switchboard()
    with pytest.raises(BadSetting) as refused:
        board.add(Fault(name, value=value, times=times))
    assert (refused.value.field, board.list()) == (field, [])
    assert all(refused.value.rule) and all(refused.value.remedy)


@pytest.mark.parametrize(("name", "value"), [("delay", ""), ("delay", "0.2"), ("http", ""), ("http", "502"), ("error", "-1")])
def test_a_sound_value_is_taken(name: str, value: str) -> None:
    check(name, value, 3)


@pytest.mark.parametrize("rate", [0, -5, "nan", "inf", "x", None])
def test_a_clock_never_stands_still_and_never_runs_back(rate: Any) -> None:
    with pytest.raises(BadSetting, match="rate must be above 0"):
        check_rate(rate)


def test_every_fault_is_told_in_chinese_and_in_english() -> None:
    assert all(max(zh) >= "一" and en.isascii() for zh, en in FAULTS.values())


def test_the_control_room_refuses_with_400_and_switches_nothing_on(tmp_path: Path) -> None:
    async def run() -> tuple[list[int], Any, Any, int]:
        server = Server(Plain(), tmp_path)
        address = await server.start()
        try:
            async with aiohttp.ClientSession() as session:
                statuses = []
                for body in ({"name": "delay", "value": "abc"}, {"name": "error"}, {"name": "error", "value": "x"}, {"odd": 1}):
                    async with session.post(f"{address}/_control/faults", json=body) as told:
                        statuses.append(told.status)
                async with session.post(f"{address}/_control/faults?check", json={"name": "error", "value": "45009"}) as told:
                    statuses.append(told.status)
                async with session.post(f"{address}/_control/clock", json={"rate": 0}) as told:
                    statuses.append(told.status)
                    refused = await told.json()
                async with session.get(f"{address}/hello") as answer:
                    return statuses, server.stage.faults.list(), refused, answer.status
        finally:
            await server.stop()

    statuses, on, refused, later = asyncio.run(run())
    assert statuses == [400, 400, 400, 400, 200, 400]
    assert (on, refused["field"], later) == ([], "rate", 200)
