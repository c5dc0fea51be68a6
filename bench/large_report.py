"""P7: the report of a campaign to a million against one to a thousand, and what keeping its sums costs the writers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import psycopg
from sqlalchemy import event

from bench import campaign
from bench.inside import inside
from bench.row import Row, Size
from bench.stage import TENANT, Stage, stage
from bench.writing import CHUNK, caps, claim, settle
from saas.kernel.database import db
from saas.reports.service import campaign_report
from saas.tenants.actor import Actor

GOAL_GROWTH, GOAL_DATABASE, GOAL_SUMS = 1.5, 1.0, 0.05
LOOKS = 40
SUMMED = "SELECT state, count(*), sum(accepted), sum(delivered), sum(failed) FROM deliveries WHERE dispatch_id = %s GROUP BY 1"


def run(size: Size) -> list[Row]:
    """Growth, time inside the database, and the price of the sums."""
    with stage() as place:
        place.agency("")
        small, large = finished(place, 1000), finished(place, size.many)
        with inside(place):
            growth, inside_ms = _looks(small, large)
        by_index = _median_ms(lambda: _plain_sum(place, large))
        sums = price_of_sums(place, size)
    return [
        Row("P7", f"report of {size.many} recipients", growth, GOAL_GROWTH, "times one of 1 000", "the report of 1 000", "less"),
        Row("P7-database", "the same, inside the database", inside_ms, GOAL_DATABASE, "ms",
            f"summing the rows by index: {by_index:.0f} ms", "less"),
        Row("P7-sums", "keeping the sums", sums, GOAL_SUMS, "of P1", "the same writes without them", "less"),
    ]  # fmt: skip


def finished(place: Stage, recipients: int) -> int:
    """A campaign of so many that has gone out."""
    dispatch = place.campaign(recipients, "")
    with psycopg.connect(place.owner_url, autocommit=True) as owner:
        owner.execute("SELECT set_config('qunfa.tenant', %s, false)", (str(TENANT),))
        owner.execute(
            "UPDATE deliveries SET state = 'sent', accepted = 1, delivered = 1, attempts = 1, accepted_at = now(),"
            " ref = 'msg_id:' || id, receipt = jsonb_build_object('msg_id', id::text) WHERE dispatch_id = %s",
            (dispatch,),
        )
        owner.execute("VACUUM ANALYZE deliveries")
    return dispatch


def _looks(small: int, large: int) -> tuple[float, float]:
    """How much longer the large one takes (alternating, medians), and its milliseconds inside the database."""
    campaigns = [_campaign_of(small), _campaign_of(large)]
    times: list[list[float]] = [[], []]
    for _ in range(LOOKS):
        for number, spent in zip(campaigns, times, strict=True):
            spent.append(_timed(lambda number=number: _report(number)))  # type: ignore[misc]
    with _asked() as statements:
        _report(campaigns[1])
    return median(times[1]) / median(times[0]), sum(_inside(query, values) for query, values in statements)


def _report(number: int) -> None:
    campaign_report(Actor(TENANT, 1, "owner", "bench", "a@x.example"), number)
    db.session.rollback()
    db.session.expunge_all()


def _campaign_of(dispatch: int) -> int:
    found = db.session.connection().exec_driver_sql("SELECT campaign_id FROM dispatches WHERE id = %s", (dispatch,)).scalar_one()
    db.session.rollback()
    return int(found)


@contextmanager
def _asked() -> Iterator[list[tuple[str, Any]]]:
    """What a service asks of the database."""
    statements: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool) -> None:
        if statement.startswith("SELECT") and "set_config" not in statement:
            statements.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def _inside(query: str, values: Any) -> float:
    """Milliseconds the database says it needs for a question, the median of some."""
    found = []
    for _ in range(9):
        plan = db.session.connection().exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) {query}", values).scalar_one()
        found.append(float(plan[0]["Execution Time"]))
    db.session.rollback()
    return median(found)


def _plain_sum(place: Stage, dispatch: int) -> None:
    with place.tenant() as connection:
        connection.execute(SUMMED, (dispatch,)).fetchall()


def price_of_sums(place: Stage, size: Size) -> float:
    """What the triggers add to claim and result of one delivery, as a share of what P1 takes for it. Chunks alternate."""
    sent = campaign.measure(place, max(size.rows // 20, 100), size.turn_seconds, campaign.FAST_AT_ONCE, 0.0).product
    whole = median(1 / segment.rate for segment in sent)
    dispatch = place.campaign(size.rows // 5, "")
    place.wake(dispatch)
    spent: dict[bool, list[float]] = {True: [], False: []}
    with psycopg.connect(place.owner_url, autocommit=True) as owner, psycopg.connect(place.database_url, autocommit=True) as app:
        app.execute("SELECT set_config('qunfa.tenant', %s, false)", (str(TENANT),))
        after, summing = 0, True
        while True:
            owner.execute(f"ALTER TABLE deliveries {'ENABLE' if summing else 'DISABLE'} TRIGGER roll_up_update")
            began = time.perf_counter()
            claimed = claim(app, dispatch, CHUNK, caps(10_000_000), after)
            if not claimed:
                break
            after = max(id for _, id in claimed)
            settle(app, claimed[0][0], [id for _, id in claimed])
            spent[summing].append((time.perf_counter() - began) / len(claimed))
            summing = not summing
    extra = median(spent[True]) - median(spent[False]) if spent[False] else 0.0
    return max(extra, 0.0) / whole


def _median_ms(work: Callable[[], None]) -> float:
    return median(_timed(work) for _ in range(3)) * 1000


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
