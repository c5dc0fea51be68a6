"""The worker process: rq's worker on the ring of tenants, in one process (no fork), until it is told to stop."""

from __future__ import annotations

import time
from contextlib import suppress
from types import FrameType

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer

from saas.accounts.channels import registry
from saas.channels.places import folder_of
from saas.delivery import jobs
from saas.delivery.ring import RingQueue
from saas.kernel.redis_server import connect
from saas.kernel.settings import settings
from saas.ops.watchdog import Limits, Watchdog

PAUSE_AFTER_TROUBLE = 1.0
log = structlog.get_logger()


class RingWorker(SimpleWorker):
    """Listens to exactly one pseudo queue: the ring behind it. ``told_to_stop``: this process, by SIGTERM or SIGINT."""

    queue_class = RingQueue
    told_to_stop = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Finish the turn, then end."""
        RingWorker.told_to_stop = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def clean_registries(self) -> None:
        """Nothing to clean: a wake-up leaves no result, and PostgreSQL, not rq, knows what is unfinished."""


def run_worker() -> None:
    """Work until SIGTERM or SIGINT; Redis may go away and come back meanwhile, on another machine if sentinels say so."""
    redis = connect(settings().redis_url)
    guard = Watchdog(*jobs.loop().watched, [folder_of(one.plugin) for one in registry().all()], Limits(memory=memory_limit()))
    guard.start()
    with suppress(StopRequested):  # told to stop while it waited for Redis
        while not _work(redis):
            time.sleep(PAUSE_AFTER_TROUBLE)
    jobs.loop().close()
    guard.stop()


def memory_limit() -> int:
    """Bytes a worker may hold, from the setting in MiB; 0 for none."""
    return settings().worker_memory << 20


def _work(redis: Redis) -> bool:
    """Work as long as Redis answers; whether it was an order that ended it."""
    try:
        queue = RingQueue("ring", connection=redis, serializer=JSONSerializer)
        worker = RingWorker([queue], connection=redis, serializer=JSONSerializer, log_job_description=False)
        worker.work(logging_level="WARNING")
    except RedisError as error:
        log.warning("worker waits for Redis", fault=type(error).__name__)
    return RingWorker.told_to_stop
