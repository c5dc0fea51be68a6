"""A real browser on the whole application: a server in a thread, Chromium, and an agency with work in every state."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright
from werkzeug.serving import make_server

from saas.kernel.database import tenant_scope, transaction
from saas.tenants import sessions
from tests.browser.staging import set_stage
from tests.web.conftest import PASSWORD, Agency, make_agency
from tests.web.conftest import app as app
from tests.web.conftest import own_environment as own_environment
from tests.web.conftest import settings as settings

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
Asked = Callable[..., Page]
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)


@dataclass
class Stage:
    """An agency with one campaign waiting for approval and one under way; ``batch`` waits for a person."""

    origin: str
    agency: Agency
    waiting: int
    moving: int
    batch: int
    watched: list[str] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)


def chromium() -> str | None:
    """The machine's Chromium: named by the environment, installed, or from the npm package of set-up."""
    named = os.environ.get("QUNFA_CHROMIUM", "")
    packed = [str(path) for path in sorted((ROOT / "node_modules/.tools").glob("**/chromium*")) if os.access(path, os.X_OK)]
    places = [named, "/usr/bin/chromium", "/usr/bin/google-chrome", *packed]
    return next((place for place in places if place and Path(place).is_file()), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for one module: while its driver runs, no other event loop can run in this thread."""
    found = chromium()
    if found is None:
        remedy = "no Chromium: set QUNFA_CHROMIUM, install one, or let `python3 run.py test` fetch it"
        if os.environ.get("CI") or os.environ.get("QUNFA_REQUIRE_BROWSER"):
            pytest.fail(remedy)
        pytest.skip(remedy)
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=found, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def origin(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(5)
    server.server_close()


@pytest.fixture(scope="session")
def stage(app: Flask, origin: str) -> Stage:
    agency = make_agency(app, "stage")
    with app.app_context(), tenant_scope(agency.tenant), transaction():
        waiting, moving, batch = set_stage(agency)
    return Stage(origin, agency, waiting, moving, batch)


@pytest.fixture
def asked(browser: Browser, app: Flask, stage: Stage) -> Iterator[Asked]:
    """Open a page as a member: ``asked("/accounts", width=375, theme="dark")``; complaints are in ``stage.watched``."""
    contexts: list[BrowserContext] = []
    stage.watched.clear()

    def open_page(path: str, role: str | None = "owner", width: int = 1440, theme: str = "light", language: str = "zh") -> Page:
        context = browser.new_context(viewport={"width": width, "height": 800}, reduced_motion="reduce")
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        looks = {"qunfa_theme": theme, "qunfa_language": language}
        cookies = looks | ({"qunfa": _secret(app, stage, role)} if role else {})
        context.add_cookies([{"name": name, "value": value, "url": stage.origin} for name, value in cookies.items()])
        page = context.new_page()
        watch(page, stage)
        page.goto(stage.origin + path)
        return page

    yield open_page
    for context in contexts:
        context.close()


def watch(page: Page, stage: Stage) -> None:
    """Note every complaint of the browser, content policy included, and every request to another host."""

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            stage.watched.append(f"{page.url}: {message.text}")

    def requested(request: Request) -> None:
        if not request.url.startswith((stage.origin, "data:")):
            stage.watched.append(f"{page.url}: asked {request.url}")

    page.on("console", heard)
    page.on("pageerror", lambda error: stage.watched.append(f"{page.url}: {error}"))
    page.on("request", requested)


def _secret(app: Flask, stage: Stage, role: str) -> str:
    """One session a role: signing in is slow on purpose."""
    if role not in stage.secrets:
        with app.app_context():
            stage.secrets[role] = sessions.sign_in(stage.agency.emails[role], PASSWORD).secret
    return stage.secrets[role]
