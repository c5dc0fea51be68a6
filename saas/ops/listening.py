"""Lines that are listened to, in a thread beside the scheduler: of all schedulers one hears each account."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from flask import Flask

    from saas.delivery.listening.rounds import Rounds

log = structlog.get_logger()

FIRST = 2.0
"""Seconds after the start: nothing that sends waits for what listening imports."""
LEAVE = 2.0


@contextmanager
def listening_beside(stopped: threading.Event, first: float = FIRST, leave: float = LEAVE) -> Iterator[None]:
    """Listen until ``stopped``; in the end every account is handed on."""
    thread = threading.Thread(target=_go, args=(stopped, first), name="listening", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(leave)


def _go(stopped: threading.Event, first: float) -> None:
    if stopped.wait(first):
        return
    from flask import Flask

    from saas.kernel.database import db
    from saas.kernel.settings import settings, sqlalchemy_url

    app = Flask("saas")
    app.config["SQLALCHEMY_DATABASE_URI"] = sqlalchemy_url(settings().database_url)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": 2, "pool_pre_ping": True, "hide_parameters": True}
    db.init_app(app)
    try:
        asyncio.run(_listen(app, stopped))
    finally:
        with app.app_context():
            db.engine.dispose()


@asynccontextmanager
async def _open(rounds: Rounds, where: str) -> AsyncIterator[None]:
    """A way in for servers that dial out to us, where one is set up. Of two schedulers on a machine one has it."""
    if not where:
        yield
        return
    from aiohttp import web

    from saas.delivery.listening.doors import Doors

    doors = Doors(rounds)
    runner = web.AppRunner(doors.app(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    host, _, port = where.rpartition(":")
    try:
        await web.TCPSite(runner, host.strip("[]"), int(port)).start()
    except OSError as error:
        log.warning("lines cannot come in", where=where, fault=type(error).__name__)
    try:
        yield
    finally:
        await runner.cleanup()
        await doors.close()


async def _listen(app: Flask, stopped: threading.Event) -> None:
    import aiohttp

    from saas.accounts.channels import registry
    from saas.accounts.reach import Reach
    from saas.delivery.listening.leases import Leases
    from saas.delivery.listening.rounds import Rounds, listen
    from saas.delivery.listening.taking import Storing
    from saas.kernel.pool import Pool
    from saas.kernel.sealing import sealer_with
    from saas.kernel.settings import settings

    pool, holder = Pool(settings().database_url, 2), f"{socket.gethostname()}:{os.getpid()}"
    await pool.open()
    try:
        connector = Reach.of(settings()).connector()
        async with aiohttp.ClientSession(connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar()) as session:
            sealer = sealer_with(settings().encryption_keys)
            rounds = Rounds(pool, registry(), sealer, Leases(pool, holder), session, Storing(app))
            async with _open(rounds, settings().lines):
                await listen(rounds, stopped.wait)
    finally:
        await pool.close()
