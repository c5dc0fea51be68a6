"""Whom an account reaches, page by page, and the numbers that follow a send."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from saas.channels.channel import AccountKind, Route
from saas.channels.conformance.stand import Endless, Stand
from saas.channels.conformance.troupe import Troupe
from saas.channels.conformance.verdict import Broken
from saas.channels.outcome import Progress
from saas.channels.platform import Delivery, NotSent

MANY = 1_203
POLLS = 20
OWN_DAYS = ("gained", "lost", "replies", "followers")


async def audience_paged(troupe: Troupe) -> str:
    """Everybody is listed, each once; one target for everybody where the platform multiplies; tags are counted exactly."""
    hooks, told = troupe.installed.hook, []
    if hooks.audience is None:
        return "no audience is listed"
    for kind in troupe.kinds():
        async with troupe.stand(kind, MANY) as stand:
            for route in kind.routes:
                try:
                    told.append(f"{kind.name}/{route.name}: {await _listed(stand, kind, route)}")
                except (Endless, TimeoutError) as endless:
                    raise Broken(f"{kind.name}/{route.name}: {endless or 'listing takes too long'}") from endless
                if hooks.tags and "tag" in route.audience:
                    await _tagged(stand, route)
    return ", ".join(told)


async def _listed(stand: Stand, kind: AccountKind, route: Route) -> int:
    where, found = f"{kind.name}/{route.name}", await stand.targets(route)
    if any(target.people < 1 for target in found) or not found:
        raise Broken(f"{where}: nobody is listed, or a target without people")
    people = sum(target.people for target in found)
    if route.fan_out.mode == "platform":
        if len(found) != 1 or found[0].form != "all":
            raise Broken(f"{where}: the platform multiplies, so one target of form 'all' is wanted, not {len(found)}")
        return people
    if found[0].form == "all" and len(found) == 1:
        return people
    if any(target.form != "ids" or len(target.ids) != 1 for target in found):
        raise Broken(f"{where}: each listed target carries one id")
    twice = [id for id, times in Counter(target.ids[0] for target in found).items() if times > 1]
    if twice:
        raise Broken(f"{where}: {len(twice)} people are listed more than once")
    if people < MANY * 0.98:
        raise Broken(f"{where}: of {MANY} people {people} are listed: a page is left out")
    return people


async def _tagged(stand: Stand, route: Route) -> None:
    for tag in await stand.installed.hook.tags(account=stand.account, platform=stand.line):
        found = await stand.targets(route, tag.id)
        people = sum(target.people for target in found)
        if not tag.id or (tag.people and people != tag.people):
            said = f"the tag '{tag.name}' has {tag.people} people, and {people} are listed with it"
            raise Broken(f"{stand.where}/{route.name}: {said}")


async def figures_plain(troupe: Troupe) -> str:
    """Statistics are numbers by name, never below nought; progress never counts more people than there are."""
    for kind, route in troupe.routes():
        async with troupe.stand(kind) as stand:
            _, delivery, receipt = await stand.accepted(route)
            await stand.settled()
            _within(f"{kind.name}/{route.name}", delivery, receipt.progress)
            if troupe.installed.hook.progress and not receipt.progress.final:
                await _followed(stand, route, delivery)
            if troupe.installed.hook.figures:
                await _counted(stand, route, delivery)
            if troupe.installed.hook.account_figures:
                await _by_day(stand)
    return "progress and figures of an accepted message on every route"


async def _by_day(stand: Stand) -> None:
    """What the account gained and lost: whole numbers of days that were asked for, by the contract's names."""
    today = stand.line.now().astimezone(ZoneInfo(stand.account.zone)).date()
    first, last = today - timedelta(days=30), today - timedelta(days=1)
    try:
        told = await stand.installed.hook.account_figures(account=stand.account, first=first, last=last, platform=stand.line)
    except NotSent:
        return
    for day, numbers in (told or {}).items():
        if not first <= day <= last:
            raise Broken(f"{stand.where}: account_figures tells of {day}, which was not asked for")
        for name, value in numbers.items():
            if name not in OWN_DAYS or not isinstance(value, int) or value < 0:
                raise Broken(f"{stand.where}: account_figures gives {name}={value!r} on {day}")


async def _followed(stand: Stand, route: Route, delivery: Delivery) -> None:
    for _ in range(POLLS):
        try:
            progress = await stand.installed.hook.progress(account=stand.account, delivery=delivery, platform=stand.line)
        except NotSent:
            return
        _within(f"{stand.where}/{route.name}", delivery, progress)
        if progress.final:
            return


def _within(where: str, delivery: Delivery, progress: Progress) -> None:
    counted = progress.delivered + progress.failed + progress.skipped + progress.awaiting
    if counted > delivery.target.people:
        raise Broken(f"{where}: progress counts {counted} people of {delivery.target.people}")


async def _counted(stand: Stand, route: Route, delivery: Delivery) -> None:
    where, hook = f"{stand.where}/{route.name}", stand.installed.hook.figures
    for day in (stand.line.now(), stand.line.now() - timedelta(days=400)):
        try:
            found: Any = await hook(account=stand.account, delivery=delivery, day=day, platform=stand.line)
        except NotSent:
            continue
        except Exception as error:
            raise Broken(f"{where}: 'figures' raised {type(error).__name__}") from error
        if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
            raise Broken(f"{where}: 'figures' must give numbers by name")
        wrong = [name for name, value in found.items() if isinstance(value, int | float) and value < 0]
        if wrong:
            raise Broken(f"{where}: the figure '{wrong[0]}' is below nought")
        json.dumps(found)
