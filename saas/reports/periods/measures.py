"""Rows summed up into the figures of a report, each with its sources, its time, and on how much of the sending it rests. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from statistics import median
from typing import TypeVar
from zoneinfo import ZoneInfo

from saas.reports.definitions import DEFINITIONS, FLOWS, LIFE, OF_DISPATCH, OF_FIGURES, OF_GROUPS, RATES
from saas.reports.periods.rows import AccountDay, Sent
from saas.reports.report import Figure

Row = TypeVar("Row")
Key = TypeVar("Key", bound=Hashable)
COMES = {"gained": 1, "lost": -1}
AFTER = 3  # a send's own day and the two after it: 72 hours in days


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure of a span. None: nothing is known. ``known`` of ``sends`` sends have it; ``as_of``: the oldest number in it, of
    counted days the time until which they are known of every account.

    ``fresh``: how many of the sends in it are younger than 72 h, so that it still grows; ``ripe``: a rate without these.
    """

    value: float | None
    sources: tuple[str, ...] = ()
    as_of: str = ""
    known: int = 0
    sends: int = 0
    fresh: int = 0
    ripe: float | None = None

    @property
    def compared(self) -> float | None:
        """What may be set against figures of another time: None while it grows, but of a rate what older sends make of it."""
        return self.ripe if self.fresh else self.value


Measures = dict[str, Measure]


def measures(
    sent: Sequence[Sent], days: Sequence[AccountDay], zone: str, now: datetime, last: date, first: date = date.min
) -> Measures:
    """Every figure of ``DEFINITIONS``. People and groups are never added together: groups have figures of their own.

    ``days`` may begin before the span's ``first`` day, which it can be where an account is, and go on after its ``last``: who
    leaves after a send is counted there, what is gained is not.
    """
    people = [row for row in sent if row.unit == "person"]
    groups = [row for row in sent if row.unit == "group"]
    at = now.isoformat()
    found: Measures = {"sends": Measure(len(sent), ("answer",) if sent else (), at, len(sent), len(sent))}
    for name in OF_DISPATCH:
        found[name] = _counted(people, name, at)
    found |= {name: _counted(groups, count, at) for name, count in OF_GROUPS.items()}
    for name in OF_FIGURES:
        known = [row for row in people if name in row.figures]
        summed = _summed([row.figures[name] for row in known], len(people))
        found[name] = replace(summed, fresh=len(known) - len(ripe(known, now)))
    for name in RATES:
        found[name] = _rate_in_time(name, people, at, now)
    after = {(row.account_id, day) for row in sent for day in _days_after(row.due_at, row.zone or zone)}
    left = [one for one in days if one.name == "lost" and (one.account_id, one.day) in after]
    inside = [one for one in days if first <= one.day <= last]
    until = max((day for _, day in after), default=last)
    lost_72h = replace(_of_accounts(left, Reach(zone, now, until)), fresh=len(sent) - len(ripe(sent, now)))
    return found | _of_days(inside, Reach(zone, now, last)) | {"lost_72h": lost_72h}


def ripe(rows: Sequence[Sent], now: datetime) -> list[Sent]:
    """Those that are read no more: only these are compared, ranked and taken into a median."""
    return [row for row in rows if row.due_at <= now - LIFE]


def as_base(found: Measures) -> Measures:
    """The figures of a span that others are compared with: where nothing was sent there is no base, which is not zero."""
    empty = {name for name, one in found.items() if DEFINITIONS[name].group == "sending" and not one.sends}
    return {name: Measure(None) if name in empty else one for name, one in found.items()}


def rate_of(name: str, rows: Iterable[Sent]) -> float | None:
    """A rate over rows; None where its base is unknown or nothing."""
    return _rate(name, [row for row in rows if row.unit == "person"], "").value


def number(row: Sent, name: str) -> Figure | None:
    """A count or figure of one send; None where it is not known."""
    if name in OF_DISPATCH:
        return Figure(getattr(row, name), row.counted_by, "")
    return row.figures.get(name)


def middle(values: Iterable[float | None]) -> float | None:
    """The median of those that are known."""
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _counted(rows: Sequence[Sent], name: str, at: str) -> Measure:
    sources = {row.counted_by if name in ("delivered", "failed", "awaiting") else "answer" for row in rows}
    return Measure(sum(getattr(row, name) for row in rows), tuple(sorted(sources)), at if rows else "", len(rows), len(rows))


def _summed(figures: Sequence[Figure], sends: int) -> Measure:
    if not figures:
        return Measure(None, sends=sends)
    oldest = min(figure.as_of for figure in figures)
    return Measure(sum(f.value for f in figures), tuple(sorted({f.source for f in figures})), oldest, len(figures), sends)


def _rate(name: str, rows: Sequence[Sent], at: str) -> Measure:
    """Sum over sum, over the sends of which both are known and the base is not zero; none is reckoned of a
    send that waits for people as long as nothing of it is settled."""
    wanted = DEFINITIONS[name]
    told = [row for row in rows if not row.awaiting or wanted.top != "delivered" or row.delivered or row.failed or row.skipped]
    pairs = [(number(row, wanted.top), number(row, wanted.base)) for row in told]
    known = [(top, base) for top, base in pairs if top is not None and base is not None and base.value]
    whole = sum(base.value for _, base in known)
    if not whole:
        return Measure(None, sends=len(rows))
    sources = {top.source for top, _ in known} | {base.source for _, base in known}
    oldest = min((one.as_of for pair in known for one in pair if one.as_of), default=at)
    value = round(sum(top.value for top, _ in known) / whole, 6)
    return Measure(value, tuple(sorted(sources)), oldest, len(known), len(rows))


def _rate_in_time(name: str, rows: Sequence[Sent], at: str, now: datetime) -> Measure:
    """The rate, and what it is without sends whose readers still come; how much was delivered does not grow."""
    whole = _rate(name, rows, at)
    if DEFINITIONS[name].top == "delivered":
        return whole
    grown = _rate(name, ripe(rows, now), at)
    return replace(whole, fresh=whole.known - grown.known, ripe=grown.value if whole.known > grown.known else None)


def _of_days(inside: Sequence[AccountDay], reach: Reach) -> Measures:
    found = {name: _of_accounts([one for one in inside if one.name == name], reach) for name in FLOWS}
    return found | {"growth": _growth(inside, reach), "followers": _followers(inside, replace(reach, level=True))}


@dataclass(frozen=True, slots=True)
class Reach:
    """Until when days may be known: not after ``now``, nor after the span's ``last`` day. ``level``: a number and not a flow."""

    zone: str
    now: datetime
    last: date
    level: bool = False

    def end(self, own: Sequence[AccountDay]) -> datetime:
        """Until when these days of one account are known: pushes are counted as they come, so that silence is known as well;
        what is published or entered ends with its last day."""
        pushed = not self.level and any(one.figure.source == "callback" for one in own)
        day = self.last if pushed else max(one.day for one in own)
        return min(self.now, datetime.combine(day + timedelta(days=1), time(), ZoneInfo(self.zone)))


def _of_accounts(days: Sequence[AccountDay], reach: Reach) -> Measure:
    """Days added up; known until all of their accounts are."""
    if not days:
        return _summed([], 0)
    until = min(reach.end(own) for own in by(days, lambda one: one.account_id).values())
    return replace(_summed([one.figure for one in days], 0), as_of=until.isoformat())


def _growth(days: Sequence[AccountDay], reach: Reach) -> Measure:
    """Gained less lost, without accounts of which either is not known; ``known`` is how many accounts have it."""
    flows = by((one for one in days if one.name in COMES), lambda one: one.account_id)
    known = [one for own in flows.values() if _both_told(own) for one in own]
    value = sum(one.figure.value * COMES[one.name] for one in known) if known else None
    return replace(_of_accounts(known, reach), value=value, known=len({one.account_id for one in known}))


def _both_told(own: Sequence[AccountDay]) -> bool:
    """Whether who came and who went are both told of an account: of each day, but where pushes are counted, which only come when
    somebody does."""
    told = {(one.day, one.name) for one in own}
    return {one.name for one in own} == set(COMES) and all(
        one.figure.source == "callback" or all((one.day, name) in told for name in COMES) for one in own
    )


def _followers(days: Sequence[AccountDay], reach: Reach) -> Measure:
    """The last number of each account; ``known`` is how many accounts have one."""
    last: dict[int, AccountDay] = {}
    for one in sorted((one for one in days if one.name == "followers"), key=lambda one: one.day):
        last[one.account_id] = one
    return _of_accounts(list(last.values()), reach)


def _days_after(at: datetime, zone: str) -> list[date]:
    first = at.astimezone(ZoneInfo(zone)).date()
    return [first + timedelta(days=n) for n in range(AFTER)]


def by(rows: Iterable[Row], key: Callable[[Row], Key]) -> dict[Key, list[Row]]:
    """Rows grouped, groups in the order of their first row."""
    found: dict[Key, list[Row]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found
