"""One PostgreSQL and one Valkey a test process; for each test a fresh copy of a database that was migrated once."""

from __future__ import annotations

import itertools
import json
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from psycopg.rows import dict_row

from saas.accounts.credentials import seal
from saas.accounts.models import Account
from saas.kernel.database import db, tenant_scope, transaction
from saas.kernel.migrate import upgrade
from saas.kernel.sealing import Sealer
from saas.kernel.settings import settings, sqlalchemy_url
from saas.ops.embedded import Database, Postgres, Valkey, ephemeral
from saas.tenants.actor import Actor
from saas.tenants.models import Client, Member
from saas.tenants.service import create_tenant, member_by_email

TEMPLATE = "qunfa_template"
LONG_AGO = "2020-01-01T00:00:00+00:00"
_numbers = itertools.count(1)
MINUTES_LONG = ("tests/faults/test_trial.py", "tests/acceptance/")
MEMORY, ROOM = Path("/dev/shm"), 6 << 30  # bytes that must be free there, and of the machine's memory


def pytest_configure() -> None:
    """A shell that starts something in the background has it ignore SIGINT, and with it whatever the tests interrupt.
    Databases are copied by the thousand: a thousand files each, for which a disk takes twenty times as long as memory."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if "TMPDIR" not in os.environ and has_room(MEMORY):
        os.environ["TMPDIR"], tempfile.tempdir = str(MEMORY), None


def has_room(folder: Path) -> bool:
    """Whether a folder in memory takes the files of all test processes, and the machine's memory does."""
    known = Path("/proc/meminfo")
    if not known.is_file() or not os.access(folder, os.W_OK):
        return False
    sizes = {line.split(":")[0]: int(line.split()[1]) << 10 for line in known.read_text().splitlines()}
    return min(shutil.disk_usage(folder).free, sizes["MemAvailable"]) >= ROOM


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process begins with what takes minutes and has a whole stack to itself; the others do the rest meanwhile."""
    items.sort(key=lambda item: not item.nodeid.startswith(MINUTES_LONG))


@dataclass
class House:
    """An agency in a database of its own: members by role, clients and accounts made on demand."""

    database: Database
    app: Flask
    tenant: int
    members: dict[str, int] = field(default_factory=dict)

    def actor(self, role: str) -> Actor:
        """The member of that role."""
        with self.within():
            return member_by_email(f"{role}@house.test")

    @contextmanager
    def within(self) -> Iterator[None]:
        """Inside the application and the agency's scope."""
        with self.app.app_context(), tenant_scope(self.tenant):
            yield

    @contextmanager
    def connect(self, tenant: int | None = None) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        """A connection as the application's role, under the agency (or another tenant; 0: none), committed at the end."""
        with psycopg.connect(self.database.app_url, row_factory=dict_row, options="-c timezone=UTC") as connection:
            scope = self.tenant if tenant is None else tenant
            connection.execute("SELECT set_config('qunfa.tenant', %s, false)", (str(scope) if scope else "",))
            connection.commit()
            yield connection

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """What a query gives, as the application sees it."""
        with self.connect() as connection:
            return connection.execute(query, values).fetchall()

    def one(self, query: str, *values: Any) -> Any:
        """The first column of the first row."""
        return next(iter(self.rows(query, *values)[0].values()))

    def run(self, statement: str, *values: Any) -> None:
        """A statement as the application."""
        with self.connect() as connection:
            connection.execute(statement, values)

    def as_owner(self, statement: str, *values: Any) -> None:
        """A statement as the owner of the tables, for what no application may do."""
        with psycopg.connect(self.database.owner_url, autocommit=True) as connection:
            connection.execute("SELECT set_config('qunfa.tenant', %s, false)", (str(self.tenant),))
            connection.execute(statement, values)

    def client(self, name: str) -> int:
        """A client of that name, made if there is none."""
        known = self.rows("SELECT id FROM clients WHERE name = %s", name)
        return int(known[0]["id"]) if known else int(self.one("INSERT INTO clients (name) VALUES (%s) RETURNING id", name))

    def account(self, key: str, channel: str = "trial", kind: str = "keyed", size: int = 10, **settings_of: Any) -> int:
        """An account with sealed credentials; its id."""
        client = self.client(settings_of.pop("client", "Moon"))
        with self.within(), transaction() as session:
            account = Account(client_id=client, key=key, channel=channel, kind=kind, name=key, audience_size=size)
            account.settings = settings_of
            session.add(account)
            session.flush()
            account.credentials = seal(
                Sealer(settings().encryption_keys), self.tenant, account.id, {"secret": f"s3cret of {key}"}
            )
            session.flush()
            return account.id

    def campaign(self, *, state: str = "released", lateness: timedelta = timedelta(hours=2), due: str = "now()") -> int:
        """A campaign of the editor's, approved by the reviewer where ``state`` says so."""
        number = next(_numbers)
        digest = f"{number:064x}"
        with self.connect() as connection:
            row = connection.execute(
                "INSERT INTO campaigns (name, kind, draft, author_id, digest, due_at, max_lateness)"
                f" VALUES (%s, 'text', '{{}}', %s, %s, {due} - interval '1 second', %s) RETURNING id",
                (f"campaign {number}", self.members["editor"], digest, lateness),
            ).fetchone()
            campaign = int(row["id"]) if row else 0
            if state != "awaiting_approval":
                self.sign(connection, campaign, digest)
                connection.execute("UPDATE campaigns SET state = 'approved', approved_digest = digest WHERE id = %s", (campaign,))
                connection.execute("UPDATE campaigns SET state = %s WHERE id = %s", (state, campaign))
        return campaign

    def sign(self, connection: psycopg.Connection[dict[str, Any]], campaign: int, digest: str, role: str = "reviewer") -> None:
        """A line of approval by the member of that role."""
        connection.execute(
            "INSERT INTO approvals (campaign_id, member_id, decision, digest) VALUES (%s, %s, 'approved', %s)",
            (campaign, self.members[role], digest),
        )

    def dispatch(
        self,
        campaign: int,
        account: int,
        *,
        route: str = "each",
        repeat: tuple[str, int] = ("none", 0),
        rows: int = 0,
        people: int = 1,
    ) -> int:
        """A dispatch with ``rows`` due deliveries of ``people`` each, awake; by the owner, for a signed plan is closed."""
        message = json.dumps({"kind": "text", "text": "hello"})
        self.as_owner(
            "INSERT INTO dispatches (campaign_id, account_id, route, message, repeat_by, repeat_seconds, wake_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, now())",
            campaign, account, route, message, *repeat,
        )  # fmt: skip
        dispatch = self.one("SELECT id FROM dispatches WHERE campaign_id = %s AND account_id = %s", campaign, account)
        self.as_owner(
            "INSERT INTO deliveries (campaign_id, dispatch_id, account_id, target, form, people)"
            " SELECT %s, %s, %s, 'r' || lpad(n::text, 5, '0'), 'ids', %s FROM generate_series(1, %s) n",
            campaign, dispatch, account, people, rows,
        )  # fmt: skip
        return int(dispatch)


@pytest.fixture(scope="session")
def data_servers() -> Iterator[tuple[Postgres, Valkey]]:
    home = Path(tempfile.mkdtemp(prefix="qunfa-test-"))
    postgres, valkey = ephemeral(home)
    try:
        upgrade(postgres.create_database(TEMPLATE).owner_url)
        yield postgres, valkey
    finally:
        postgres.stop()
        valkey.stop()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def new_database(data_servers: tuple[Postgres, Valkey]) -> Callable[[], Database]:
    """Make a database with the newest schema."""
    return lambda: data_servers[0].create_database(f"t{secrets.token_hex(6)}", TEMPLATE)


@pytest.fixture
def database(data_servers: tuple[Postgres, Valkey], new_database: Callable[[], Database]) -> Iterator[Database]:
    made = new_database()
    yield made
    data_servers[0].drop_database(made.name)


@pytest.fixture
def environment(database: Database, data_servers: tuple[Postgres, Valkey]) -> Iterator[dict[str, str]]:
    """The settings of this test: its own database, a clean Valkey, fresh secrets."""
    values = {
        "DATABASE_URL": database.app_url,
        "DATABASE_OWNER_URL": database.owner_url,
        "REDIS_URL": data_servers[1].url,
        "QUNFA_SECRET_KEY": secrets.token_urlsafe(48),
        "QUNFA_ENCRYPTION_KEYS": secrets.token_urlsafe(48),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            patch.setenv(name, value)
        settings.cache_clear()
        yield values
    settings.cache_clear()


@pytest.fixture
def app(environment: dict[str, str]) -> Iterator[Flask]:
    """An application context's worth of Flask: the database and nothing else."""
    application = Flask("house")
    application.config["SQLALCHEMY_DATABASE_URI"] = sqlalchemy_url(environment["DATABASE_URL"])
    application.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": 2}
    db.init_app(application)
    yield application
    with application.app_context():
        db.engine.dispose()


@pytest.fixture
def house(app: Flask, database: Database) -> House:
    """An agency with a member of every role; client users belong to the client Moon."""
    with app.app_context():
        tenant = create_tenant("House", "house")
    house = House(database, app, tenant)
    moon = house.client("Moon")
    with house.within(), transaction() as session:
        for role in ("owner", "admin", "editor", "reviewer", "analyst", "client_approver", "client_viewer"):
            client = session.get_one(Client, moon).id if role.startswith("client_") else None
            member = Member(email=f"{role}@house.test", name=role, role=role, client_id=client, password_hash="-")
            session.add(member)
            session.flush()
            house.members[role] = member.id
    return house


@pytest.fixture(scope="session", autouse=True)
def plain_environment() -> Iterator[None]:
    """Tests never meet an installation of the person who runs them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "QUNFA_HOME", "QUNFA_SIMULATORS", "QUNFA_BASE_URL"):
            patch.delenv(name, raising=False)
        patch.setenv("QUNFA_LINK_CHECK", "0")  # nothing beyond this machine
        patch.setenv("PYTHONDONTWRITEBYTECODE", os.environ.get("PYTHONDONTWRITEBYTECODE", "1"))
        yield
