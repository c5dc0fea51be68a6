"""The tables of a report from its rows: by client, account and day, the best and the worst, the hours, what went wrong. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from saas.kernel.errors import Words, both_sides
from saas.reports.definitions import RATES, SCENES
from saas.reports.mishaps.entered import Mishap
from saas.reports.periods.measures import by, measures, middle, rate_of
from saas.reports.periods.report import AccountLine, ClientLine, DayLine, Incident, SentLine, Slot
from saas.reports.periods.rows import AccountDay, Sent
from saas.reports.periods.spans import Span
from saas.reports.report import Figure
from saas.reports.states import Numbers, dispatch_state
from saas.reports.words import reason_words

SHOWN = 5
COUNTED = ("intended", "accepted", "delivered", "failed", "skipped", "unknown", "awaiting", "recalled")
COMPARED = ("delivery", "open", "share")
FEWEST = 5
"""How many accounts of other clients must have a rate before a client may see its median."""
WORTH_TELLING = 0.05
"""The share of a send that must fail before it is an incident; fewer are followers who have left meanwhile."""
TROUBLES = ("unknown", "missed", "recalled", "folded", "reprint", "failed", "exhausted", "unauthorized", "cancelled")


def state_of(row: Sent, now: datetime) -> str:
    """One word for where a send stands."""
    return dispatch_state(
        Numbers(
            row.campaign_state, row.intended, row.accepted, row.delivered, row.failed, row.skipped, row.unknown, row.awaiting,
            row.recalled, row.open_rows, row.code, row.wake_at, row.due_at,
        ),
        now,
    )  # fmt: skip


def sent_line(row: Sent, now: datetime, title: str = "") -> SentLine:
    """A send as a line."""
    rates = {name: rate_of(name, [row]) for name in RATES}
    return SentLine(
        dispatch=row.dispatch, campaign=row.campaign, name=row.campaign_name, title=title, due_at=row.due_at.isoformat(),
        account=row.account, account_name=row.account_name, client=row.client, unit=row.unit, state=state_of(row, now),
        counts={name: getattr(row, name) for name in COUNTED}, counted_by=row.counted_by, figures=dict(row.figures),
        rates={name: value for name, value in rates.items() if value is not None},
    )  # fmt: skip


def medians(rows: Iterable[Sent], reader: int | None = None) -> dict[str, float]:
    """The median over accounts of each rate. ``reader``, a client, is told one in whole percents, and only where enough accounts
    of others have that rate: from the exact median of few another's rate could be reckoned."""
    accounts = by(rows, lambda row: row.account_id).values()
    found = {}
    for name in COMPARED:
        known = [(rate, own[0].client_id) for own in accounts if (rate := rate_of(name, own)) is not None]
        enough = reader is None or sum(client != reader for _, client in known) >= FEWEST
        if enough and (value := middle(rate for rate, _ in known)) is not None:
            found[name] = round(value, 6 if reader is None else 2)
    return found


def account_lines(
    rows: Sequence[Sent],
    days: Sequence[AccountDay],
    median: Mapping[str, float],
    zone: str,
    now: datetime,
    last: date,
    first: date = date.min,
) -> list[AccountLine]:
    """Accounts, those that reached most first."""
    found, known = [], by(days, lambda day: day.account_id)
    for own in by(rows, lambda row: row.account_id).values():
        row = own[0]
        sums = measures(own, known.get(row.account_id, []), zone, now, last, first)
        against = {n: round(value - median[n], 6) for n in COMPARED if (value := sums[n].compared) is not None and n in median}
        found.append(
            AccountLine(
                id=row.account_id, key=row.account, name=row.account_name, client=row.client, channel=row.channel,
                kind=row.account_kind, unit=row.unit, sends=len(own), delivered=sum(row.delivered for row in own),
                intended=sum(row.intended for row in own), measures=sums, against=against,
            )
        )  # fmt: skip
    return sorted(found, key=lambda line: (-line.delivered, line.key))


def client_lines(
    rows: Sequence[Sent], days: Sequence[AccountDay], zone: str, now: datetime, last: date, first: date = date.min
) -> list[ClientLine]:
    """Clients, those that reached most first; what their accounts gained and lost, also of those that sent nothing."""
    found, known = [], by(days, lambda day: day.client_id)
    for client, own in by(rows, lambda row: row.client_id).items():
        sums = measures(own, known.get(client, []), zone, now, last, first)
        found.append(ClientLine(client, own[0].client, len({row.account_id for row in own}), sums))
    return sorted(found, key=lambda line: (-(line.measures["delivered"].value or 0), line.name))


def day_lines(span: Span, rows: Sequence[Sent], days: Sequence[AccountDay], zone: str) -> list[DayLine]:
    """Every day of the span; a day on which nothing was sent to people has no delivered and no opened."""
    here = ZoneInfo(zone)
    sent = by(rows, lambda row: row.due_at.astimezone(here).date())
    known = by(days, lambda one: one.day)
    counted = {one.account_id for one in days if one.name == "followers" and span.first <= one.day <= span.last}
    return [_day(day, sent.get(day, []), known.get(day, []), len(counted)) for day in span.days]


def _day(day: date, own: Sequence[Sent], known: Sequence[AccountDay], counted: int) -> DayLine:
    """``counted``: how many accounts have followers at all; a day on which one of them has no number has no sum."""
    people = [row for row in own if row.unit == "person"]
    opened = [row.figures["opened"].value for row in people if "opened" in row.figures]
    of_day = {name: [one.figure.value for one in known if one.name == name] for name in ("gained", "lost", "replies")}
    totals = [one.figure.value for one in known if one.name == "followers"]
    return DayLine(
        day=day.isoformat(),
        sends=len(own),
        intended=sum(row.intended for row in people),
        delivered=sum(row.delivered for row in people) if people else None,
        opened=int(sum(opened)) if opened else None,
        **{name: int(sum(values)) if values else None for name, values in of_day.items()},
        followers=int(sum(totals)) if totals and len(totals) == counted else None,
    )


def ranked(rows: Iterable[Sent]) -> tuple[list[Sent], list[Sent]]:
    """The best and the worst by open rate, of those with a known one; none is both."""
    known = [(rate, row) for row in rows if (rate := rate_of("open", [row])) is not None]
    ordered = [row for _, row in sorted(known, key=lambda pair: (-pair[0], pair[1].dispatch))]
    most = min(SHOWN, (len(ordered) + 1) // 2)
    return ordered[:most], ordered[len(ordered) - min(most, len(ordered) - most) :][::-1]


def slots(rows: Sequence[Sent], zone: str) -> list[Slot]:
    """The open rate of every hour of the week in which something went out."""
    here = ZoneInfo(zone)
    people = [row for row in rows if row.unit == "person" and row.delivered]
    groups = by(people, lambda row: (row.due_at.astimezone(here).weekday(), row.due_at.astimezone(here).hour))
    found = [
        Slot(weekday, hour, rate_of("open", own), len(own), sum(row.delivered for row in own))
        for (weekday, hour), own in groups.items()
    ]
    return sorted(found, key=lambda slot: (slot.weekday, slot.hour))


def scenes(rows: Iterable[Sent]) -> dict[str, Figure]:
    """Where readers came from, added up over the sends that tell it."""
    found: dict[str, Figure] = {}
    for row in rows:
        for name in SCENES:
            figure = row.figures.get(name)
            if figure:
                sofar = found.get(name, Figure(0, figure.source, figure.as_of))
                found[name] = Figure(sofar.value + figure.value, figure.source, min(sofar.as_of, figure.as_of))
    return found


def incidents(rows: Iterable[Sent], now: datetime, by_hand: Sequence[Mishap] = ()) -> list[Incident]:
    """What did not go as planned, the gravest kind first, then the newest."""
    seen = by(by_hand, lambda one: one.dispatch_id)
    found = [incident for row in rows for incident in (*_incidents(row, now), *_befell(row, seen.get(row.dispatch, [])))]
    newest = sorted(found, key=lambda one: one.due_at, reverse=True)
    return sorted(newest, key=lambda one: TROUBLES.index(one.kind))


def _incidents(row: Sent, now: datetime) -> Iterable[Incident]:
    state = state_of(row, now)
    failed = row.failed if row.failed >= WORTH_TELLING * row.intended else 0
    hit = {"unknown": row.unknown, "failed": failed, "recalled": row.recalled}
    if row.skipped and state not in ("sent",):
        kind = row.code if row.code in TROUBLES else "unauthorized" if state == "unauthorized" else ""
        hit |= {kind: row.skipped} if kind else {}
    for kind, people in hit.items():
        if people:
            yield Incident(
                kind, row.due_at.isoformat(), row.campaign, row.campaign_name, row.account_name, row.client, people, row.unit,
                row.code, _why(row, kind, state), row.counted_by if kind == "failed" else "answer",
            )  # fmt: skip


def _why(row: Sent, kind: str, state: str) -> Words:
    told = both_sides(row.reason) if row.reason and row.code != "exhausted" else ("", "")
    return reason_words(state if kind != "unknown" else "unknown", row.code or kind, told)


def _befell(row: Sent, by_hand: Sequence[Mishap]) -> Iterable[Incident]:
    """What its platform judged, and what persons saw; of the same kind the platform's word stands."""
    told = row.figures.get("reprints")
    if told and told.value:
        number = int(told.value)
        words = (f"平台判定 {number} 篇为转载", f"the platform judged {number} of its articles a reprint")
        yield _after(row, "reprint", words, told.source)
    for one in by_hand:
        if not (told and told.value and one.kind == "reprint"):
            yield _after(row, one.kind, (f"人工登记：{one.note}", f"entered by hand: {one.note}"), "hand", one.id)


def _after(row: Sent, kind: str, reason: Words, source: str, entry: int | None = None) -> Incident:
    about = (row.due_at.isoformat(), row.campaign, row.campaign_name, row.account_name, row.client)
    return Incident(kind, *about, row.delivered or row.intended, row.unit, "", reason, source, entry)
