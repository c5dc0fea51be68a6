"""The numbers of an experiment's variants, from the same rows as every report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from saas.kernel.database import db
from saas.reports.definitions import DEFINITIONS, LIFE
from saas.reports.experiments.judging import Counted
from saas.reports.experiments.proportions import wilson
from saas.reports.experiments.result import Variant
from saas.reports.periods.lines import state_of
from saas.reports.periods.measures import number
from saas.reports.periods.rows import EVER, Scope, Sent, sent_between, titles_of
from saas.reports.states import FINAL

NAMES = text("SELECT id, name FROM campaigns WHERE id = ANY (:ids)")
ARTICLES = text("""
  SELECT coalesce(max(jsonb_array_length(message -> 'articles')) FILTER (WHERE jsonb_typeof(message -> 'articles') = 'array'), 0)
  FROM dispatches WHERE id = ANY (:ids)""")


@dataclass(frozen=True, slots=True)
class Both:
    """What is shown of a variant, and what it is judged by."""

    variant: Variant
    counts: Counted


def counted(campaigns: Sequence[int], client: int, figure: str, now: datetime) -> list[Both]:
    """The variants in their order; of each campaign only this client's accounts, and only people, not groups."""
    names = {row.id: row.name for row in db.session.execute(NAMES, {"ids": list(campaigns)})}
    return [
        _one("ABCDEF"[place], campaign, names[campaign], _rows(campaign, client), figure, now)
        for place, campaign in enumerate(campaigns)
    ]


def _rows(campaign: int, client: int) -> list[Sent]:
    return [row for row in sent_between(Scope(client=client, campaign=campaign), *EVER) if row.unit == "person"]


def _one(label: str, campaign: int, name: str, rows: list[Sent], figure: str, now: datetime) -> Both:
    top, base = DEFINITIONS[figure].top, DEFINITIONS[figure].base
    pairs = [(number(row, top), number(row, base)) for row in rows]
    known = [(one, other) for one, other in pairs if one is not None and other is not None and other.value]
    whole = bool(rows) and len(known) == len(rows) and not any(row.unknown for row in rows)
    people = int(sum(one.value for one, _ in known)) if whole else None
    out_of = int(sum(other.value for _, other in known)) if whole else None
    dispatches = [row.dispatch for row in rows]
    counts = Counted(
        label, len(rows), len(known), bool(rows) and all(state_of(row, now) in FINAL for row in rows), people, out_of,
        max((row.due_at + LIFE for row in rows), default=None), frozenset(row.account for row in rows),
        frozenset(row.due_at for row in rows), int(db.session.scalar(ARTICLES, {"ids": dispatches}) or 0),
    )  # fmt: skip
    share, both = counts.share, [one for pair in known for one in pair]
    low, high = wilson(share) if share else (None, None)
    told = next(iter(titles_of(dispatches[:1]).values()), "")
    return Both(
        Variant(
            label, campaign, name, told, len(rows), len(known), people, out_of, round(share.value, 6) if share else None,
            round(low, 6) if low is not None else None, round(high, 6) if high is not None else None,
            sorted({one.source for one in both}), min((one.as_of for one in both if one.as_of), default=""),
        ),
        counts,
    )  # fmt: skip
