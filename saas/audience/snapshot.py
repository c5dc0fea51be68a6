"""Whom a campaign reaches on one account, asked of the platform when the plan is made, and frozen into it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from saas.channels.channel import Route
from saas.channels.outcome import Outcome, Receipt, Throttled, Unauthorized, Unknown, Unreachable
from saas.channels.platform import Account, MaybeSent, NotSent, Platform, Target
from saas.channels.registry import Installed

MOST_TARGETS = 2_000_000
ASKED, ASK_AGAIN = 3, 0.5


@dataclass(frozen=True, slots=True)
class Audience:
    """The wish of a campaign: everybody, one tag, or these ids (with values for template placeholders)."""

    form: str = "all"
    ids: Sequence[str] = ()
    fields: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account stands, and whom it reaches. ``trouble`` non-empty: it cannot send, for that reason."""

    targets: Sequence[Target] = ()
    trouble: str = ""
    code: str = ""
    detail: str = ""

    @property
    def people(self) -> int:
        """How many people (or groups) the targets are."""
        return sum(target.people for target in self.targets)


@dataclass(slots=True)
class Question:
    """What to ask for one account."""

    account: Account
    installed: Installed
    route: Route
    audience: Audience
    audience_size: int
    known_contacts: Sequence[str] = field(default_factory=tuple)


async def ask(question: Question, platform: Platform) -> Standing:
    """Check the account and list its targets. Trouble is an answer, not an error."""
    try:
        outcome = await _connected(question, platform)
        if isinstance(outcome, Unauthorized):
            return Standing(trouble=outcome.reason, code=outcome.code, detail=outcome.detail)
        if not isinstance(outcome, Receipt):
            return Standing(trouble="unreachable", detail=str(getattr(outcome, "reason", "")))
        targets = await _targets(question, platform)
        return Standing(targets) if targets else Standing(trouble="no_audience")
    except (NotSent, MaybeSent) as error:
        return Standing(trouble="unreachable", detail=str(error))


async def _connected(question: Question, platform: Platform) -> Outcome:
    """The account's standing; asked once more when the line fails, because asking changes nothing."""
    hook = question.installed.hook
    if hook.connect is None:
        return Receipt({})
    for _ in range(ASKED):
        try:
            outcome: Outcome = await hook.connect(account=question.account, platform=platform)
        except (NotSent, MaybeSent) as error:
            outcome = Unreachable(str(error))
        if not isinstance(outcome, Unreachable | Unknown | Throttled):
            return outcome
        await asyncio.sleep(ASK_AGAIN)
    return outcome


async def _targets(question: Question, platform: Platform) -> Sequence[Target]:
    route, audience = question.route, question.audience
    if audience.form == "ids":
        fields = audience.fields or ({},) * len(audience.ids)
        singles = [Target("ids", (id,), 1, values) for id, values in zip(audience.ids, fields, strict=True)]
        return gather(route, singles)
    listed = await _listed(question, platform)
    if route.fan_out.mode == "platform":
        people = sum(target.people for target in listed) or question.audience_size
        return [Target("tag", tuple(audience.ids), people)] if audience.form == "tag" else [Target("all", (), people)]
    return gather(route, listed or [Target("ids", (contact,)) for contact in question.known_contacts])


async def _listed(question: Question, platform: Platform) -> list[Target]:
    hook, listed = question.installed.hook, []
    if hook.audience:
        pages = hook.audience(account=question.account, route=question.route, platform=platform)
        async for page in pages:
            listed.extend(page)
            if len(listed) > MOST_TARGETS:
                break
    return listed


def gather(route: Route, singles: Sequence[Target]) -> list[Target]:
    """Single recipients as the route's calls take them: one each, or in batches. Doubled ids are reached once."""
    seen: dict[str, Target] = {}
    for target in singles:
        for id in target.ids:
            seen.setdefault(id, target)
    if route.fan_out.mode == "each":
        return [Target("ids", (id,), max(target.people, 1), target.fields) for id, target in seen.items()]
    return [Target("ids", tuple(batch), len(batch)) for batch in evenly(list(seen), route.fan_out.size)]


def evenly(ids: Sequence[str], size: int) -> list[Sequence[str]]:
    """As few batches as ``size`` allows, as even as possible: some platforms refuse a list of one that is left over."""
    count = -(-len(ids) // size)
    bounds = [len(ids) * number // count for number in range(count + 1)] if count else []
    return [ids[first:last] for first, last in pairwise(bounds)]


def digest(targets: Iterable[Target]) -> str:
    """A hash of exactly these targets, in this order, with their fields: what an approval signs."""
    running = hashlib.sha256()
    for target in targets:
        fields = "\x1e".join(f"{name}\x1d{value}" for name, value in sorted(target.fields.items()))
        running.update("\x1f".join((target.form, *target.ids, str(target.people), fields, "\n")).encode())
    return running.hexdigest()
