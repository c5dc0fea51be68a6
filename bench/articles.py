"""P8: one article campaign to many accounts, each with five uploads, a draft and a send, at a platform that takes 50 ms a call.

The ideal is arithmetic: calls ÷ calls at once × latency. Calls at once are held to ``AT_ONCE`` by the HTTP session, so that no
time below the ideal is possible. A worker may have four times as many; the second row tells what they give.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvloop

from bench.official import Official
from bench.row import Row, Segment, Size, Stopwatch
from bench.stage import SIGNED, TENANT, Stage, stage
from saas.accounts import credentials
from saas.accounts.channels import registry
from saas.accounts.line import Lines
from saas.channels import Article, Message, Picture
from saas.channels.http import Http
from saas.delivery.engine import Engine
from saas.delivery.host import Host
from saas.delivery.jobs import CONNECTIONS, DATABASE_CONNECTIONS
from saas.kernel.garbage import collector
from saas.kernel.pool import Pool
from saas.kernel.redis_server import connect_on_loop
from saas.kernel.sealing import Sealer

GOAL = 1.25
LATENCY = 0.05
AT_ONCE = 64
PICTURES, PICTURE_BYTES = 5, 60_000
CALLS = PICTURES + 2
FOLLOWERS = 1000
KEYS = ("bench" * 10,)
SEND = "message/mass/sendall"
FIGURES = "/datacube/"


def run(size: Size) -> list[Row]:
    """The campaign with so many calls at once as accounts, and with as many as a worker may have."""
    with stage() as place:
        return [
            measure(place, size.accounts, AT_ONCE, "P8", 0),
            measure(place, size.accounts, CONNECTIONS, "P8-wide", size.accounts),
        ]


def measure(place: Stage, accounts: int, at_once: int, name: str, first: int) -> Row:
    """One campaign to ``accounts`` new accounts, numbered from ``first``."""
    with Official(LATENCY) as platform:
        done = uvloop.run(_sent(place, range(first + 1, first + accounts + 1), platform.url, at_once))
    made = sum(count for path, count in platform.calls.items() if not path.startswith(FIGURES))
    assert platform.calls[SEND] == accounts, platform.calls
    assert made == accounts * CALLS, platform.calls
    return Row(
        name,
        f"articles to {accounts} accounts, {CALLS} calls each, 50 ms a call",
        done.seconds / (accounts * CALLS / AT_ONCE * LATENCY),
        GOAL,
        "of the ideal",
        f"calls ÷ {AT_ONCE} at once × latency",
        "less",
        f"{done.seconds:.2f} s, {made} calls, at most {platform.at_once} at once of {at_once} allowed;"
        f" CPU of the worker {done.cost * 1e3:.1f} ms an account",
    )


async def _sent(place: Stage, accounts: range, url: str, at_once: int) -> Segment:
    """From the first turn to the last delivery that the platform took."""
    campaign = released(place, accounts, url)
    async with working_engine(place, at_once) as engine:
        watch = Stopwatch()
        while states(place, campaign).keys() != {"accepted"}:
            await engine.turn(TENANT)
            await engine.close()
        return watch.stop(len(accounts))


def states(place: Stage, campaign: int) -> dict[str, int]:
    """How many deliveries are in which state."""
    with place.tenant() as connection:
        query = "SELECT state, count(*) FROM deliveries WHERE campaign_id = %s GROUP BY 1"
        return dict(connection.execute(query, (campaign,)).fetchall())


@asynccontextmanager
async def working_engine(place: Stage, at_once: int) -> AsyncIterator[Engine]:
    """The engine as a worker has it, with the installed channels and so many connections to platforms."""
    pool, redis, http = Pool(place.database_url, DATABASE_CONNECTIONS), connect_on_loop(place.redis_url), Http(at_once)
    await pool.open()
    host = Host(Lines(pool, redis, Sealer(KEYS), http), registry())
    host.start()
    collector.take_over()
    try:
        yield Engine(host)
    finally:
        await host.stop()
        await http.close()
        await redis.aclose()
        await pool.close()


def released(place: Stage, accounts: range, url: str) -> int:
    """An approved and released campaign to new accounts whose platform is at ``url``: connected, with the token that planning
    left, nothing uploaded yet."""
    pictures = [random.Random(n).randbytes(PICTURE_BYTES) for n in range(PICTURES)]
    pictures = [b"\xff\xd8\xff" + data for data in pictures]
    message = json.dumps(_message(pictures).to_json(), ensure_ascii=False)
    with place.tenant() as connection:
        _agency(connection, pictures)
        _accounts(connection, accounts, url)
        campaign = _campaign(connection)
        with connection.cursor() as cursor:
            cursor.executemany(
                "WITH d AS (INSERT INTO dispatches (campaign_id, account_id, route, message, repeat_by, repeat_seconds)"
                " VALUES (%s, %s, 'mass', %s, 'key', 86000) RETURNING id, campaign_id, account_id)"
                " INSERT INTO deliveries (campaign_id, dispatch_id, account_id, target, form, people)"
                " SELECT campaign_id, id, account_id, 'all', 'all', %s FROM d",
                [(campaign, account, message, FOLLOWERS) for account in accounts],
            )
        connection.execute(
            "INSERT INTO approvals (campaign_id, member_id, decision, digest) VALUES (%s, 2, 'approved', %s)", (campaign, SIGNED)
        )
        connection.execute(
            "UPDATE campaigns SET approved_digest = digest, state = 'released', released_at = now() WHERE id = %s", (campaign,)
        )
        connection.execute("UPDATE dispatches SET wake_at = now() WHERE campaign_id = %s", (campaign,))
    return campaign


def _message(pictures: list[bytes]) -> Message:
    cover, *bodies = [Picture(hashlib.sha256(data).hexdigest(), "image/jpeg", 900, 600, len(data)) for data in pictures]
    paragraph = f'<p style="font-size:16px">{"秋天到了，新品上市。" * 20}</p>'
    html = "".join(f'{paragraph * 3}<img src="media:{picture.sha256}">' for picture in bodies)
    return Message("articles", (Article("秋季新品", html, "编辑部", "秋天到了", cover, pictures=tuple(bodies)),))


def _agency(connection: Any, pictures: list[bytes]) -> None:
    """Once: the tenant, its members, the client and the campaign's pictures."""
    if connection.execute("SELECT 1 FROM tenants WHERE id = %s", (TENANT,)).fetchone():
        return
    connection.execute("INSERT INTO tenants (id, slug, name) VALUES (%s, 'bench', 'bench')", (TENANT,))
    connection.execute(
        "INSERT INTO members (id, email, name, role, password_hash)"
        " VALUES (1, 'a@x.example', 'a', 'editor', ''), (2, 'b@x.example', 'b', 'reviewer', '')"
    )
    connection.execute("INSERT INTO clients (id, name) VALUES (1, 'bench')")
    for data in pictures:
        connection.execute(
            "INSERT INTO blobs (sha256, mime, data) VALUES (%s, 'image/jpeg', %s)", (hashlib.sha256(data).hexdigest(), data)
        )


def _accounts(connection: Any, accounts: range, url: str) -> None:
    sealer, settings = Sealer(KEYS), json.dumps({"base_url": url, "simulated": True})
    secrets = {"app_id": "wx0123456789abcdef", "app_secret": "s" * 32}
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO accounts (id, client_id, key, channel, kind, name, settings, credentials)"
            " VALUES (%s, 1, %s, 'official_account', 'service', 'bench', %s, %s)",
            [(n, f"a{n}", settings, credentials.seal(sealer, TENANT, n, secrets)) for n in accounts],
        )
        cursor.executemany(
            "INSERT INTO account_tokens (account_id, name, sealed, expires_at)"
            " VALUES (%s, 'access_token', %s, now() + interval '1 hour')",
            [(n, sealer.seal(TENANT, f"token:{n}:access_token", "t" * 136)) for n in accounts],
        )


def _campaign(connection: Any) -> int:
    row = connection.execute(
        "INSERT INTO campaigns (name, kind, draft, author_id, digest, due_at, max_lateness)"
        " VALUES ('bench', 'articles', '{}', 1, %s, now(), interval '1 day') RETURNING id",
        (SIGNED,),
    ).fetchone()
    return int(row[0])
