"""Wake-ups: one turn for each ready tenant in its order, however many wait, and none that cannot be lost."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from redis import Redis
from rq import Queue
from rq.exceptions import DequeueTimeout
from rq.serializers import JSONSerializer

from saas.delivery.ring import MEMBERS, MOST_WAITING, RING, RingQueue, wake
from saas.delivery.scheduling import tick
from saas.kernel.settings import settings
from tests.conftest import House


@pytest.fixture
def redis(environment: dict[str, str]) -> Iterator[Redis]:
    with Redis.from_url(environment["REDIS_URL"]) as redis:
        redis.flushdb()
        yield redis


def pick(redis: Redis) -> str | None:
    """The tenant whose turn is next."""
    queue: list[Queue] = [RingQueue("ring", connection=redis, serializer=JSONSerializer)]
    try:
        found = RingQueue.dequeue_any(queue, 1, redis, serializer=JSONSerializer)
    except DequeueTimeout:
        return None
    return found[1].name if found else None


def test_a_busy_tenant_does_not_starve_the_others(redis: Redis) -> None:
    for _ in range(3):
        wake(redis, [1])
    wake(redis, [2])
    wake(redis, [3])
    assert [pick(redis) for _ in range(6)] == ["tenant-1", "tenant-2", "tenant-3", "tenant-1", "tenant-1", None]


def test_a_hundred_wake_ups_are_a_few_and_an_empty_tenant_leaves_the_ring(redis: Redis) -> None:
    for _ in range(100):
        wake(redis, [7])
    turns = [pick(redis) for _ in range(MOST_WAITING + 1)]
    assert turns == ["tenant-7"] * MOST_WAITING + [None]
    assert (redis.llen(RING), redis.scard(MEMBERS)) == (0, 0)


def test_a_worker_killed_after_its_pick_costs_one_wake_up_and_the_next_is_served(redis: Redis) -> None:
    wake(redis, [1])
    assert pick(redis) == "tenant-1"
    wake(redis, [1])
    assert pick(redis) == "tenant-1"


def test_a_wake_up_whose_text_is_gone_is_passed_over(redis: Redis) -> None:
    wake(redis, [1, 2])
    for key in redis.keys("rq:job:*"):
        if b"turn" in (redis.hget(key, "description") or b"") and b"(1)" in (redis.hget(key, "description") or b""):
            redis.delete(key)
    assert pick(redis) == "tenant-2"


def test_nothing_but_ids_as_json_waits_in_valkey(redis: Redis) -> None:
    wake(redis, [5])
    texts = [redis.hget(key, "data") for key in redis.keys("rq:job:*")]
    assert len(texts) == 1
    assert b"saas.delivery.jobs.turn" in __import__("zlib").decompress(texts[0])


def test_the_scheduler_wakes_who_has_work_and_nobody_else(house: House, redis: Redis) -> None:
    with psycopg.connect(settings().database_url, autocommit=True) as connection:
        assert tick(connection, redis) == 0
        dispatch = house.dispatch(house.campaign(), house.account("one"), rows=1)
        assert tick(connection, redis) == 1
        assert pick(redis) == f"tenant-{house.tenant}"
        house.run("UPDATE dispatches SET wake_at = now() + interval '1 hour' WHERE id = %s", dispatch)
        assert tick(connection, redis) == 0
        house.run("UPDATE deliveries SET poll_at = now()")
        assert tick(connection, redis) == 1
