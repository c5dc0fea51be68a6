"""Writing what becomes known of accepted deliveries, from wherever it comes: an answer to a question, or a push."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from saas.channels.outcome import Progress
from saas.delivery import store
from saas.delivery.policy import progressed
from saas.kernel.pool import Connection

EXPIRED = "expired"  # nobody confirmed in time
OPEN_STATES = ("accepted", "awaiting", "unknown", "recalled")

Row = Mapping[str, Any]


async def write_progress(connection: Connection, now: datetime, known: Sequence[tuple[Row, Progress]], source: str) -> int:
    """Write progress of deliveries (rows with id, dispatch_id, form, people, accepted, receipt), and figures that came along."""
    news = [progressed(r["id"], r["form"], r["people"], r["accepted"], r["receipt"] or {}, p, now) for r, p in known]
    changed = await store.progress(connection, now, OPEN_STATES, news, totals=True)
    await connection.execute(
        "UPDATE dispatches SET counted_by = %s WHERE id = ANY (%s) AND counted_by <> %s",
        (source, sorted({row["dispatch_id"] for row, _ in known}), source),
    )
    for row, progress in known:
        if progress.code == EXPIRED and progress.final:
            await note_expiry(connection, row["dispatch_id"], progress.reason)
        await store.failures(connection, row["id"], progress.failures)
        await figures(connection, row["dispatch_id"], progress.figures, source)
    return changed


async def note_expiry(connection: Connection, dispatch: int, reason: str) -> None:
    """Why a dispatch is not all sent: nobody acted in time."""
    await connection.execute(
        "UPDATE dispatches SET code = %s, reason = %s WHERE id = %s AND code IN ('', %s)", (EXPIRED, reason, dispatch, EXPIRED)
    )


async def figures(connection: Connection, dispatch: int, values: Mapping[str, int], source: str) -> None:
    """Keep figures of a dispatch; one that changed becomes a new revision, the old one stays. What a person entered is the
    platform's own from when it tells the same."""
    for name, value in values.items():
        await connection.execute(
            """INSERT INTO figures (dispatch_id, name, revision, value, source)
               SELECT %(d)s, %(n)s, coalesce(max(revision), 0) + 1, %(v)s, %(s)s
               FROM figures WHERE dispatch_id = %(d)s AND name = %(n)s
               HAVING coalesce((array_agg(value ORDER BY revision DESC))[1], -1) <> %(v)s
                 OR (array_agg(source ORDER BY revision DESC))[1] = 'hand' AND %(s)s <> 'hand' ON CONFLICT DO NOTHING""",
            {"d": dispatch, "n": name, "v": value, "s": source},
        )
