"""Caps: what the rule pack declares is where the platform refuses. Each is used up to its last unit, and then one more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from saas.channels.channel import AccountKind, Route
from saas.channels.conformance.answers import named
from saas.channels.conformance.packs import pack_of
from saas.channels.conformance.stand import Stand
from saas.channels.conformance.troupe import Troupe
from saas.channels.conformance.verdict import Broken
from saas.channels.outcome import Receipt
from saas.channels.platform import Target
from saas.channels.rules import Cap, Limits

MOST_CALLS = 1_200
SPAN = {"minute": 60, "hour": 3_600, "day": 86_400, "week": 7 * 86_400, "month": 28 * 86_400}
A_BREATH = 2.0  # seconds of the stage: listing people took calls as well
OURS = frozenset({"B", "P"})
"""Grades of rules that are our own caution: the platform would take more."""


def span(cap: Cap) -> int:
    """Seconds after which what was used counts no more, at the least."""
    return int(cap.window.rolling.total_seconds()) if cap.window.rolling else SPAN[cap.window.name]


@dataclass(slots=True)
class Pace:
    """What has been used of everything else that binds, so that the stage's clock is moved on in time."""

    limits: Limits
    tried: Cap
    used: dict[str, int] = field(default_factory=dict)

    def wait(self, people: int) -> float:
        """How far the clock must move before the next call, so that only the cap that is tried can be in the way."""
        wait = 0.0
        for name, amount, seconds, units in self._bounds(people):
            if self.used.get(name, 0) + units > amount:
                wait, self.used[name] = max(wait, seconds + 1.0), 0
            self.used[name] = self.used.get(name, 0) + units
        return wait

    def _bounds(self, people: int) -> list[tuple[str, int, float, int]]:
        rate = self.limits.rate
        others = [cap for cap in self.limits.caps if cap.name != self.tried.name and span(cap) < span(self.tried)]
        units = {cap.name: people if cap.unit == "person" and cap.scope == "account" else 1 for cap in others}
        pace = [("rate", rate.calls, rate.seconds, 1)] if rate.seconds < span(self.tried) else []
        return [
            *pace,
            *((cap.name, cap.amount, float(span(cap)), units[cap.name]) for cap in others),
        ]


async def caps_honest(troupe: Troupe) -> str:
    """Every cap in force: the platform takes its whole amount, and nothing beyond it."""
    tried, left_out = [], []
    for kind, route in troupe.routes():
        async with troupe.stand(kind) as stand:
            caps, limits = stand.limits(route).caps, stand.limits(route)
        for cap in caps:
            if reason := _out_of_reach(cap, limits, kind):
                left_out.append(f"{cap.name} ({reason})")
            else:
                await _used_up(troupe, kind, route, cap)
                tried.append(cap.name)
    told = f"used up: {', '.join(dict.fromkeys(tried)) or 'no cap is declared'}"
    return told + (f"; not tried: {', '.join(dict.fromkeys(left_out))}" if left_out else "")


def _out_of_reach(cap: Cap, limits: Limits, kind: AccountKind) -> str:
    if cap.amount > MOST_CALLS and cap.unit == "call":
        return f"more than {MOST_CALLS} calls"
    tighter = [c for c in limits.caps if c.name != cap.name and span(c) >= span(cap) and c.amount < cap.amount and _same(c, cap)]
    return f"{tighter[0].name} is tighter" if tighter else ""


def _same(other: Cap, cap: Cap) -> bool:
    return other.unit == cap.unit and other.scope in (cap.scope, "account")


async def _used_up(troupe: Troupe, kind: AccountKind, route: Route, cap: Cap) -> None:
    async with troupe.stand(kind) as stand:
        _to_morning(stand, cap)
        cap = next(one for one in stand.limits(route).caps if one.name == cap.name)
        if span(cap) >= SPAN["day"]:
            stand.hurry()
        targets, units = await _aims(stand, route, cap)
        pace, number = Pace(stand.limits(route), cap), count()
        whole = 0
        while whole + units <= cap.amount:
            outcome = await _call(stand, route, targets(next(number)), pace)
            if not isinstance(outcome, Receipt):
                said = f"{cap.name} declares {cap.amount}, and the platform was full after {whole}: {named(outcome)}"
                raise Broken(f"{kind.name}/{route.name}: {said}")
            whole += units
        if cap.scope == "target" or cap.unit == "person":
            await _all_reached(stand, route, cap, whole * (targets(0).people if cap.scope == "target" else 1))
        await stand.settled()
        reached = stand.reached()
        outcome = await _call(stand, route, targets(next(number)), pace)
        await stand.settled()
        beyond = isinstance(outcome, Receipt) and stand.reached() > reached
        if beyond and grade(troupe, cap) not in OURS:
            said = f"{cap.name} declares {cap.amount}, and the platform took more: the declared cap is not the platform's"
            raise Broken(f"{kind.name}/{route.name}: {said}")
        if cap.scope == "target" and not beyond:
            await _others_have_their_own(stand, route, cap, pace)


async def _others_have_their_own(stand: Stand, route: Route, cap: Cap, pace: Pace) -> None:
    """A cap of each target that is used up for one of them binds nobody else."""
    ids = [id for target in await stand.whom(route) for id in target.ids][:2]
    if len(ids) < 2 or any(other.scope == "account" and other.amount <= cap.amount + 2 for other in pace.limits.caps):
        return
    plain = stand.message("text") if "text" in route.content else None  # pictures have caps of their own
    stand.theatre.skip(max(pace.wait(1), A_BREATH))
    outcome = await stand.send(plain or stand.first(route), stand.delivery_to(route, Target("ids", (ids[1],), 1)))
    if not isinstance(outcome, Receipt):
        said = f"{cap.name} is declared of each target, and used up for one the platform took nothing for another"
        raise Broken(f"{stand.where}/{route.name}: {said}: {named(outcome)}")


async def _all_reached(stand: Stand, route: Route, cap: Cap, whole: int) -> None:
    await stand.settled()
    if (reached := stand.reached()) < whole:
        said = (
            f"{cap.name} declares {cap.amount}, and of {whole} people only {reached} were reached: the platform is full before it"
        )
        raise Broken(f"{stand.where}/{route.name}: {said}")


def _to_morning(stand: Stand, cap: Cap) -> None:
    """The clock goes to the first half hour of the next calendar window, so that none ends in the middle."""
    if cap.window.rolling:
        return
    now = stand.line.now()
    _, ends = cap.window.bounds(now, stand.account.zone)
    opens = ends.astimezone(ZoneInfo(stand.account.zone)) + timedelta(seconds=1)
    stand.theatre.skip((opens - now).total_seconds())


async def _aims(stand: Stand, route: Route, cap: Cap) -> tuple[Callable[[int], Target], int]:
    """Whom the calls go to, and how many units each of them counts."""
    whom = await stand.whom(route)
    if cap.scope == "target":
        alone = Target("ids", whom[0].ids[:1], 1) if whom[0].form == "ids" else whom[0]
        return (lambda place: alone), 1
    if cap.unit == "call":
        return (lambda place: whom[place % len(whom)]), 1
    widest = max(whom, key=lambda target: target.people)
    return (lambda place: widest), widest.people


async def _call(stand: Stand, route: Route, target: Target, pace: Pace) -> Any:
    if wait := pace.wait(target.people):
        stand.theatre.skip(wait)
    return await stand.send(stand.first(route), stand.delivery_to(route, target))


def grade(troupe: Troupe, cap: Cap) -> str:
    """How far the rule may be trusted, as its pack says."""
    pack = pack_of(troupe)
    rules: tuple[Mapping[str, Any], ...] = pack.rules if pack else ()
    return next((str(rule["grade"]) for rule in rules if rule["name"] == cap.name and rule["amount"] == cap.amount), "")
