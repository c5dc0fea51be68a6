"""P5: an audience written out as deliveries against COPY; claims and results in bulk against a commit for each row.

COPY is refused on tables with row-level security, so its rows go into a twin with the same columns, checks and indexes, but
without policies, foreign keys and sums. Both arms begin with the same list of targets and make the same columns of it.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from bench.inside import inside
from bench.row import Row, Segment, Size, Stopwatch, share
from bench.stage import SIGNED, TENANT, Stage, stage
from saas.channels.platform import Target
from saas.delivery.expansion import Plan, store_plan
from saas.kernel.database import transaction

GOAL_EXPANSION, GOAL_WRITES = 0.6, 40.0
COLUMNS = "tenant_id, campaign_id, dispatch_id, account_id, target, form, fields, people"
CHUNK = 1000
ONE_BY_ONE = 4  # of each hundred rows: alone they take a hundred times as long
LEASE = timedelta(seconds=60)


def run(size: Size) -> list[Row]:
    """Both rows."""
    with stage() as place:
        place.agency("")
        written, copied = expansion(place, size)
        bulk, alone = writes(place, size)
    return [
        Row("P5", f"audience of {size.rows} written out", share(written, copied), GOAL_EXPANSION, "of COPY",
            "COPY into a table like it, without policies, foreign keys and sums",
            detail=f"{written[-1].rate:.0f} rows/s against {copied[-1].rate:.0f}"),
        Row("P5-writes", "claims and results", share(bulk, alone), GOAL_WRITES, "times", "a commit for each write of a row",
            detail=f"{bulk[-1].rate:.0f} rows/s against {alone[-1].rate:.0f}"),
    ]  # fmt: skip


def expansion(place: Stage, size: Size) -> tuple[list[Segment], list[Segment]]:
    """Neighbouring segments: the product's, COPY's."""
    targets = [Target("ids", (f"o{n:027}",), 1, {"name": f"客户{n}", "points": str(n)}) for n in range(size.rows)]
    with psycopg.connect(place.owner_url, autocommit=True) as owner:
        owner.execute("CREATE TABLE copied (LIKE deliveries INCLUDING ALL)")
        with inside(place):
            _expand(place, targets[: size.rows // 10])
            pairs = [(_expand(place, targets), _copy(owner, targets)) for _ in range(size.rounds)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _expand(place: Stage, targets: list[Target]) -> Segment:
    with place.tenant() as connection:
        row = connection.execute(
            "INSERT INTO campaigns (name, kind, draft, author_id, digest, due_at, max_lateness)"
            " VALUES ('bench', 'template', '{}', 1, %s, now(), interval '1 day') RETURNING id",
            (SIGNED,),
        ).fetchone()
    assert row is not None
    plan = Plan("a", 1, "template", "person", "key", 1800, {"kind": "template"}, targets)
    watch = Stopwatch()
    with transaction():
        store_plan(row[0], plan, {})
    return watch.stop(len(targets))


def _copy(owner: psycopg.Connection[Any], targets: list[Target]) -> Segment:
    owner.execute("TRUNCATE copied")
    watch = Stopwatch()
    with owner.cursor().copy(f"COPY copied ({COLUMNS}) FROM STDIN") as copy:
        for target in targets:
            fields = json.dumps(dict(target.fields), ensure_ascii=False)
            copy.write_row((TENANT, 1, 1, 1, target.ids[0], target.form, fields, target.people))
    return watch.stop(len(targets))


def writes(place: Stage, size: Size) -> tuple[list[Segment], list[Segment]]:
    """Neighbouring segments: chunks claimed and their results stored by the product's functions, and row by row."""
    rows = size.rows // 5
    bulk, alone = [], []
    for _ in range(size.rounds):
        dispatch = place.campaign(rows, "")
        place.wake(dispatch)
        with psycopg.connect(place.database_url, autocommit=True) as connection:
            connection.execute("SELECT set_config('qunfa.tenant', %s, false)", (str(TENANT),))
            few = max(rows * ONE_BY_ONE // 100, 1)
            alone.append(_row_by_row(connection, dispatch, few))
            bulk.append(_in_bulk(connection, dispatch, rows - few))
        assert place.totals(dispatch) == (rows, 0)
    return bulk, alone


def _in_bulk(connection: psycopg.Connection[Any], dispatch: int, rows: int) -> Segment:
    watch, after = Stopwatch(), 0
    while claimed := claim(connection, dispatch, CHUNK, caps(10_000_000), after):
        after = max(id for _, id in claimed)
        settle(connection, claimed[0][0], [id for _, id in claimed])
    return watch.stop(rows)


def claim(connection: psycopg.Connection[Any], dispatch: int, limit: int, caps: str, after: int = 0) -> list[tuple[int, int]]:
    """Lease and number of what was claimed; nothing when nothing is due or a cap is in the way."""
    query = "SELECT lease, id FROM claim_deliveries(%s, %s, %s, %s, 'bench', %s::jsonb, %s) WHERE id IS NOT NULL"
    return connection.execute(query, (dispatch, datetime.now(UTC), limit, LEASE, caps, after), prepare=True).fetchall()


def settle(connection: psycopg.Connection[Any], lease: int, ids: list[int]) -> None:
    """All of them delivered, with the platform's number."""
    news = [
        {"id": id, "state": "sent", "quota": "keep", "a": 1, "d": 1, "ref": f"msg_id:{id}", "receipt": {"msg_id": str(id)}}
        for id in ids
    ]
    values = (lease, datetime.now(UTC), json.dumps(news))
    connection.execute("SELECT settle_deliveries(%s, %s, %s::jsonb)", values, prepare=True)


def caps(amount: int, rule: str = "per_day") -> str:
    """One cap of an account, for today."""
    starts = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    window = {"starts": starts.isoformat(), "ends": (starts + timedelta(days=1)).isoformat()}
    return json.dumps([{"rule": rule, "scope": "account", "unit": "call", "amount": amount, **window}])


def _row_by_row(connection: psycopg.Connection[Any], dispatch: int, rows: int) -> Segment:
    """The same writes to the same table, one row and one commit each."""
    watch = Stopwatch()
    for _ in range(rows):
        row = connection.execute(
            "SELECT id FROM deliveries WHERE dispatch_id = %s AND state = 'due' ORDER BY id LIMIT 1", (dispatch,), prepare=True
        ).fetchone()
        assert row is not None
        connection.execute(
            "UPDATE deliveries SET state = 'sending', fence = 1, attempts = attempts + 1, started_at = now() WHERE id = %s",
            row,
            prepare=True,
        )
        connection.execute(
            "UPDATE deliveries SET state = 'sent', fence = NULL, accepted = 1, delivered = 1, accepted_at = now(),"
            " ref = 'msg_id:' || id, receipt = jsonb_build_object('msg_id', id::text) WHERE id = %s",
            row,
            prepare=True,
        )
    return watch.stop(rows)
