"""A queue per tenant on rq, served through a ring of ready tenants: each gets one turn, then the next one does.

rq serves many queues in a fixed order and looks at all of them each time. Here a worker listens to one pseudo queue;
picking turns a ring of the tenants that have work, in constant time, by one script that also moves the job to rq's
intermediate queue, so that a worker killed right after the pick loses nothing that the sweeper would not find.
A lost wake-up costs seconds, never a send: PostgreSQL knows what is due.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, cast

from redis import Redis
from redis.client import Pipeline
from rq import Queue
from rq.exceptions import DequeueTimeout, NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer, Serializer
from rq.timeouts import BaseDeathPenalty

RING = "qunfa:ring"
MEMBERS = "qunfa:ring:members"
WEIGHTS = "qunfa:ring:weights"
HAD = "qunfa:ring:had"
BELL = "qunfa:bell"
PREFIX = "tenant-"
MOST_WAITING = 4  # wake-ups of one tenant; more add nothing
TURN_TIMEOUT = 300
LONGEST_WAIT = 5.0  # then the ring is looked at again, bell or no bell

# KEYS: the tenant's queue, ring, members, bell. ARGV: tenant queue name.
ENTER = """
if redis.call('SADD', KEYS[3], ARGV[1]) == 1 then redis.call('RPUSH', KEYS[2], ARGV[1]) end
redis.call('RPUSH', KEYS[4], '1') redis.call('LTRIM', KEYS[4], -64, -1)
return 1
"""

# KEYS: ring, members, weights, turns had in a row. ARGV: rq's queue key prefix. Gives {queue name, job id} or nothing; empty
# tenants leave the ring. A tenant of weight n has n turns before the next one's.
PICK = """
local tries = redis.call('LLEN', KEYS[1])
for _ = 1, tries do
  local name = redis.call('LMOVE', KEYS[1], KEYS[1], 'LEFT', 'RIGHT')
  if not name then return nil end
  local queue = ARGV[1] .. name
  local job = redis.call('LMOVE', queue, queue .. ':intermediate', 'LEFT', 'RIGHT')
  if job then
    local weight = tonumber(redis.call('HGET', KEYS[3], name) or '1')
    if weight > 1 then
      if redis.call('HINCRBY', KEYS[4], name, 1) < weight then
        redis.call('LMOVE', KEYS[1], KEYS[1], 'RIGHT', 'LEFT')
      else
        redis.call('HDEL', KEYS[4], name)
      end
    end
    return {name, job}
  end
  redis.call('RPOP', KEYS[1]) redis.call('SREM', KEYS[2], name) redis.call('HDEL', KEYS[4], name)
end
return nil
"""


class RingQueue(Queue):
    """A tenant's queue; as a listener, the door to all of them."""

    def push_job_id(self, job_id: str, pipeline: Pipeline | None = None, at_front: bool = False) -> None:
        """Push a job and put the tenant into the ring, in the same transaction."""
        super().push_job_id(job_id, pipeline=pipeline, at_front=at_front)
        connection = pipeline if pipeline is not None else self.connection
        connection.eval(ENTER, 4, self.key, RING, MEMBERS, BELL, self.name)

    @classmethod
    def dequeue_any(
        cls,
        queues: Iterable[Queue],
        timeout: int | None,
        connection: Redis,
        job_class: type[Job] | None = None,
        serializer: Serializer | str | None = None,
        death_penalty_class: type[BaseDeathPenalty] | None = None,
    ) -> tuple[Job, Queue] | None:
        """The next job of the next tenant; waits up to ``timeout`` seconds. Raises DequeueTimeout."""
        deadline = time.monotonic() + (timeout or 0)
        while True:
            picked = connection.eval(PICK, 4, RING, MEMBERS, WEIGHTS, HAD, cls.redis_queue_namespace_prefix)
            if picked:
                name, job_id = (part.decode() if isinstance(part, bytes) else str(part) for part in cast("list[Any]", picked))
                queue = cls(name, connection=connection, serializer=JSONSerializer)
                try:
                    return Job.fetch(job_id, connection=connection, serializer=JSONSerializer), queue
                except NoSuchJobError:
                    continue  # an alarm whose text is gone: the sweeper rings again
            left = deadline - time.monotonic()
            if timeout is None:
                return None
            if left <= 0:
                raise DequeueTimeout(timeout, RING)
            connection.blpop([BELL], timeout=min(max(left, 0.05), LONGEST_WAIT))


def wake(redis: Redis, tenants: Iterable[int], more: bool = False) -> None:
    """Ask for a turn for each tenant, ids only; with ``more`` for as many in a row as its weight. A few wake-ups of one wait."""
    names = [f"{PREFIX}{tenant}" for tenant in tenants]
    if not names:
        return
    with redis.pipeline(transaction=False) as pipeline:
        for name in names:
            pipeline.llen(f"{RingQueue.redis_queue_namespace_prefix}{name}")
        pipeline.hmget(WEIGHTS, names)
        *waiting, weights = pipeline.execute()
    for name, length, weight in zip(names, waiting, weights, strict=True):
        most = max(MOST_WAITING, int(weight or 1))
        for _ in range(min(int(weight or 1) if more else 1, most - length)):
            _ring(redis, name)


def _ring(redis: Redis, name: str) -> None:
    RingQueue(name, connection=redis, serializer=JSONSerializer).enqueue_call(
        "saas.delivery.jobs.turn",
        args=(int(name.removeprefix(PREFIX)),),
        timeout=TURN_TIMEOUT,
        result_ttl=0,
        failure_ttl=60,
        ttl=600,
    )


def weigh(redis: Redis, weights: Mapping[int, int]) -> None:
    """Tell the ring whose weight is not one."""
    with redis.pipeline(transaction=True) as pipeline:
        pipeline.delete(WEIGHTS)
        if weights:
            pipeline.hset(WEIGHTS, mapping={f"{PREFIX}{tenant}": weight for tenant, weight in weights.items()})
        pipeline.execute()
