"""A repeat after a lost answer, made as the route declares it: at most one effect comes of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from saas.channels.channel import AccountKind, Route
from saas.channels.conformance.answers import acting_path, named
from saas.channels.conformance.stand import Raised, Stand
from saas.channels.conformance.troupe import Troupe
from saas.channels.conformance.verdict import Broken
from saas.channels.message import Message
from saas.channels.outcome import Absent, Receipt
from saas.channels.platform import Delivery

LOOKS, GAP = 60, 0.05


async def repeat_safe(troupe: Troupe) -> str:
    """The answer is lost after the effect; the repeat (or the question) the route declares makes no second one."""
    for kind, route in troupe.routes():
        async with troupe.stand(kind) as stand:
            stand.hurry()
            path, _ = await acting_path(stand, route)
            await stand.settled()
            once = stand.reached()
        if path:
            await _lost(troupe, kind, route, path, once)
        if route.repeat.by == "key":
            await _twice(troupe, kind, route, once)
        if route.repeat.by == "lookup" and path:
            await _never_came(troupe, kind, route, path)
    return "an answer lost after the effect, then " + ", ".join(sorted({route.repeat.by for _, route in troupe.routes()}))


async def _lost(troupe: Troupe, kind: AccountKind, route: Route, path: str, once: int) -> None:
    async with troupe.stand(kind) as stand:
        stand.hurry()
        message, delivery = stand.first(route), await stand.delivery(route)
        stand.theatre.fault("drop_after", path, times=1)
        await stand.send(message, delivery)
        if route.repeat.by == "key":
            await stand.send(message, replace(delivery, attempt=2))
        if route.repeat.by == "lookup":
            await _found(stand, route, message, replace(delivery, attempt=1))
        await _at_most(stand, route, once, "after a lost answer")


async def _twice(troupe: Troupe, kind: AccountKind, route: Route, once: int) -> None:
    """The first answer came; a second call with the same key must not be a second message."""
    async with troupe.stand(kind) as stand:
        stand.hurry()
        message, delivery = stand.first(route), await stand.delivery(route)
        await stand.send(message, delivery)
        await stand.send(message, replace(delivery, attempt=2))
        await _at_most(stand, route, once, "with the same key twice")


async def _found(stand: Stand, route: Route, message: Message, delivery: Delivery) -> None:
    for _ in range(LOOKS):
        outcome = await stand.lookup(message, delivery)
        if isinstance(outcome, Receipt):
            return
        if isinstance(outcome, Absent | Raised):
            said = f"the platform has it, 'lookup' said {named(outcome)}: it would go out again"
            raise Broken(f"{stand.where}/{route.name}: {said}")
        await asyncio.sleep(GAP)
    raise Broken(f"{stand.where}/{route.name}: repeat is declared by lookup, and 'lookup' never found what the platform has")


async def _never_came(troupe: Troupe, kind: AccountKind, route: Route, path: str) -> None:
    async with troupe.stand(kind) as stand:
        message, delivery = stand.first(route), await stand.delivery(route)
        stand.theatre.fault("drop_before", path, times=1)
        await stand.send(message, delivery)
        outcome = await stand.lookup(message, delivery)
        if isinstance(outcome, Receipt):
            raise Broken(f"{stand.where}/{route.name}: the platform never got it, 'lookup' said Receipt")


async def _at_most(stand: Stand, route: Route, once: int, when: str) -> None:
    await stand.settled()
    if (reached := stand.reached()) > once:
        declared = f"repeat is declared by {route.repeat.by}"
        raise Broken(f"{stand.where}/{route.name}: {declared}, and {when} {reached} people were reached instead of {once}")
