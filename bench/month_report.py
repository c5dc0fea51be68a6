"""REPORT: a month of a hundred accounts as PDF, and an Excel file of a million deliveries in the memory of a thousand."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from statistics import median
from typing import BinaryIO

import psycopg

from bench.inside import inside
from bench.large_report import finished
from bench.row import Row, Size
from bench.stage import TENANT, Stage, stage
from saas.kernel.database import db
from saas.reports.exports import files
from saas.reports.periods.report import PeriodReport
from saas.reports.periods.service import agency_report, campaign_in_full
from saas.reports.periods.spans import around
from saas.tenants.actor import Actor

GOAL_SECONDS, GOAL_MEMORY = 5.0, 10.0
ACCOUNTS, MONTH = 100, date(2026, 8, 1)
FEW = 1000
REVISIONS = 50
"""Of each figure: as many as thirty days of asking bring."""
SEND = """
  INSERT INTO campaigns (name, kind, draft, author_id, digest, due_at, max_lateness, released_at, state, approved_digest)
  SELECT 'day ' || d, 'text', '{}', 1, repeat('b', 64), %(first)s::date + d * interval '1 day' + interval '12 hours',
    interval '2 hours', now(), 'awaiting_approval', NULL FROM generate_series(0, 29) d"""
DISPATCH = """
  INSERT INTO dispatches (campaign_id, account_id, route, message, intended, accepted, delivered, failed, counted_by)
  SELECT c.id, a.id, 'mass', '{"kind": "text", "text": "x"}', 20000, 20000, 19000 + c.id %% 900, 1000 - c.id %% 900, 'callback'
  FROM campaigns c CROSS JOIN accounts a WHERE c.name LIKE 'day %%' AND a.key LIKE 'm-%%'"""
FIGURES = """
  INSERT INTO figures (dispatch_id, name, revision, value, source)
  SELECT d.id, n, r, d.id %% 700 + r * 30, 'statistics' FROM dispatches d,
    unnest(ARRAY['opened', 'opened_all', 'shared', 'liked']) n, generate_series(1, %(revisions)s) r WHERE d.route = 'mass'"""
SEARCHED = """
  SELECT DISTINCT ON (dispatch_id, name) dispatch_id, name, value, source, as_of FROM figures
  ORDER BY dispatch_id, name, revision DESC"""


def run(size: Size) -> list[Row]:
    """Seconds of the PDF, and the memory that the larger workbook takes beyond the smaller."""
    with stage() as place:
        place.agency("")
        accounts, small, large = min(ACCOUNTS, size.accounts), finished(place, FEW), finished(place, size.many)
        _month(place, accounts, min(REVISIONS, size.requests))
        with inside(place):
            seconds = _seconds(lambda file: files.write(_agency(), "pdf", None, "zh", file))
            searched = _searched(place)
            few = _peak(_campaign_of(small))
            began = time.perf_counter()
            many = _peak(_campaign_of(large))
            took = time.perf_counter() - began
    return [
        Row("REPORT-pdf", f"a month of {accounts} accounts, {30 * accounts} sends, as PDF", seconds, GOAL_SECONDS, "s",
            f"searching the newest of its figures alone: {searched:.2f} s", "less"),
        Row("REPORT-excel", f"memory of an Excel file of {size.many} deliveries", max(many - few, 0.0), GOAL_MEMORY, "MiB more",
            f"the file of {FEW}", "less", f"it takes {took:.0f} s"),
    ]  # fmt: skip


def _month(place: Stage, accounts: int, revisions: int) -> None:
    """Every account sends every day; each figure has been asked for again and again. By the owner: no engine runs here."""
    with psycopg.connect(place.owner_url, autocommit=True) as owner:
        owner.execute("SELECT set_config('qunfa.tenant', %s, false)", (str(TENANT),))
        owner.execute(
            "INSERT INTO accounts (id, client_id, key, channel, kind, name)"
            " SELECT 100 + n, 1, 'm-' || n, 'bench', 'service', '门店公众号 ' || n FROM generate_series(1, %s) n",
            (accounts,),
        )
        owner.execute(SEND.encode(), {"first": MONTH})
        owner.execute(DISPATCH.encode(), {})
        owner.execute(FIGURES.encode(), {"revisions": revisions})
        owner.execute("VACUUM ANALYZE figures, figures_now, dispatches, campaigns")


def _actor() -> Actor:
    return Actor(TENANT, 1, "owner", "bench", "a@x.example")


def _agency() -> PeriodReport:
    return agency_report(_actor(), around("month", MONTH))


def _full(campaign: int) -> PeriodReport:
    return campaign_in_full(_actor(), campaign)


def _campaign_of(dispatch: int) -> int:
    found = db.session.connection().exec_driver_sql("SELECT campaign_id FROM dispatches WHERE id = %s", (dispatch,)).scalar_one()
    db.session.rollback()
    return int(found)


def _seconds(work: Callable[[BinaryIO], None], times: int = 3) -> float:
    """The median of a few, the report asked for anew each time."""
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        with tempfile.TemporaryFile() as file:
            work(file)
        spent.append(time.perf_counter() - began)
        db.session.rollback()
        db.session.expunge_all()
    return median(spent)


def _searched(place: Stage) -> float:
    """What the newest of the figures would cost without the table that holds them."""
    began = time.perf_counter()
    with place.tenant() as connection:
        connection.execute(SEARCHED).fetchall()
    return time.perf_counter() - began


def _peak(campaign: int) -> float:
    """MiB this process has held at most once the campaign is an Excel file."""
    _seconds(lambda file: files.write(_full(campaign), "xlsx", None, "zh", file), 1)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)
