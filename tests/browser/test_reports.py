"""Reports in a browser: they keep the content policy, fit a phone, can be read, and every chart says its values."""

from __future__ import annotations

import asyncio
import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import psycopg
import pytest
from flask import Flask
from playwright.sync_api import expect

from saas.kernel.settings import Settings
from saas.ops.embedded import Database
from saas.reports.definitions import DEFINITIONS
from tests.browser.conftest import Asked, Stage
from tests.browser.test_console import LOOKS, UNREADABLE, overflow
from tests.conftest import House
from tests.reports.quarter import played

PAGES = {
    "agency": "/reports?period=2026-08",
    "quarter": "/reports?period=2026-Q3",
    "client": "/reports/clients/{client}?period=2026-08",
    "account": "/reports/accounts/moon-1?period=2026-W33",
    "nothing": "/reports?period=2026-01-01",
    "definitions": "/reports/definitions",
    "branding": "/reports/branding",
    "shown": "/reports/clients/{client}/figures",
    "compared": "/experiments",
}


@pytest.fixture(scope="module")
def month(app: Flask, stage: Stage, settings: Settings) -> int:
    """A month that has been played in the stage's agency; the number of its first client."""
    house = House(
        Database("stage", settings.owner_url, settings.database_url), app, stage.agency.tenant, dict(stage.agency.members)
    )
    play = played(house, each=2, first=date(2026, 7, 20), last=date(2026, 8, 31))
    with ThreadPoolExecutor(1) as beside:  # the browser's driver has this thread's event loop
        beside.submit(asyncio.run, play).result()
    return stage.agency.pieces[0].client


@pytest.mark.parametrize(("width", "theme", "language"), LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_a_report_keeps_the_policy_fits_and_can_be_read(
    asked: Asked, stage: Stage, month: int, name: str, width: int, theme: str, language: str
) -> None:
    page = asked(PAGES[name].format(client=month), width=width, theme=theme, language=language)
    expect(page.locator("h1")).to_be_visible()
    assert overflow(page) <= 0
    assert page.evaluate(UNREADABLE) == []
    assert stage.watched == []


ORDER = """
  INSERT INTO report_orders (client_id, period, hour, members, destinations, link_days, member_id, at)
  VALUES (%s, 'month', 8, ARRAY[%s]::bigint[], ARRAY[]::bigint[], 14, %s, now()) RETURNING id"""
LINK = """
  INSERT INTO report_links (order_id, client_id, period, hash, made_at, expires_at)
  VALUES (%s, %s, '2026-08', %s, now(), now() + interval '14 days')"""


@pytest.mark.parametrize(("width", "theme", "language"), [(1440, "dark", "en"), (375, "dark", "en"), (375, "light", "zh")])
def test_a_report_behind_a_link_fits_can_be_read_and_holds_every_figure(
    asked: Asked, stage: Stage, month: int, settings: Settings, width: int, theme: str, language: str
) -> None:
    secret, owner = f"{theme}-{width}-of-the-report-behind-a-link", stage.agency.members["owner"]
    with psycopg.connect(settings.owner_url, autocommit=True) as connection:
        connection.execute("SELECT set_config('qunfa.tenant', %s, false)", (str(stage.agency.tenant),))
        order = connection.execute(ORDER, (month, owner, owner)).fetchone() or (0,)
        connection.execute(LINK, (order[0], month, hashlib.sha256(secret.encode()).hexdigest()))
    page = asked(f"/d/{secret}", role=None, width=width, theme=theme, language=language)
    page.locator("summary.all").click()
    expect(page.locator("tr[data-all]")).to_have_count(len(DEFINITIONS))
    assert overflow(page) <= 0
    assert page.evaluate(UNREADABLE) == []
    assert stage.watched == []


@pytest.mark.parametrize("width", [1440, 375])
def test_a_chart_says_its_value_to_pointer_and_keyboard(asked: Asked, stage: Stage, month: int, width: int) -> None:
    page = asked(PAGES["agency"], width=width)
    mark = page.locator(".drawing.of-outcomes svg:visible .mark").first
    mark.hover()
    expect(page.locator(".told")).to_have_text(mark.get_attribute("data-t") or "")
    other = page.locator(".drawing.of-rates svg:visible .mark").first
    other.focus()
    expect(page.locator(".told")).to_have_text(other.get_attribute("data-t") or "")
    page.keyboard.press("Escape")
    expect(page.locator(".told")).to_be_hidden()
    assert stage.watched == []


def test_the_table_behind_a_chart_opens(asked: Asked, month: int) -> None:
    page = asked(PAGES["agency"])
    figure = page.locator(".drawing.of-days")
    figure.locator("summary").click()
    expect(figure.locator("tbody tr")).to_have_count(31)


def test_one_walks_through_time_and_down_to_an_account(asked: Asked, month: int) -> None:
    page = asked(PAGES["agency"])
    page.get_by_role("link", name="周", exact=True).click()
    expect(page).to_have_url(re.compile("2026-W31"))
    page.go_back()
    page.get_by_role("link", name="moon", exact=True).click()
    expect(page.locator("h1")).to_have_text("moon")
    page.get_by_role("link", name="月光书店 moon-1", exact=True).click()
    expect(page.locator("h1")).to_have_text("月光书店 moon-1")


def test_a_report_comes_as_a_pdf(asked: Asked, month: int) -> None:
    page = asked(PAGES["client"].format(client=month), role="client_viewer")
    with page.expect_download() as waited:
        page.get_by_role("link", name="PDF").click()
    assert waited.value.suggested_filename.endswith(".pdf")
