"""Whom a campaign reaches on one account, asked of the platform when the plan is made, and frozen into it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from saas.audience.chosen import Missing, chooses, chosen, closed_words, groups_last_seen, groups_of, targets_of
from saas.audience.tags import meant_by, tags_last_seen, tags_of
from saas.channels.channel import Route
from saas.channels.choosing import Group
from saas.channels.outcome import Outcome, Receipt, Refused, Unauthorized, Unreachable
from saas.channels.platform import Account, MaybeSent, NotSent, Platform, Tag, Target
from saas.channels.registry import Installed
from saas.kernel.errors import both_sides

MOST_TARGETS = 2_000_000
ASKED, ASK_AGAIN, PATIENCE = 3, 0.5, 10.0


@dataclass(frozen=True, slots=True)
class Audience:
    """The wish of a campaign: everybody, one tag, these ids (with values for template placeholders), or only the page."""

    form: str = "all"
    ids: Sequence[str] = ()
    fields: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account stands, and whom it reaches. ``trouble`` non-empty: it cannot send, for that reason.

    ``meant`` is how many people it was meant for all the same. ``unasked`` non-empty: the platform was silent, for that
    reason, and the targets are what was known without it. ``tags``: those there are, when the wished one is not.
    ``missing``: groups that were named and are none of the account's. ``warning``: what the platform says of one that can send.
    """

    targets: Sequence[Target] = ()
    trouble: str = ""
    code: str = ""
    detail: str = ""
    meant: int = 0
    unasked: str = ""
    tags: Sequence[Tag] = ()
    missing: Sequence[Missing] = ()
    warning: str = ""

    @property
    def people(self) -> int:
        """How many people (or groups) the targets are, or would have been."""
        return self.meant if self.trouble else sum(target.people for target in self.targets)


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
    """Check the account and list its targets. Trouble is an answer, not an error; silence leaves what is known."""
    outcome = await _connected(question, platform)
    if isinstance(outcome, Unauthorized):
        return Standing((), outcome.reason, outcome.code, outcome.detail, await _meant(question, platform))
    if isinstance(outcome, Refused):
        return Standing((), "refused", outcome.code, outcome.reason, await _meant(question, platform))
    if not isinstance(outcome, Receipt):
        return await _without_asking(question, platform, str(getattr(outcome, "reason", "")))
    try:
        return _noted(question, await _asked(question, platform), outcome.progress.reason)
    except (NotSent, MaybeSent) as error:
        return await _without_asking(question, platform, str(error))


def _noted(question: Question, standing: Standing, told: str) -> Standing:
    """What the platform tells of an account that can send, and which of its groups are not sent to; or why it has none left."""
    closed = closed_words(question.account, question.route) if question.audience.form == "all" else ""
    if standing.trouble == "no_audience" and closed:
        return replace(standing, detail=closed)
    both = [both_sides(text) for text in (told, closed) if text]
    return replace(
        standing, warning=" / ".join(("；".join(zh for zh, _ in both), "; ".join(en for _, en in both))) if both else ""
    )


async def _connected(question: Question, platform: Platform) -> Outcome:
    """The account's standing; asked a few times when the line fails, because asking changes nothing."""
    hook = question.installed.hook
    if hook.connect is None:
        return Receipt({})
    outcome: Outcome = Unreachable("")
    for attempt in range(ASKED):
        await asyncio.sleep(ASK_AGAIN if attempt else 0.0)
        try:
            async with asyncio.timeout(PATIENCE):
                outcome = await hook.connect(account=question.account, platform=platform)
        except (NotSent, MaybeSent) as error:
            outcome = Unreachable(str(error))
        except TimeoutError:
            return Unreachable(f"{PATIENCE:g} 秒内没有回答 / no answer within {PATIENCE:g} s")
        if isinstance(outcome, Receipt | Refused | Unauthorized):
            return outcome
    return outcome


async def _asked(question: Question, platform: Platform) -> Standing:
    route, audience = question.route, question.audience
    if audience.form == "ids" and chooses(route, question.installed):
        return _chosen(audience, await groups_of(question.account, question.installed, platform))
    if audience.form == "ids":
        return _standing(gather(route, _singles(audience)))
    if audience.form == "tag":
        return await _tagged(question, platform)
    listed = await _listed(question, platform, "")
    if route.fan_out.mode == "platform":
        people = sum(target.people for target in listed) or question.audience_size
        return _standing([Target("all", (), people)])
    return _standing(gather(route, listed or _contacts(question)))


def _chosen(audience: Audience, groups: Sequence[Group]) -> Standing:
    """The named groups, and which of the names are none of the account's."""
    found, missing = chosen(list(dict.fromkeys(audience.ids)), groups)
    return Standing(targets_of(found), "" if found else "group_unknown", missing=missing)


async def _tagged(question: Question, platform: Platform) -> Standing:
    """The tag's number and exactly who carries it now; or the tags there are, when there is none of that name."""
    tags = await tags_of(question.account, question.installed, platform)
    found = meant_by(question.audience.ids[0], tags)
    if len(found) != 1:
        return Standing(trouble="tag_ambiguous" if found else "tag_unknown", tags=found or tags)
    listed = await _listed(question, platform, found[0].id)
    if question.route.fan_out.mode == "platform":
        hook = question.installed.hook
        people = sum(target.people for target in listed) if hook.audience else found[0].people
        return _standing([Target("tag", (found[0].id,), people)] if people else [])
    return _standing(gather(question.route, listed))


async def _without_asking(question: Question, platform: Platform, reason: str) -> Standing:
    """The plan all the same, where it is known without the platform whom it is for; the engine tries until it is too late."""
    targets = await _known(question, platform)
    if targets:
        return Standing(targets, unasked=reason or "unreachable")
    return Standing(trouble="unreachable", detail=reason, meant=await _meant(question, platform))


async def _meant(question: Question, platform: Platform) -> int:
    """For how many people it is, of an account that will not send."""
    if question.audience.form == "tag":
        found = meant_by(question.audience.ids[0], await tags_last_seen(platform))
        return found[0].people if len(found) == 1 else 0
    return meant(question.audience, question.audience_size)


def meant(audience: Audience, audience_size: int) -> int:
    """How many people a wish is for, by the account's own figure; nobody knows for a tag."""
    if audience.form == "ids":
        return len(set(audience.ids))
    return {"all": audience_size, "page": 1}.get(audience.form, 0)


async def _known(question: Question, platform: Platform) -> Sequence[Target]:
    """Whom it is for as far as that is known here: the campaign's own list, the account's figure, contacts, tags seen before."""
    route, audience = question.route, question.audience
    if audience.form == "ids" and chooses(route, question.installed) and (seen := await groups_last_seen(platform)):
        return targets_of(chosen(audience.ids, seen)[0])
    if audience.form == "ids":
        return gather(route, _singles(audience))
    if audience.form == "tag":
        found = meant_by(audience.ids[0], await tags_last_seen(platform))
        one = [Target("tag", (tag.id,), tag.people) for tag in found if tag.people]
        return one if len(one) == 1 and route.fan_out.mode == "platform" else []
    if route.fan_out.mode != "platform":
        return gather(route, _contacts(question))
    people = question.audience_size if route.unit == "person" else 1
    return [Target("all", (), people)] if people else []


def _standing(targets: Sequence[Target]) -> Standing:
    return Standing(targets) if targets else Standing(trouble="no_audience")


def _singles(audience: Audience) -> list[Target]:
    fields = audience.fields or ({},) * len(audience.ids)
    return [Target("ids", (id,), 1, values) for id, values in zip(audience.ids, fields, strict=True)]


def _contacts(question: Question) -> list[Target]:
    return [Target("ids", (contact,)) for contact in question.known_contacts]


async def _listed(question: Question, platform: Platform, tag: str) -> list[Target]:
    hook, listed = question.installed.hook, []
    if hook.audience:
        pages = hook.audience(account=question.account, route=question.route, tag=tag, platform=platform)
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
