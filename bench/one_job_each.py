"""P2: the campaign of P1 against one rq job for each recipient: read the row, post with the same client, write the row, commit.

Three naive arms, because the answer depends on what is naive: rq's own worker, which forks for each job; its ``SimpleWorker``,
which does not; and the latter at an endpoint that takes 50 ms, as platforms do, where one job at a time waits for each answer.
"""

from __future__ import annotations

import asyncio
import json
from functools import cache

import psycopg
from redis import Redis
from rq import Queue, SimpleWorker, Worker

from bench import campaign
from bench.bare import Bare
from bench.channel import body_for
from bench.endpoint import Endpoint
from bench.row import Row, Segment, Size, Stopwatch
from bench.stage import TENANT, Stage, stage

GOAL = 100.0


def run(size: Size) -> list[Row]:
    """The three naive arms, each beside a part of the campaign."""
    with stage() as place:
        place.agency("")
        return [
            _row(place, "P2", "against rq's worker, fast endpoint", Worker, size.forked_jobs, size, 0.0),
            _row(place, "P2-simple", "against rq's SimpleWorker, fast endpoint", SimpleWorker, size.jobs, size, 0.0),
            _row(
                place,
                "P2-50ms",
                "against rq's SimpleWorker, 50 ms endpoint",
                SimpleWorker,
                size.slow_jobs,
                size,
                campaign.LATENCY,
            ),
        ]


def _row(place: Stage, name: str, title: str, worker: type[Worker], jobs: int, size: Size, latency: float) -> Row:
    at_once = campaign.SLOW_AT_ONCE if latency else campaign.FAST_AT_ONCE
    recipients = max(size.recipients // 4, 1)
    product = campaign.measure(place, recipients, size.turn_seconds, at_once, latency).product
    naive = one_job_each(place, worker, jobs, latency)
    rate = sum(s.count for s in product) / sum(s.seconds for s in product)
    return Row(name, title, rate / naive.rate, GOAL, "times", f"{worker.__name__}, one job a recipient")


def one_job_each(place: Stage, worker: type[Worker], jobs: int, latency: float) -> Segment:
    """Enqueue and run so many jobs."""
    with Endpoint(latency) as endpoint, Redis.from_url(place.redis_url) as redis:
        dispatch = place.campaign(jobs, endpoint.url)
        with place.tenant() as connection:
            ids = [row[0] for row in connection.execute("SELECT id FROM deliveries WHERE dispatch_id = %s", (dispatch,))]
        queue = Queue("naive", connection=redis)
        watch = Stopwatch()
        for id in ids:
            queue.enqueue_call(send_one, args=(place.database_url, endpoint.url, id), result_ttl=0)
        worker([queue], connection=redis).work(burst=True, logging_level="ERROR")
        segment = watch.stop(jobs)
        assert place.totals(dispatch) == (jobs, 0)
    return segment


def send_one(database_url: str, url: str, delivery: int) -> None:
    """The job: one recipient, its row read and written on a connection that stays open while the process does."""
    connection = _connection(database_url)
    with connection.transaction():
        connection.execute("SELECT set_config('qunfa.tenant', %s, true)", (str(TENANT),))
        target, fields, key = connection.execute(
            "SELECT target, fields, key FROM deliveries WHERE id = %s", (delivery,)
        ).fetchone()
    data = {"first": f"{fields['name']}，您好", "keyword1": f"{fields['points']} 分", "remark": "本月积分已到账"}
    answer = asyncio.run(_post(url, json.dumps(body_for(target, data, key), ensure_ascii=False).encode()))
    with connection.transaction():
        connection.execute("SELECT set_config('qunfa.tenant', %s, true)", (str(TENANT),))
        connection.execute(
            "UPDATE deliveries SET state = 'sent', accepted = 1, delivered = 1, receipt = %s WHERE id = %s",
            (answer.decode(), delivery),
        )


async def _post(url: str, body: bytes) -> bytes:
    async with Bare(url, 1) as bare:
        return await bare.post(body)


@cache
def _connection(database_url: str) -> psycopg.Connection:
    return psycopg.connect(database_url, autocommit=True)
