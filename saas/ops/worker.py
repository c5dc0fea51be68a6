"""The worker process: rq's worker on the ring of tenants, in one process (no fork), until it is told to stop."""

from __future__ import annotations

from redis import Redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from saas.delivery import jobs
from saas.delivery.ring import RingQueue
from saas.kernel.settings import settings


class RingWorker(SimpleWorker):
    """Listens to exactly one pseudo queue: the ring behind it."""

    queue_class = RingQueue

    def clean_registries(self) -> None:
        """Nothing to clean: a wake-up leaves no result, and PostgreSQL, not rq, knows what is unfinished."""


def run_worker() -> None:
    """Work until SIGTERM or SIGINT."""
    redis = Redis.from_url(settings().redis_url)
    jobs.loop()
    queue = RingQueue("ring", connection=redis, serializer=JSONSerializer)
    worker = RingWorker([queue], connection=redis, serializer=JSONSerializer, log_job_description=False)
    worker.work(logging_level="WARNING")
    jobs.loop().close()
