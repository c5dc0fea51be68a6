"""Taking back: done when it says so, refused when the time is over, and never claimed for what nobody took back."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from saas.channels.channel import AccountKind, Route
from saas.channels.conformance.answers import named
from saas.channels.conformance.stand import Raised, Stand
from saas.channels.conformance.troupe import Troupe
from saas.channels.conformance.verdict import Broken
from saas.channels.message import Message
from saas.channels.outcome import Outcome, Receipt, Throttled
from saas.channels.platform import Delivery

STILL_SENDING, GAP = 40, 0.1
ACTED_BY_THEN = 1.5  # seconds after which whoever was not stopped has acted
LATE_BY = 5.0


async def recall_truthful(troupe: Troupe) -> str:
    """Each route takes back what it declares, inside its window and not after it, and says how much."""
    for kind, route in troupe.routes():
        where = f"{kind.name}/{route.name}"
        if kind.assisted:
            continue
        if route.recall.kind == "none":
            await _cannot(troupe, kind, route, where)
        elif route.recall.kind == "stop_unsent":
            await _stops(troupe, kind, route, where)
        else:
            await _takes_back(troupe, kind, route, where)
            await _too_late(troupe, kind, route, where)
            await _in_doubt(troupe, kind, route, where)
    return ", ".join(sorted({f"{route.name}: {route.recall.kind}" for _, route in troupe.routes()}))


async def _cannot(troupe: Troupe, kind: AccountKind, route: Route, where: str) -> None:
    async with troupe.stand(kind) as stand:
        message, delivery, _ = await stand.accepted(route)
        outcome = await stand.recall(message, delivery)
        if isinstance(outcome, Receipt | Raised):
            raise Broken(f"{where}: no recall is declared, 'recall' said {named(outcome)} where it must refuse")


async def _takes_back(troupe: Troupe, kind: AccountKind, route: Route, where: str) -> None:
    async with troupe.stand(kind) as stand:
        message, delivery, _ = await stand.accepted(route)
        await stand.settled()
        before = stand.effects()
        outcome = await _asked(stand, message, delivery)
        if not isinstance(outcome, Receipt):
            raise Broken(f"{where}: {route.recall.kind} is declared, and inside its window it said {named(outcome)}")
        if stand.effects() == before:
            raise Broken(f"{where}: 'recall' said Receipt, and the platform took nothing back")


async def _too_late(troupe: Troupe, kind: AccountKind, route: Route, where: str) -> None:
    async with troupe.stand(kind) as stand:
        window = stand.limits(route).recall_seconds
        if window is None:
            raise Broken(f"{where}: {route.recall.kind} is declared, and the rule pack gives it no window")
        if window == 0:
            return
        message, delivery, _ = await stand.accepted(route)
        await stand.settled()
        stand.theatre.skip(window + LATE_BY)
        before = stand.effects()
        outcome = await stand.recall(message, delivery)
        if stand.effects() > before:
            raise Broken(f"{where}: the window of {window} s is over, and the platform still took it back: the window is wrong")
        if isinstance(outcome, Receipt | Raised):
            raise Broken(f"{where}: the window of {window} s is over and nothing was taken back, it said {named(outcome)}")


async def _in_doubt(troupe: Troupe, kind: AccountKind, route: Route, where: str) -> None:
    """The platform does nothing and breaks off: that is no success."""
    async with troupe.stand(kind) as stand:
        message, delivery, _ = await stand.accepted(route)
        await stand.settled()
        stand.theatre.fault("drop_before")
        outcome = await stand.recall(message, delivery)
        if isinstance(outcome, Receipt):
            raise Broken(f"{where}: the line broke before anything was taken back, it said Receipt")


async def _stops(troupe: Troupe, kind: AccountKind, route: Route, where: str) -> None:
    """Nobody has acted yet: what is stopped goes out to nobody, and no more people are skipped than were left."""
    async with troupe.stand(kind) as stand:
        message, delivery, _ = await stand.accepted(route)
        outcome = await _asked(stand, message, delivery)
        if not isinstance(outcome, Receipt):
            raise Broken(f"{where}: stop_unsent is declared, and before anybody acted it said {named(outcome)}")
        await asyncio.sleep(ACTED_BY_THEN)
        await stand.settled()
        people, reached = delivery.target.people, stand.reached()
        if reached + outcome.progress.skipped > people:
            told = f"{outcome.progress.skipped} skipped, yet {reached} of {people} people were reached"
            raise Broken(f"{where}: after stopping what was unsent {told}")


async def _asked(stand: Stand, message: Message, delivery: Delivery) -> Outcome | Raised:
    """As the core asks: again while the platform is still busy with it."""
    for _ in range(STILL_SENDING):
        outcome = await stand.recall(message, replace(delivery))
        if not isinstance(outcome, Throttled):
            return outcome
        await asyncio.sleep(GAP)
    return outcome
