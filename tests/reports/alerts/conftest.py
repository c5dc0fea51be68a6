"""An agency that is looked at, and who listens: a mail server and a web server that remember what came."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg
import pytest
from aiosmtpd.smtp import SMTP

from saas.kernel import clock
from saas.kernel.sealing import Sealer
from saas.kernel.settings import settings
from saas.reports.alerts.kinds import ALL
from saas.reports.alerts.opening import look
from saas.reports.alerts.telling import Post, tell, within
from tests.conftest import House

ORIGIN = "https://qunfa.test"


@dataclass
class PostOffice:
    """A mail server: what it took, what it says to the next ones (empty: it takes them), and how it says good-bye."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    refuses: list[str] = field(default_factory=list)
    farewell: str = "221 Bye"
    hears: Callable[[], object] = lambda: None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refuses:
            return self.refuses.pop(0)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.hears()
        return "250 OK"

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:
        return self.farewell


@dataclass
class Listener:
    """A web server on this machine: every request's path, headers and body; ``hears`` may do something before it answers."""

    address: str
    heard: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answer: tuple[int, bytes] = (200, b'{"errcode": 0}')
    hears: Callable[[], object] = lambda: None

    def robot(self) -> str:
        return f"{self.address}/cgi-bin/webhook/send?key=one"

    def told(self) -> list[Any]:
        return [json.loads(body) for _, _, body in self.heard]


@pytest.fixture
def mailbox() -> Iterator[PostOffice]:
    office, loop = PostOffice(), asyncio.new_event_loop()
    serving = loop.create_server(lambda: SMTP(office, hostname="office.test", loop=loop), "127.0.0.1", 0)
    server = loop.run_until_complete(serving)
    office.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield office
    asyncio.run_coroutine_threadsafe(_shut(server), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


async def _shut(server: asyncio.Server) -> None:
    server.close()
    mine = asyncio.current_task()
    for task in asyncio.all_tasks() - {mine}:
        task.cancel()
    await asyncio.sleep(0)


@pytest.fixture
def listener() -> Iterator[Listener]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            here.heard.append((self.path, dict(self.headers), body))
            here.hears()
            status, said = here.answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *words: object) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here = Listener(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield here
    server.shutdown()
    thread.join(5)
    server.server_close()


@dataclass
class Watch:
    """An agency, what looks at it, and a clock that the test moves."""

    house: House
    post: Post
    connection: psycopg.Connection[Any]
    now: datetime

    def look(self, *kinds: str) -> None:
        with within(self.connection, self.house.tenant):
            assert look(
                self.connection, [kind for kind in ALL if not kinds or kind.name in kinds], self.now, bool(self.post.smtp)
            )

    def tell(self) -> int:
        return tell(self.connection, self.house.tenant, lambda: self.now, self.post)

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def round(self, *kinds: str) -> int:
        """Look, let what was noticed together settle, tell."""
        self.look(*kinds)
        self.later(seconds=30)
        return self.tell()

    def open(self) -> list[str]:
        return [row["subject"] for row in self.house.rows("SELECT subject FROM alerts WHERE closed_at IS NULL ORDER BY id")]

    def notices(self) -> list[str]:
        return [row["state"] for row in self.house.rows("SELECT state FROM alert_notices ORDER BY id")]

    def break_account(self, key: str, trouble: str = "revoked") -> int:
        account = self.house.account(key)
        self.house.run("UPDATE accounts SET status = 'broken', trouble = %s, checked_at = now() WHERE id = %s", trouble, account)
        return account

    def mend(self, account: int) -> None:
        self.house.run("UPDATE accounts SET status = 'active', trouble = '' WHERE id = %s", account)

    def destination(self, kind: str, address: str, secret: str = "") -> int:
        """Made by the owner's hand: addresses on this machine are for rehearsals only."""
        made = self.house.one(
            "INSERT INTO alert_destinations (kind, name, host, sealed, member_id, at)"
            " VALUES (%s, 'x', 'x', '', %s, %s) RETURNING id",
            kind, self.house.members["owner"], self.now - timedelta(days=1),
        )  # fmt: skip
        sealed = self.post.sealer.seal(self.house.tenant, f"alert destination:{made}", {"address": address, "secret": secret})
        self.house.run("UPDATE alert_destinations SET sealed = %s WHERE id = %s", sealed, made)
        return int(made)


@pytest.fixture
def watch(house: House) -> Iterator[Watch]:
    """Without a mail server; times are noon of a working day, whatever the clock says."""
    post = Post("", "", ORIGIN, True, Sealer(settings().encryption_keys))
    with psycopg.connect(settings().database_url, autocommit=True) as connection:
        yield Watch(house, post, connection, clock.now())


@pytest.fixture
def mailed(watch: Watch, mailbox: PostOffice) -> Watch:
    """The same with a mail server, and the night over: nothing is quiet."""
    watch.post = replace(watch.post, smtp=f"smtp://127.0.0.1:{mailbox.port}", sender="qunfa@house.test")
    return watch
