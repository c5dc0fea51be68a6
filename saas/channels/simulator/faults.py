"""Faults that can be switched on: each is something platforms and networks really do."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import asdict, dataclass, field
from typing import Any

from aiohttp import web

FAULTS: dict[str, tuple[str, str]] = {
    "error": ("以平台错误码 VALUE 答复，不产生效果", "answer with the platform's error code VALUE, without an effect"),
    "delay": ("晚 VALUE 秒答复", "answer VALUE seconds late"),
    "http": ("以 HTTP 状态码 VALUE 答复，不产生效果", "answer with HTTP status VALUE, without an effect"),
    "drop_before": ("在产生效果之前断开连接", "cut the connection before the effect"),
    "drop_after": (
        "在产生效果之后断开连接，调用方得不到答复（指定路径时：对该路径的任何调用之后）",
        "cut the connection after the effect: the caller never hears of it (with a path: after any call to it)",
    ),
    "token": ("调用之前让账号的令牌失效", "invalidate the account's tokens before the call"),
    "callback_lost": ("从不推送回调", "never push the callback"),
    "callback_doubled": ("回调推送两次", "push the callback twice"),
    "callback_late": ("晚 VALUE 秒推送回调", "push the callback VALUE seconds late"),
}
"""Each fault and what it does (zh, en)."""
LONGEST = 86400.0
FASTEST = 1e9


class BadSetting(ValueError):
    """A setting the stage does not take: its ``field``, what it must be, and what to write instead (zh, en)."""

    def __init__(self, field: str, rule: tuple[str, str], remedy: tuple[str, str]) -> None:
        super().__init__(f"{rule[1]}; {remedy[1]}")
        self.field, self.rule, self.remedy = field, rule, remedy

    def to_json(self) -> dict[str, Any]:
        """What the control room answers."""
        return {"error": str(self), "field": self.field, "rule": self.rule, "remedy": self.remedy}


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
        """Switch a fault on. BadSetting for a name that does not exist, or a value it cannot take."""
        check(fault.name, fault.value, fault.times)
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


def check(name: str, value: object, times: object) -> None:
    """Whether a fault can be switched on. BadSetting."""
    if name not in FAULTS:
        known = ", ".join(FAULTS)
        raise BadSetting("name", (f"没有故障“{name}”", f"no fault '{name}'"), (f"可以用：{known}", f"there are: {known}"))
    if not isinstance(times, int) or times < 0:
        rule = (f"times 应是 0 或更大的整数，不能是 {times}", f"times must be a whole number, 0 or more, not {times}")
        raise BadSetting("times", rule, ("写 0 表示一直生效，或写要发生的次数", "write 0 for ever, or how often it strikes"))
    written = str(value)
    if name == "error" and not written.strip():
        rule = ("故障 error 必须有 value", "the fault error needs a value")
        raise BadSetting("value", rule, ("写平台的错误码，例如 45009", "write the platform's error code, e.g. 45009"))
    if name in ("delay", "callback_late") and written and not 0 <= _number(written) <= LONGEST:
        rule = (
            f"故障 {name} 的 value 应是 0 到 {LONGEST:.0f} 的秒数，不能是“{written}”",
            f"the value of {name} must be seconds from 0 to {LONGEST:.0f}, not '{written}'",
        )
        raise BadSetting("value", rule, ("写一个数，例如 2.5", "write a number, e.g. 2.5"))
    if name == "http" and written and not (written.isascii() and written.isdigit() and 200 <= int(written) <= 599):
        rule = (
            f"故障 http 的 value 应是 200 到 599 的状态码，不能是“{written}”",
            f"the value of http must be a status from 200 to 599, not '{written}'",
        )
        raise BadSetting("value", rule, ("写一个状态码，例如 502", "write a status, e.g. 502"))


def check_rate(rate: object) -> float:
    """How many times as fast a clock runs. BadSetting: it never stands still and never runs back."""
    known = _number(str(rate))
    if not 0 < known <= FASTEST:
        rule = (
            f"rate 应大于 0 且不超过 {FASTEST:.0f}，不能是 {rate}",
            f"rate must be above 0 and at most {FASTEST:.0f}, not {rate}",
        )
        raise BadSetting(
            "rate", rule, ("写 1 表示真实速度，60 表示一秒当一分钟", "write 1 for real time, 60 for a minute in a second")
        )
    return known


def _number(written: str) -> float:
    """NaN, which is in no range, for what is no number."""
    try:
        return float(written)
    except ValueError:
        return float("nan")


def cut(request: web.Request) -> web.Response:
    """Cut the connection without an answer."""
    if request.transport:
        request.transport.abort()
    return web.Response()


async def pause(fault: Fault) -> None:
    """Wait as long as the fault says, in real seconds."""
    await asyncio.sleep(float(fault.value or 1))
