"""P4: picking the next tenant among ten thousand that are ready, starting a worker then, and serving one who has just come.

The baseline is an rq worker that listens to as many queues.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from bench.row import Row, Size
from bench.stage import Stage, stage
from saas.delivery.ring import PREFIX, RingQueue
from saas.ops.worker import RingWorker

GOAL_PICK, GOAL_START, GOAL_NEW = 1.2, 1.0, 1.0
NOTHING = "builtins.abs"


def run(size: Size) -> list[Row]:
    """Pick, start, and the newcomer."""
    with stage() as place, Redis.from_url(place.redis_url) as redis:
        ratio, rq_ratio = pick_ratios(redis, size)
        start, rq_start, newcomer = starts(redis, place, size.tenants)
    return [
        Row("P4", f"picking at {size.tenants} ready tenants", ratio, GOAL_PICK, "times picking at 1",
            f"rq dequeue with as many queues: {rq_ratio:.1f} times", "less"),
        Row("P4-start", f"worker start at {size.tenants} tenants", start, GOAL_START, "s",
            f"rq worker on as many queues: {rq_start:.2f} s", "less"),
        Row("P4-new", "a new tenant is served by a worker that runs", newcomer, GOAL_NEW, "s", "rq: after a restart", "less"),
    ]  # fmt: skip


def pick_ratios(redis: Redis, size: Size) -> tuple[float, float]:
    """How much longer a pick takes among many than with one, on the ring and on rq; medians over alternating rounds."""
    ring, plain = [], []
    for _ in range(size.rounds):
        ring.append(_pick_ring(redis, size.tenants, size.picks) / _pick_ring(redis, 1, size.picks))
        few = max(size.picks // 20, 5)  # rq needs milliseconds for each
        plain.append(_pick_rq(redis, size.tenants, few) / _pick_rq(redis, 1, few))
    return median(ring), median(plain)


def _pick_ring(redis: Redis, tenants: int, picks: int) -> float:
    redis.flushdb()
    fill(redis, tenants, picks)
    listener = [RingQueue("ring", connection=redis, serializer=JSONSerializer)]
    began = time.perf_counter()
    for _ in range(picks):
        assert RingQueue.dequeue_any(listener, 1, redis) is not None
    return time.perf_counter() - began


def _pick_rq(redis: Redis, tenants: int, picks: int) -> float:
    redis.flushdb()
    fill(redis, tenants, picks, Queue)
    queues = [Queue(f"{PREFIX}{number}", connection=redis, serializer=JSONSerializer) for number in range(tenants)]
    began = time.perf_counter()
    for _ in range(picks):
        assert Queue.dequeue_any(queues, 1, connection=redis, serializer=JSONSerializer) is not None
    return time.perf_counter() - began


def fill(redis: Redis, tenants: int, jobs: int, kind: type[Queue] = RingQueue) -> None:
    """Every tenant ready, with enough jobs in all."""
    with redis.pipeline(transaction=False) as pipeline:
        for number in range(max(tenants, jobs)):
            queue = kind(f"{PREFIX}{number % tenants}", connection=redis, serializer=JSONSerializer)
            queue.enqueue_call(NOTHING, args=(number,), result_ttl=0, pipeline=pipeline)
            if number % 1000 == 999:
                pipeline.execute()
        pipeline.execute()


def starts(redis: Redis, place: Stage, tenants: int) -> tuple[float, float, float]:
    """Seconds until the first job is done: by our worker, by rq's; and for one who comes when ours has been working."""
    redis.flushdb()
    fill(redis, tenants, tenants)
    began = time.perf_counter()
    worker = RingWorker(
        [RingQueue("ring", connection=redis, serializer=JSONSerializer)], connection=redis, serializer=JSONSerializer
    )
    with _journal(worker):
        worker.work(max_jobs=1, logging_level="ERROR")
        ours = time.perf_counter() - began
        newcomer = _newcomer(redis, worker, tenants)
    redis.flushdb()
    fill(redis, tenants, tenants, Queue)
    began = time.perf_counter()
    queues = [Queue(f"{PREFIX}{number}", connection=redis, serializer=JSONSerializer) for number in range(tenants)]
    SimpleWorker(queues, connection=redis, serializer=JSONSerializer).work(max_jobs=1, logging_level="ERROR")
    return ours, time.perf_counter() - began, newcomer


def _newcomer(redis: Redis, worker: RingWorker, tenants: int) -> float:
    """An idle ring, then a tenant nobody has heard of: seconds until its job is done by the same worker."""
    redis.delete("qunfa:ring", "qunfa:ring:members")
    queue = RingQueue(f"{PREFIX}{tenants + 1}", connection=redis, serializer=JSONSerializer)
    began = time.perf_counter()
    job = queue.enqueue_call(NOTHING, args=(1,), result_ttl=60)
    worker.work(max_jobs=1, logging_level="ERROR")
    assert job.get_status(refresh=True).name == "FINISHED"
    return time.perf_counter() - began


@contextmanager
def _journal(worker: RingWorker) -> Iterator[None]:
    """rq registers a worker by name; two runs of ours are one worker to us."""
    try:
        yield
    finally:
        worker.connection.delete(worker.key)
