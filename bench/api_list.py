"""P10: a list of the API with 50 rows against a plain route of the same server, 16 clients at once.

The plain route stands in the same application under the same gunicorn, behind the same door as every route of the API (a bearer
token, its member, its rights, the tenant's scope), and gives a constant. A second one outside the door asks nothing of anybody;
it has no goal, and tells what the door costs.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

import aiohttp
from flask import Flask

from bench.row import Row, Segment, Size, Stopwatch, share
from bench.stage import MESSAGE, SIGNED, Stage, stage
from saas.ops.home import CHECKOUT
from saas.ops.ports import free_port
from saas.tenants.tokens import PREFIX, token_hash
from saas.web.doors import needs, open_door

GOAL, GOAL_SPREAD = 0.5, 5.0
CLIENTS, ROWS = 16, 50
LIST = f"/api/v1/campaigns?limit={ROWS}"
PLAIN, OUTSIDE = "/api/v1/plain", "/plain"
START = 60.0


def app() -> Flask:
    """The product's application with two routes more."""
    from saas.app import create_app

    made = create_app()
    made.add_url_rule(PLAIN, "plain", needs("see")(lambda actor: {"ok": True}))
    made.add_url_rule(OUTSIDE, "outside", open_door(lambda: {"ok": True}))
    return made


def run(size: Size) -> list[Row]:
    """The rate and the spread."""
    with stage() as place:
        place.agency("")
        token = fill(place)
        with server(place) as address:
            return asyncio.run(_measure(address, token, size))


def fill(place: Stage) -> str:
    """Enough campaigns for two pages, and a token that reads; the token."""
    secret = PREFIX + secrets.token_urlsafe(32)
    with place.tenant() as connection:
        connection.execute(
            "INSERT INTO api_tokens (member_id, name, hash, expires_at) VALUES (1, 'bench', %s, now() + interval '1 day')",
            (token_hash(secret),),
        )
        connection.execute(
            "INSERT INTO campaigns (name, kind, draft, author_id, digest, due_at, max_lateness)"
            " SELECT '会员日活动 ' || n, 'template', '{}', 1, %s, now(), interval '1 day' FROM generate_series(1, %s) n",
            (SIGNED, 2 * ROWS),
        )
        connection.execute(
            "INSERT INTO dispatches (campaign_id, account_id, route, message) SELECT id, 1, 'template', %s FROM campaigns",
            (json.dumps(MESSAGE),),
        )
    return secret


@contextmanager
def server(place: Stage) -> Iterator[str]:
    """gunicorn as the stack starts it; its address once it answers."""
    with tempfile.TemporaryDirectory(prefix="qunfa-bench-", ignore_cleanup_errors=True) as home:
        port = free_port()
        with (Path(home) / "web.log").open("wb") as log:
            process = subprocess.Popen(_command(port), cwd=CHECKOUT, env=_env(place, home), stdout=log, stderr=log)
        try:
            _wait(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def _command(port: int) -> list[str]:
    serve = ["gunicorn", "-c", "python:saas.ops.web_server", "-b", f"127.0.0.1:{port}", "bench.api_list:app()"]
    return [sys.executable, "-m", *serve]


def _env(place: Stage, home: str) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": place.database_url,
        "REDIS_URL": place.redis_url,
        "QUNFA_SECRET_KEY": secrets.token_urlsafe(48),
        "QUNFA_ENCRYPTION_KEYS": secrets.token_urlsafe(48),
        "QUNFA_HOME": home,
    }


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START
    while time.monotonic() < until:
        assert process.poll() is None, "the server ended by itself"
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the server does not answer")


async def _measure(address: str, token: str, size: Size) -> list[Row]:
    plain, listed, outside, cuts = [], [], [], list[list[float]]()
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(address, headers=headers) as session:
        assert len((await (await session.get(LIST)).json())["items"]) == ROWS
        for path in (PLAIN, LIST, PLAIN, LIST):
            await _ask(session, path, size.requests // 4, [])
        for _ in range(size.rounds):
            plain.append(await _ask(session, PLAIN, size.requests, []))
            waits = list[float]()
            listed.append(await _ask(session, LIST, size.requests, waits))
            cuts.append(quantiles(waits, n=100, method="inclusive"))
            outside.append(await _ask(session, OUTSIDE, size.requests, []))
    spread = f"p50 {median(cut[49] for cut in cuts) * 1000:.0f} ms, p99 {median(cut[98] for cut in cuts) * 1000:.0f} ms"
    detail = f"{spread}; of a route outside the door, without token and database: {share(listed, outside):.2f}"
    what = f"a list of {ROWS} rows, {CLIENTS} clients"
    return [
        Row("P10", what, share(listed, plain), GOAL, "of a plain route", "a constant, same server, same door", detail=detail),
        Row(
            "P10-p99",
            f"{what}: p99 to p50",
            median(cut[98] / cut[49] for cut in cuts),
            GOAL_SPREAD,
            "times",
            "its own p50",
            "less",
        ),
    ]


async def _ask(session: aiohttp.ClientSession, path: str, count: int, waits: list[float]) -> Segment:
    watch, numbers = Stopwatch(), iter(range(count))

    async def client() -> None:
        for _ in numbers:
            began = time.perf_counter()
            async with session.get(path) as answer:
                await answer.read()
                assert answer.status == 200
            waits.append(time.perf_counter() - began)

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return watch.stop(count)
