"""A whole application on a fresh database, and two agencies in it: one with every role and two clients, and a neighbour."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from saas.accounts.models import Account
from saas.app import create_app
from saas.campaigns.models import Campaign
from saas.channels import Message
from saas.content.library import placing
from saas.content.library import service as library
from saas.content.library.models import Folder
from saas.delivery.models import DeliveryRow, Dispatch
from saas.kernel.clock import now
from saas.kernel.database import db, tenant_scope, transaction
from saas.kernel.settings import Settings
from saas.kernel.settings import settings as settings_from_environment
from saas.ops.embedded import Database, Postgres, Valkey
from saas.tenants import service, sessions, tokens
from saas.tenants.actor import ROLE_WORDS
from saas.tenants.models import Client, Member

PASSWORD = "seven quiet lanterns drift"
DIGEST = "0" * 64


class ClosingClient(FlaskClient):
    """Reads and closes every answer, as servers do; a download whose answer nobody reads would keep its file open."""

    def open(self, *args: Any, buffered: bool = True, **kwargs: Any) -> TestResponse:
        return super().open(*args, buffered=buffered, **kwargs)


@dataclass
class Piece:
    """A client with an account and a campaign on it, waiting for approval, and an item in a folder of its library."""

    client: int
    account: int
    campaign: int
    delivery: int
    item: int
    folder: int


@dataclass
class Agency:
    """An agency with a member of every role; ``tokens`` carry every scope; ``token_ids`` name spare ones."""

    tenant: int
    emails: dict[str, str] = field(default_factory=dict)
    members: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    token_ids: dict[str, int] = field(default_factory=dict)
    pieces: list[Piece] = field(default_factory=list)
    browsers: dict[str, tuple[FlaskClient, dict[str, str]]] = field(default_factory=dict)


@pytest.fixture(scope="session")
def settings(data_servers: tuple[Postgres, Valkey], new_database: Callable[[], Database]) -> Settings:
    database, valkey = new_database(), data_servers[1]
    return Settings(
        database_url=database.app_url,
        redis_url=valkey.url,
        secret_key=secrets.token_urlsafe(48),
        encryption_keys=(secrets.token_urlsafe(48),),
        owner_url=database.owner_url,
        secure_cookies=False,
    )


@contextmanager
def in_environment(settings: Settings) -> Iterator[None]:
    """What reads the settings from the environment finds these."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATABASE_URL", settings.database_url)
        environment.setenv("REDIS_URL", settings.redis_url)
        environment.setenv("QUNFA_SECRET_KEY", settings.secret_key)
        environment.setenv("QUNFA_ENCRYPTION_KEYS", ",".join(settings.encryption_keys))
        settings_from_environment.cache_clear()
        yield
    settings_from_environment.cache_clear()


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    with in_environment(settings):
        application = create_app(settings)
    application.test_client_class = ClosingClient
    yield application
    with in_environment(settings):
        close(application)


@pytest.fixture(scope="module", autouse=True)
def own_environment(app: Flask, settings: Settings) -> Iterator[None]:
    """Pages and browsers have an application each in one process; a module's services use its own one's servers."""
    with in_environment(settings):
        yield


@pytest.fixture(scope="module")
def agency(app: Flask) -> Agency:
    return make_agency(app, "house")


@pytest.fixture(scope="module")
def neighbour(app: Flask) -> Agency:
    return make_agency(app, "neighbour")


@pytest.fixture
def visit(app: Flask) -> FlaskClient:
    """A browser nobody has signed in with."""
    return app.test_client()


def close(application: Flask) -> None:
    """Give back what an application holds."""
    with application.app_context():
        db.engine.dispose()
    application.extensions["redis"].close()


def make_agency(app: Flask, slug: str) -> Agency:
    """An agency with two clients and a member of every role; client roles belong to the first client."""
    slug = f"{slug}-{secrets.token_hex(4)}"
    with app.app_context():
        agency = Agency(service.create_tenant(slug.title(), slug))
        with tenant_scope(agency.tenant):
            author = service.create_member(None, f"author@{slug}.test", "Author", "editor", PASSWORD).id
            agency.pieces = [_piece(name, author) for name in ("moon", "sun")]
            for role in ROLE_WORDS:
                client = agency.pieces[0].client if role.startswith("client_") else None
                agency.emails[role] = f"{role}@{slug}.test"
                agency.members[role] = service.create_member(None, agency.emails[role], role, role, PASSWORD, client).id
                actor = service.member_by_email(agency.emails[role])
                _, agency.tokens[role] = tokens.create_token(actor, "all", tokens.SCOPES, 30)
                agency.token_ids[role] = tokens.create_token(actor, "spare", tokens.SCOPES, 30)[0].id
    return agency


def signed_in(app: Flask, email: str) -> FlaskClient:
    """A browser with a session of this member; ``csrf`` is the page's token."""
    with app.app_context():
        secret = sessions.sign_in(email, PASSWORD).secret
    browser = app.test_client()
    browser.set_cookie("qunfa", secret)
    return browser


def browser_of(app: Flask, agency: Agency, role: str) -> tuple[FlaskClient, dict[str, str]]:
    """One browser a role, signed in once, and the header that its unsafe requests need."""
    if role not in agency.browsers:
        browser = signed_in(app, agency.emails[role])
        agency.browsers[role] = (browser, csrf(browser))
    return agency.browsers[role]


def csrf(browser: FlaskClient) -> dict[str, str]:
    """The header that an unsafe request of this browser needs."""
    return {"X-CSRFToken": browser.get("/api/v1/me").json["csrf_token"]}


def bearer(token: str, **more: str) -> dict[str, str]:
    """The header of a program."""
    return {"Authorization": f"Bearer {token}", **more}


def _piece(name: str, author: int) -> Piece:
    with transaction() as session:
        client = Client(name=name)
        session.add(client)
        session.flush()
        account = Account(
            client_id=client.id, key=f"{name}-one", channel="personal", kind="assisted", name=name, audience_size=10
        )
        draft = {"name": name}
        campaign = Campaign(
            name=name, kind="text", draft=draft, author_id=author, digest=DIGEST, due_at=now(), max_lateness=timedelta(hours=2)
        )
        session.add_all([account, campaign])
        session.flush()
        message = Message("text", text="hello").to_json()
        dispatch = Dispatch(campaign_id=campaign.id, account_id=account.id, message=message)
        session.add(dispatch)
        session.flush()
        delivery = DeliveryRow(
            campaign_id=campaign.id,
            dispatch_id=dispatch.id,
            account_id=account.id,
            target="batch:1",
            form="ids",
            ids=["a"],
            people=1,
            due_at=now(),
        )
        session.add(delivery)
        session.flush()
        return Piece(client.id, account.id, campaign.id, delivery.id, *_material(client.id, author))


def _material(client: int, author: int) -> tuple[int, int]:
    """An article in the client's library, and a folder with a subfolder, so that no test removes it."""
    folder = placing.folder_at(client, "moon/inner")
    actor = service.member_by_email(db.session.get_one(Member, author).email)
    return library.add(actor, client, "article", {"title": "hello", "body": "<p>hello</p>"}).item_id, folder_of_inner(folder)


def folder_of_inner(folder: int) -> int:
    """The folder that holds this one."""
    return int(db.session.get_one(Folder, folder).parent_id or 0)


@pytest.fixture
def scoped(app: Flask, agency: Agency) -> Iterator[int]:
    """Inside the agency's scope."""
    with app.app_context(), tenant_scope(agency.tenant):
        yield agency.tenant
        db.session.rollback()
