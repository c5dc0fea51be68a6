"""P3: how many chunks of others come before a small agency's first, with so many agencies at work and a big one's queue full.

Real workers and a scheduler; a chunk is 1 000 rows, in however many leases they were claimed. The baseline is rq itself with a
queue for each agency and a job for each chunk, in its default order and in round robin, among agencies it knew at its start.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from statistics import median

from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from bench.crowd import agency, processes, wait_for, wake
from bench.endpoint import Endpoint
from bench.row import Row, Size
from bench.stage import Stage, stage
from saas.delivery.policy import CHUNK_ROWS

WORKERS, OTHERS, AT_ONCE = 2, 6, 16
BIG, SMALL_ROWS, LATENCY = 1, 20, 0.005
ORDER = "bench:order"

TAKEN = "SELECT worker, rows FROM leases WHERE taken_at > %s AND taken_at < %s"


def run(size: Size) -> list[Row]:
    """The ring and both orders of rq, as a share of what is allowed: one chunk of each other agency, and one."""
    active = OTHERS + 2
    allowed = math.ceil(active / WORKERS) + 1
    with stage() as place, Redis.from_url(place.redis_url) as redis:
        chunks = ring(place, size)
        default, fair = (_rq(redis, size.many // CHUNK_ROWS, strategy) for strategy in ("default", "round_robin"))
    detail = f"chunks of others before it, most and median of {len(chunks)}: {max(chunks)}, {median(chunks):g}; allowed {allowed}"
    title = f"a small agency's first is a worker's n-th chunk; {active} at work, {WORKERS} workers, {size.many} rows waiting"
    baseline = f"rq: the {default + 1}th job in its default order, {fair + 1}th in round robin"
    place_of_first, goal = max(chunks) + 1, allowed + 1
    return [Row("P3", title, place_of_first, goal, "th chunk", baseline, "less", detail=detail, baseline_value=default + 1)]


def ring(place: Stage, size: Size) -> list[int]:
    """For one newcomer after the other: how many chunks its worker's colleagues and itself took of others before."""
    others = max(size.many // 20, SMALL_ROWS)
    with Endpoint(LATENCY) as endpoint:
        busy = [(BIG, agency(place, BIG, size.many, endpoint.url))]
        busy += [(tenant, agency(place, tenant, others, endpoint.url)) for tenant in range(2, OTHERS + 2)]
        newcomers = [(100 + n, agency(place, 100 + n, SMALL_ROWS, endpoint.url)) for n in range(size.rounds)]
        with processes(place, WORKERS, AT_ONCE):
            for tenant, dispatch in busy:
                wake(place, tenant, dispatch)
            wait_for(lambda: all(_first(place, tenant, dispatch) for tenant, dispatch in busy))
            return [_before(place, tenant, dispatch, [one for one, _ in busy]) for tenant, dispatch in newcomers]


def _before(place: Stage, tenant: int, dispatch: int, others: Sequence[int]) -> int:
    """Of the rows of others between the word and its own first, those of the worker that took most, in chunks."""
    with place.tenant(tenant) as connection:
        word = connection.execute("SELECT clock_timestamp()").fetchone()
    wake(place, tenant, dispatch)
    wait_for(lambda: _first(place, tenant, dispatch))
    with place.tenant(tenant) as connection:
        first = connection.execute("SELECT min(taken_at) FROM leases").fetchone()
    taken: Counter[str] = Counter()
    for other in others:
        with place.tenant(other) as connection:
            for worker, rows in connection.execute(TAKEN, (*(word or ()), *(first or ()))):
                taken[worker] += rows
    return math.ceil(max(taken.values(), default=0) / CHUNK_ROWS)


def _first(place: Stage, tenant: int, dispatch: int) -> bool:
    with place.tenant(tenant) as connection:
        return connection.execute("SELECT 1 FROM leases WHERE dispatch_id = %s LIMIT 1", (dispatch,)).fetchone() is not None


def note(url: str, name: str) -> None:
    """The baseline's job: say whose it was."""
    with Redis.from_url(url) as redis:
        redis.rpush(ORDER, name)


def _rq(redis: Redis, chunks: int, strategy: str) -> int:
    """How many jobs of others one rq worker does before the small agency's."""
    redis.flushdb()
    names = ["big", *(f"other{n}" for n in range(OTHERS)), "small"]
    queues = [Queue(name, connection=redis, serializer=JSONSerializer) for name in names]
    url = redis.connection_pool.connection_kwargs
    address = f"unix://:{url['password']}@{url['path']}?db=0"
    for queue, jobs in zip(queues, [chunks, *([max(chunks // 20, 1)] * OTHERS), 1], strict=True):
        for _ in range(max(jobs, 1)):
            queue.enqueue_call(note, args=(address, queue.name), result_ttl=0)
    SimpleWorker(queues, connection=redis, serializer=JSONSerializer).work(
        burst=True, logging_level="ERROR", dequeue_strategy=strategy
    )
    return [name.decode() for name in redis.lrange(ORDER, 0, -1)].index("small")
