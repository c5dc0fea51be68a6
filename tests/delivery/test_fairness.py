"""Nobody starves: turns are bounded in seconds and rows, slow platforms hold nobody up, and weights are kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest
from aiohttp import web
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from saas.delivery import turns
from saas.delivery.engine import GRACE
from saas.delivery.ring import RingQueue, wake, weigh
from saas.tenants.weighing import list_weights, set_weight
from tests.conftest import House
from tests.delivery.books import balance
from tests.delivery.conftest import Stage


@pytest.fixture
def redis(environment: dict[str, str]) -> Iterator[Redis]:
    with Redis.from_url(environment["REDIS_URL"]) as redis:
        redis.flushdb()
        yield redis


def picks(redis: Redis, count: int) -> list[int]:
    """Whose turns come next; each asks for another."""
    queue: list[Queue] = [RingQueue("ring", connection=redis, serializer=JSONSerializer)]
    found = []
    for _ in range(count):
        picked = RingQueue.dequeue_any(queue, 1, redis, serializer=JSONSerializer)
        assert picked
        found.append(int(picked[1].name.removeprefix("tenant-")))
        wake(redis, found[-1:], more=True)
    return found


def test_a_tenant_of_weight_three_has_three_turns_while_the_others_have_one(redis: Redis) -> None:
    weigh(redis, {2: 3})
    wake(redis, [1, 2, 3], more=True)
    assert picks(redis, 10) == [1, 2, 2, 2, 3, 1, 2, 2, 2, 3]
    weigh(redis, {})
    assert picks(redis, 6) == [1, 2, 3, 1, 2, 3]


def test_a_heavy_tenant_without_work_leaves_no_gap(redis: Redis) -> None:
    weigh(redis, {1: 50})
    wake(redis, [1, 2])
    queue: list[Queue] = [RingQueue("ring", connection=redis, serializer=JSONSerializer)]
    found = [RingQueue.dequeue_any(queue, 1, redis, serializer=JSONSerializer) for _ in range(2)]
    assert [one[1].name for one in found if one] == ["tenant-1", "tenant-2"]


def test_the_weight_of_an_agency_is_set_by_the_installation_and_audited(house: House) -> None:
    with house.app.app_context():
        set_weight("house", 4)
        assert [(one.slug, one.weight) for one in list_weights()] == [("house", 4)]
    assert house.one("SELECT detail FROM audit_log WHERE action = 'tenants.weight'") == {"before": 1, "weight": 4}


def test_a_turn_ends_with_its_rows_while_others_wait_and_not_before_when_nobody_does(
    stage: Stage, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "TURN_ROWS", 100)
    account = stage.house.account("one", kind="keyed", address=stage.platform.address, rate=(50, 1.0, 8))
    stage.house.dispatch(stage.house.campaign(), account, rows=300, repeat=("key", 3600))
    stage.worker()
    wake(redis, [stage.house.tenant + 1])
    more = stage.run(stage.workers[0].engine.turn(stage.house.tenant, 30))
    assert more
    assert stage.states() == {"sent": 100, "due": 200}
    redis.flushdb()
    stage.run(stage.workers[0].engine.turn(stage.house.tenant, 30))
    assert stage.states() == {"sent": 300}
    balance(stage.house)


def test_a_slow_account_is_left_alone_until_its_rate_allows_the_next_call(stage: Stage) -> None:
    account = stage.house.account("slow", kind="keyed", address=stage.platform.address, rate=(1, 5.0, 1))
    dispatch = stage.house.dispatch(stage.house.campaign(), account, rows=3, repeat=("key", 3600))
    worker = stage.worker()
    began = time.monotonic()
    stage.run(worker.engine.turn(stage.house.tenant, 2))
    assert time.monotonic() - began < 2
    assert stage.states() == {"sent": 1, "due": 2}
    wait = stage.house.one("SELECT extract(epoch FROM wake_at - now())::float FROM dispatches WHERE id = %s", dispatch)
    assert 3 < wait < 6


def test_a_platform_that_answers_slowly_holds_no_turn_and_no_other_account(stage: Stage) -> None:
    worker = stage.worker()
    stage.ready(4, "keyed")
    stage.platform.delay = 4.0
    began = time.monotonic()
    stage.run(worker.engine.turn(stage.house.tenant, 0.5))
    assert time.monotonic() - began < 0.5 + GRACE + 1.5
    assert stage.states() == {"sending": 4}
    stage.platform.delay = 0.0
    stage.ready(5, "keyed")
    stage.run(worker.engine.turn(stage.house.tenant, 0.5))
    assert stage.states() == {"sending": 4, "sent": 5}
    stage.run(worker.engine.close())
    assert stage.states() == {"sent": 9}
    assert len(stage.platform.effects) == sum(stage.platform.calls.values()) == 9
    balance(stage.house)


def test_questions_to_a_slow_platform_do_not_hold_a_turn(stage: Stage) -> None:
    async def never(request: web.Request) -> web.Response:
        await asyncio.sleep(5)
        return web.json_response({"result": "absent"})

    async def serve() -> web.AppRunner:
        app = web.Application()
        app.add_routes([web.get("/known", never)])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner

    runner = stage.run(serve())
    stage.ready(3, "looked")
    stage.platform.usual = "drop_after"
    worker = stage.worker()
    stage.run(worker.engine.turn(stage.house.tenant, 1))
    assert stage.states() == {"unknown": 3}
    stage.house.as_owner(
        "UPDATE accounts SET settings = settings || jsonb_build_object('address', %s::text)",
        f"http://127.0.0.1:{runner.addresses[0][1]}",
    )
    stage.house.run("UPDATE deliveries SET poll_at = now()")
    began = time.monotonic()
    stage.run(worker.engine.turn(stage.house.tenant, 0.5))
    assert time.monotonic() - began < 0.5 + GRACE + 1.5
    stage.run(runner.cleanup())
