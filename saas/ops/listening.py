"""Lines that are listened to, in a thread beside the scheduler: of all schedulers one hears each account."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

FIRST = 2.0
"""Seconds after the start: nothing that sends waits for what listening imports."""
LEAVE = 2.0


@contextmanager
def listening_beside(stopped: threading.Event, first: float = FIRST) -> Iterator[None]:
    """Listen until ``stopped``; in the end every account is handed on."""
    thread = threading.Thread(target=_go, args=(stopped, first), name="listening", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(LEAVE)


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


async def _listen(app: Flask, stopped: threading.Event) -> None:
    import aiohttp

    from saas.accounts.channels import registry
    from saas.delivery.listening.leases import Leases
    from saas.delivery.listening.rounds import Rounds, listen
    from saas.delivery.listening.taking import Storing
    from saas.kernel.pool import Pool
    from saas.kernel.sealing import sealer_with
    from saas.kernel.settings import settings

    pool, holder = Pool(settings().database_url, 2), f"{socket.gethostname()}:{os.getpid()}"
    await pool.open()
    try:
        async with aiohttp.ClientSession(trust_env=False, cookie_jar=aiohttp.DummyCookieJar()) as session:
            sealer = sealer_with(settings().encryption_keys)
            rounds = Rounds(pool, registry(), sealer, Leases(pool, holder), session, Storing(app))
            await listen(rounds, stopped.wait)
    finally:
        await pool.close()
