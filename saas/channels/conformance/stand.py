"""One enrolled account on a stage, and short words for its hooks."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import Any

from saas.channels.channel import AccountKind, ContentKind, Route
from saas.channels.conformance.awaits import MISSING, slip, unawaited
from saas.channels.conformance.line import Line
from saas.channels.conformance.samples import sample
from saas.channels.conformance.theatre import Heard, Theatre
from saas.channels.conformance.verdict import NotJudged
from saas.channels.message import Message
from saas.channels.outcome import Outcome, Receipt, Unknown, Unreachable
from saas.channels.platform import Account, Delivery, MaybeSent, NotSent, Target
from saas.channels.registry import Installed
from saas.channels.rehearsal import Rehearsal
from saas.channels.rules import Limits

LONGEST = 20.0
A_LIST = 20  # so many people one call of a list route is for
ENDLESS = 20_000  # targets; the kit enrols no account with so many people
QUIET, LOOKS, HASTE = 0.12, 25, 20.0


class Endless(Exception):
    """A list that gives far more than there is."""


@dataclass(frozen=True, slots=True)
class Raised:
    """A hook raised what it must not, or did not come to an end."""

    what: str

    def __str__(self) -> str:
        return self.what


class Stand:
    """An account of a kind, with its line, as the core would hand it to hooks."""

    def __init__(self, installed: Installed, played: Rehearsal, theatre: Theatre, kind: AccountKind, id: str, account: Account):
        self.installed, self.played, self.theatre, self.kind = installed, played, theatre, kind
        self.id, self.account = id, account
        self.line = Line(theatre)
        self._number = 0

    @property
    def where(self) -> str:
        """The kind, for sentences."""
        return self.kind.name

    def limits(self, route: Route) -> Limits:
        """What binds the account on a route at the stage's time."""
        found: Limits = self.installed.hook.limits(account=self.account, route=route, now=self.line.now())
        return found

    def message(self, kind: ContentKind) -> Message | None:
        """The next message of a kind: the channel's own sample, or the kit's."""
        self._number += 1
        own, made = self.played.messages.get(kind), sample(kind, self._number, self.line)
        return replace(own, images=own.images or (made.images if made else ())) if own else made

    def first(self, route: Route) -> Message:
        """The next message of the first kind of a route that can be written."""
        found = next((message for kind in route.content if (message := self.message(kind))), None)
        if found is None:
            raise NotJudged(f"{self.where}/{route.name}: no message of {', '.join(route.content)} can be written")
        return found

    async def targets(self, route: Route, tag: str = "") -> list[Target]:
        """Everybody the route reaches; one target for everybody where the channel lists nobody."""
        hook = self.installed.hook.audience
        if hook is None:
            return [Target("all")]
        found: list[Target] = []
        async with asyncio.timeout(LONGEST):
            async for page in hook(account=self.account, route=route, tag=tag, platform=self.line):
                found += page
                if len(found) > ENDLESS:
                    raise Endless(f"{self.where}/{route.name}: the list of people never ends")
        return found

    async def whom(self, route: Route) -> list[Target]:
        """Targets as ``send`` gets them: everybody, or lists, or one after the other."""
        try:
            listed = await self.targets(route)
        except Exception as error:
            raise NotJudged(f"{self.where}/{route.name}: nobody is listed ({type(error).__name__})") from error
        if not listed:
            raise NotJudged(f"{self.where}/{route.name}: nobody is listed")
        if route.fan_out.mode != "batch" or listed[0].form != "ids":
            return listed
        ids = [id for target in listed for id in target.ids]
        size = min(route.fan_out.size, A_LIST)
        return [
            Target("ids", tuple(part), len(part)) for start in range(0, len(ids), size) if (part := ids[start : start + size])
        ]

    async def delivery(self, route: Route, place: int = 0) -> Delivery:
        """A new delivery for the target at that place."""
        whom = await self.whom(route)
        return self.delivery_to(route, whom[place % len(whom)])

    def delivery_to(self, route: Route, target: Target) -> Delivery:
        """A new delivery for a target."""
        self._number += 1
        return Delivery(self._number, uuid.uuid4().hex, route.name, target, 1, self.line.now())

    async def send(self, message: Message, delivery: Delivery) -> Outcome | Raised:
        """Send as the core does."""
        hook = self.installed.hook.send
        return await told(hook(account=self.account, message=message, delivery=delivery, platform=self.line))

    async def recall(self, message: Message, delivery: Delivery) -> Outcome | Raised:
        """Take back as the core does."""
        hook = self.installed.hook.recall
        return await told(hook(account=self.account, delivery=delivery, message=message, platform=self.line))

    async def lookup(self, message: Message, delivery: Delivery) -> Outcome | Raised:
        """Ask what became of it, as the core does."""
        hook = self.installed.hook.lookup
        return await told(hook(account=self.account, message=message, delivery=delivery, platform=self.line))

    async def accepted(self, route: Route) -> tuple[Message, Delivery, Receipt]:
        """A message that the platform took, with what it said. NotJudged when it took none: the check ``content`` tells why."""
        message, delivery = self.first(route), await self.delivery(route)
        outcome = await self.send(message, delivery)
        if not isinstance(outcome, Receipt):
            raise NotJudged(f"{self.where}/{route.name}: no message is taken, see the check 'content'")
        return message, replace(delivery, ids=dict(outcome.ids)), outcome

    def heard(self) -> list[Heard]:
        """What the simulator has been asked so far."""
        return list(self.theatre.server.heard)

    def reached(self) -> int:
        """How many people the log of effects names for this account."""
        return sum(effect.people for effect in list(self.theatre.server.stage.effects) if effect.account == self.account.key)

    def effects(self) -> int:
        """How many effects the account has."""
        return sum(effect.account == self.account.key for effect in list(self.theatre.server.stage.effects))

    def hurry(self) -> None:
        """Let the stage's clock run fast: whoever acts there acts soon."""
        self.theatre.change(lambda: self.theatre.server.stage.set_rate(HASTE))

    async def settled(self) -> None:
        """Wait until nothing more happens on the stage."""
        before = -1
        for _ in range(LOOKS):
            if before == (before := self.effects()):
                return
            await asyncio.sleep(QUIET)

    def with_credentials(self, **changed: str) -> Account:
        """The account with other credentials."""
        return replace(self.account, credentials={**self.account.credentials, **changed})


async def told(call: Awaitable[Any]) -> Outcome | Raised:
    """Await a hook as the core does; what it must not raise stays visible."""
    try:
        async with asyncio.timeout(LONGEST):
            outcome = await call
    except NotSent as error:
        return Unreachable(str(error))
    except MaybeSent as error:
        return Unknown(str(error))
    except TimeoutError:
        return Raised(f"did not end within {LONGEST:g} s")
    except Exception as error:
        told = slip(error)
        return Raised(f"raised {type(error).__name__}" + (f": {told}" if told else ""))
    if unawaited(outcome):
        return Raised(f"gave a coroutine: {MISSING}")
    return outcome if isinstance(outcome, Outcome) else Raised(f"gave {type(outcome).__name__}, which is no outcome")
