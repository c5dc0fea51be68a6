"""P6: sixteen workers reserve units of one cap in the transaction that claims; beside it sixteen that COUNT, then INSERT.

Other work on the machine only ever adds to a wait: the time is that of the quietest round. The overshoot is that of all rounds.
A worker's connection lives as long as the worker, so each has claimed under another cap before; what its very first claim took,
in which the functions are read and planned, is told beside the result.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles
from typing import Any

import psycopg

from bench.row import Row, Size
from bench.stage import TENANT, Stage, stage
from bench.writing import caps, claim

GOAL = 25.0
WORKERS = 16
WARM = 6
"""PostgreSQL settles on a plan at the sixth call."""
Work = Callable[[psycopg.Connection[Any], int], list[float]]
Ready = Callable[[psycopg.Connection[Any], int], None]


def run(size: Size) -> list[Row]:
    """How long a reservation takes at worst, and how many are too many."""
    cap = size.reservations // size.rounds
    with stage() as place:
        place.agency("")
        rounds = [(ours(place, cap, number), counted(place, cap)) for number in range(size.rounds)]
    p99s = [quantiles(waits, n=100, method="inclusive")[98] * 1000 for (waits, _, _), _ in rounds]
    over, naive = sum(mine for (_, mine, _), _ in rounds), sum(theirs for _, theirs in rounds)
    p99, words, first = min(p99s), f"{naive} over in {size.rounds} rounds", min(cold for (_, _, cold), _ in rounds) * 1000
    detail = f"of the rounds {', '.join(f'{one:.0f}' for one in p99s)} ms; a new connection's first claim {first:.0f} ms"
    return [
        Row("P6", f"one unit of one cap, {WORKERS} workers: p99", p99, GOAL, "ms", "COUNT then INSERT", "less", detail),
        Row("P6-over", f"units over a cap of {cap}", over, 0, "units", f"COUNT then INSERT: {words}", "less",
            parts={"over_cap": over}, baseline_value=naive, baseline_parts={"over_cap": naive}),
    ]  # fmt: skip


def ours(place: Stage, cap: int, number: int) -> tuple[list[float], int, float]:
    """Each worker has a campaign of its own on the same account; seconds of each claim, overshoot, slowest first."""
    dispatches = [place.campaign(2 * cap // WORKERS + 1 + WARM, "") for _ in range(WORKERS)]
    limit, before = caps(cap, f"round{number}"), caps(WARM * WORKERS, f"before{number}")
    firsts = list[float]()

    def ready(connection: psycopg.Connection[Any], number: int) -> None:
        connection.execute("SELECT set_config('qunfa.tenant', %s, false)", (str(TENANT),))
        firsts.append(max(_timed(connection, dispatches[number], before) for _ in range(WARM)))

    def work(connection: psycopg.Connection[Any], number: int) -> list[float]:
        return list(iter(lambda: _timed(connection, dispatches[number], limit), 0.0))

    waits = _all_at_once(place.database_url, work, ready)
    with place.tenant() as connection:
        query = "SELECT count(*) FROM deliveries WHERE state = 'sending' AND dispatch_id = ANY (%s)"
        row = connection.execute(query, (dispatches,)).fetchone()
    assert row is not None
    assert row[0] - WARM * WORKERS == len(waits) >= cap
    return waits, max(0, len(waits) - cap), max(firsts)


def _timed(connection: psycopg.Connection[Any], dispatch: int, limit: str) -> float:
    """Seconds for a claim of one with its commit; 0.0 when the cap stood in the way."""
    began = time.perf_counter()
    return time.perf_counter() - began if claim(connection, dispatch, 1, limit) else 0.0


def counted(place: Stage, cap: int) -> int:
    """By how much the naive arm overshoots."""
    with psycopg.connect(place.owner_url, autocommit=True) as owner:
        owner.execute("DROP TABLE IF EXISTS naive_sends")
        owner.execute("CREATE TABLE naive_sends (account_id bigint NOT NULL)")
        owner.execute("CREATE INDEX ON naive_sends (account_id)")

        def work(connection: psycopg.Connection[Any], number: int) -> list[float]:
            while True:
                row = connection.execute("SELECT count(*) FROM naive_sends WHERE account_id = 1").fetchone()
                if row is None or row[0] >= cap:
                    return []
                connection.execute("INSERT INTO naive_sends VALUES (1)")

        _all_at_once(place.owner_url, work)
        sent = owner.execute("SELECT count(*) FROM naive_sends").fetchone()
    assert sent is not None
    return int(sent[0]) - cap


def _all_at_once(url: str, work: Work, ready: Ready = lambda connection, number: None) -> list[float]:
    start = threading.Barrier(WORKERS)

    def one(number: int) -> list[float]:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SELECT 1")
            ready(connection, number)
            start.wait()
            return work(connection, number)

    with ThreadPoolExecutor(WORKERS) as pool:
        return [wait for waits in pool.map(one, range(WORKERS)) for wait in waits]
