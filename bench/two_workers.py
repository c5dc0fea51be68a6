"""P11: two worker processes against one, on one account of a platform that takes its time, so many calls at once for each.

Counted where the calls arrive, for some seconds after the start; nothing else is the limit there.
"""

from __future__ import annotations

import asyncio
import threading
import time
from statistics import median
from typing import Self

from bench.crowd import agency, processes, wait_for, wake
from bench.endpoint import Answering
from bench.row import Row, Size
from bench.stage import Stage, stage

GOAL = 1.8
AT_ONCE, LATENCY, SETTLE = 32, 0.2, 1.0


class Counting:
    """An endpoint within this process that counts, as a ``with`` block."""

    def __enter__(self) -> Self:
        self.calls, self._loop = 0, asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.url = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _listen(self) -> str:
        self._server = await self._loop.create_server(lambda: _Counted(self), "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/send"


class _Counted(Answering):
    def __init__(self, counting: Counting) -> None:
        super().__init__(LATENCY)
        self._counting = counting

    def _answer(self) -> None:
        self._counting.calls += 1
        super()._answer()


def run(size: Size) -> list[Row]:
    """One and two workers in turns; the median of neighbours."""
    one, two = [], []
    with stage() as place:
        for number in range(size.rounds):
            one.append(rate(place, 2 * number + 1, 1, size))
            two.append(rate(place, 2 * number + 2, 2, size))
    ratio = median(b / a for a, b in zip(one, two, strict=True))
    detail = f"calls a second: {median(one):.0f} and {median(two):.0f}"
    title = f"two workers on one account, {LATENCY * 1000:.0f} ms a call, {AT_ONCE} at once each"
    return [Row("P11", title, ratio, GOAL, "times one worker", "one worker, the same campaign", detail=detail)]


def rate(place: Stage, tenant: int, workers: int, size: Size) -> float:
    """Calls a second of so many workers on a new campaign."""
    seconds = 5 * size.turn_seconds
    with Counting() as endpoint:
        rows = int((seconds + SETTLE + 10) * workers * AT_ONCE / LATENCY)
        dispatch = agency(place, tenant, rows, endpoint.url)
        with processes(place, workers, AT_ONCE):
            wake(place, tenant, dispatch)
            wait_for(lambda: _at_work(place, tenant, dispatch) == workers)
            time.sleep(SETTLE)
            before, began = endpoint.calls, time.monotonic()
            time.sleep(seconds)
            return (endpoint.calls - before) / (time.monotonic() - began)


def _at_work(place: Stage, tenant: int, dispatch: int) -> int:
    with place.tenant(tenant) as connection:
        row = connection.execute("SELECT count(DISTINCT worker) FROM leases WHERE dispatch_id = %s", (dispatch,)).fetchone()
    return int(row[0]) if row else 0
