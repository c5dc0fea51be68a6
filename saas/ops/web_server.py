"""How gunicorn serves the product inside the stack: ``gunicorn -c python:saas.ops.web_server``."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from importlib import import_module
from typing import Any

from saas.ops import gate
from saas.ops.embedded.process import die_with_parent

wsgi_app = "saas.app:create_app()"
worker_class = "gthread"
workers = 2
threads = 8
keepalive = 5
# Streams of events never end by themselves; a stop must not wait for them.
graceful_timeout = 2
timeout = 60
preload_app = False
control_socket_disable = True
CLOCK_EVERY = 20.0


def on_starting(server: Any) -> None:
    """Import the application's modules once, before the fork; each worker still makes its own application."""
    import_module(server.app.app_uri.partition(":")[0])
    gate.wait()


def post_fork(server: Any, worker: Any) -> None:
    """A web worker must not outlive gunicorn's master, even when that is killed."""
    die_with_parent()
    threading.Thread(target=_follow_clock, name="clock", daemon=True).start()


def _follow_clock() -> None:
    """Every few seconds take the database's time for this process's; machines' clocks differ."""
    import psycopg

    from saas.delivery.scheduling import follow_clock
    from saas.kernel.pool import LINE
    from saas.kernel.settings import settings

    while True:
        with suppress(psycopg.Error), psycopg.connect(settings().database_url, autocommit=True, **LINE) as connection:
            follow_clock(connection)
        time.sleep(CLOCK_EVERY)
