"""What a channel makes of the platform's answers, and of none: error codes, lost answers, late ones, no connection."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from saas.channels.channel import AccountKind, Route
from saas.channels.conformance.line import Line
from saas.channels.conformance.stand import Raised, Stand
from saas.channels.conformance.troupe import Troupe
from saas.channels.conformance.verdict import Broken
from saas.channels.outcome import Outcome, Refused, Unauthorized, Unknown, Unreachable

SHORT, LATE_SECONDS, GRACE = 0.3, 1.8, 1.0
DOUBTFUL = (("drop_before", ""), ("drop_after", ""), ("http", "200"), ("http", "502"))
"""Faults of the sending call after which nobody can know: no answer, none after the effect, one that is no answer."""


async def acting_path(stand: Stand, route: Route) -> tuple[str, str]:
    """The path of the call that sends, and that of a call before it ("" for none), found by a send that goes well."""
    before = len(stand.heard())
    await stand.accepted(route)
    heard = stand.heard()[before:]
    acts = next((one for one in heard if one.effect), heard[-1] if heard else None)
    if acts is None:
        return "", ""
    prior = next((one.path for one in heard if one.path not in acts.path), "")
    return acts.path, prior


async def errors_mapped(troupe: Troupe) -> str:
    """Every error code that is declared becomes the outcome it was said to mean; no fault makes ``send`` raise."""
    tried = 0
    for kind, route in troupe.routes():
        if kind.assisted:
            continue
        declared = troupe.played.errors.get(kind.name, {})
        if not declared:
            raise Broken(f"{kind.name}: the hook 'rehearsal' declares no error code of the platform and what it means")
        async with troupe.stand(kind) as stand:
            path, _ = await acting_path(stand, route)
        for code, meant in declared.items():
            tried += await _means(troupe, kind, route, (path, code), meant)
        await _bears(troupe, kind, route, path)
    return f"{tried} error codes, dropped lines, bad gateways and lost tokens"


async def _means(troupe: Troupe, kind: AccountKind, route: Route, fault: tuple[str, str], meant: type[Outcome]) -> int:
    path, code = fault
    async with troupe.stand(kind) as stand:
        message, delivery = stand.first(route), await stand.delivery(route)
        stand.theatre.fault("error", path, code)
        outcome = await stand.send(message, delivery)
        if not isinstance(outcome, meant):
            raise Broken(f"{kind.name}/{route.name}: error {code} became {named(outcome)}, declared is {meant.__name__}")
    return 1


async def _bears(troupe: Troupe, kind: AccountKind, route: Route, path: str) -> None:
    """Faults of the network: nothing is raised, and a lost token is fetched anew."""
    for name, value in (*DOUBTFUL, ("http", "404"), ("token", "")):
        async with troupe.stand(kind) as stand:
            message, delivery = stand.first(route), await stand.delivery(route)
            if name == "token":
                await stand.accepted(route)
                message, delivery = stand.first(route), await stand.delivery(route, 1)
            stand.theatre.fault(name, path, value, 1)
            outcome = await stand.send(message, delivery)
            if isinstance(outcome, Raised):
                raise Broken(f"{kind.name}/{route.name}: with the fault '{name}' {value} the hook 'send' {outcome}")
            if name == "token" and isinstance(outcome, Unauthorized | Refused):
                raise Broken(
                    f"{kind.name}/{route.name}: the platform dropped its tokens, a new one was not fetched: {named(outcome)}"
                )


async def _no_doubt(troupe: Troupe, kind: AccountKind, route: Route, prior: str) -> None:
    async with troupe.stand(kind) as stand:
        message, delivery = stand.first(route), await stand.delivery(route)
        stand.line.tokens.clear()
        stand.theatre.fault("drop_before", prior)
        outcome = await stand.send(message, delivery)
        if isinstance(outcome, Unknown | Raised):
            said = f"the answer of {prior}, a step before the message, was lost: that is Unreachable, not {named(outcome)}"
            raise Broken(f"{kind.name}/{route.name}: {said}")


async def unknown_told(troupe: Troupe) -> str:
    """Where nobody can know whether it went out, the channel says Unknown and claims neither yes nor no."""
    tried = 0
    for kind, route in troupe.routes():
        async with troupe.stand(kind) as stand:
            path, _ = await acting_path(stand, route)
        for name, value in DOUBTFUL if path else ():
            async with troupe.stand(kind) as stand:
                message, delivery = stand.first(route), await stand.delivery(route)
                stand.theatre.fault(name, path, value)
                outcome = await stand.send(message, delivery)
                if not isinstance(outcome, Unknown | Raised):
                    raise Broken(
                        f"{kind.name}/{route.name}: after the fault '{name}' {value} nobody can know, it said {named(outcome)}"
                    )
                tried += 1
    return f"{tried} lost or broken answers"


async def unreachable_told(troupe: Troupe) -> str:
    """Where surely nothing arrived, the channel says so: it is sent again, and no person is asked."""
    tried = 0
    for kind, route in troupe.routes():
        async with troupe.stand(kind) as stand:
            path, prior = await acting_path(stand, route)
            if not path:
                continue
            message, delivery = stand.first(route), await stand.delivery(route)
            stand.theatre.close_doors()
            await asyncio.sleep(0)
            fresh = Line(stand.theatre)
            fresh.tokens, fresh.memory, fresh.pictures = stand.line.tokens, stand.line.memory, stand.line.pictures
            await stand.line.http.close()
            stand.line = fresh
            outcome = await stand.send(message, delivery)
            if not isinstance(outcome, Unreachable):
                raise Broken(f"{kind.name}/{route.name}: nothing listens any more, it said {named(outcome)}, not Unreachable")
            tried += 1
        if prior:
            await _no_doubt(troupe, kind, route, prior)
    return f"{tried} routes with nobody listening, and with a step before the message that was lost"


async def timeouts_kept(troupe: Troupe) -> str:
    """A platform that does not answer holds a hook no longer than the line's own time."""
    tried = 0
    for kind, route in troupe.routes():
        async with troupe.stand(kind) as stand:
            path, _ = await acting_path(stand, route)
            if not path:
                continue
            message, delivery = stand.first(route), await stand.delivery(route, 1)
            brief = Line(stand.theatre, SHORT)
            brief.tokens, brief.memory, brief.pictures = stand.line.tokens, stand.line.memory, stand.line.pictures
            await stand.line.http.close()
            stand.line = brief
            stand.theatre.fault("delay", path, str(LATE_SECONDS), 1)
            began = time.monotonic()
            outcome = await stand.send(message, replace(delivery))
            took = time.monotonic() - began
            if took > SHORT + GRACE or (isinstance(outcome, Raised) and "did not end" in outcome.what):
                raise Broken(
                    f"{kind.name}/{route.name}: the line gives up after {SHORT:g} s, 'send' came back after {took:.1f} s"
                )
            tried += 1
    return f"{tried} routes with an answer {LATE_SECONDS:g} s late"


def named(outcome: Outcome | Raised) -> str:
    """An outcome in a sentence: its class, and a reason where it has one."""
    if isinstance(outcome, Raised):
        return f"nothing: it {outcome}"
    reason = str(getattr(outcome, "reason", "") or getattr(outcome, "detail", ""))[:90]
    return f"{type(outcome).__name__}" + (f" ({reason})" if reason else "")
