"""Previews in a browser: the phones draw, their pictures come, nothing in them runs, and the page fits a phone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from saas.accounts.models import Account
from saas.channels import Message
from saas.delivery.models import Dispatch
from saas.kernel.database import db, tenant_scope
from tests.browser.conftest import Asked, Stage
from tests.browser.staging import _message
from tests.browser.test_console import LOOKS, UNREADABLE, overflow

SEEN = "(images) => images.map((image) => image.complete && image.naturalWidth > 0)"
HOSTILE = (
    '<script>parent.document.title = "taken"; document.body.dataset.ran = "yes"</script>'
    '<img src="x" onerror="document.body.dataset.ran = \'yes\'"><iframe srcdoc="<script>top.x=1</script>"></iframe>'
    '<p style="background:url(https://evil.test/x.png)">words</p><form action="https://evil.test"><button>go</button></form>'
)


def frames(page: Page) -> list[Any]:
    page.wait_for_load_state("networkidle")
    return [frame for frame in page.frames if frame.parent_frame]


@pytest.mark.parametrize(("width", "theme", "language"), LOOKS)
def test_the_preview_keeps_the_policy_fits_and_can_be_read(
    asked: Asked, stage: Stage, width: int, theme: str, language: str
) -> None:
    page = asked(f"/campaigns/{stage.waiting}/preview?account=sub", width=width, theme=theme, language=language)
    expect(page.locator("iframe")).to_have_count(2)
    for frame in frames(page):
        expect(frame.locator("main img").first).to_be_visible()
        assert all(frame.locator("img").evaluate_all(SEEN))
    assert overflow(page) <= 0
    assert page.evaluate(UNREADABLE) == []
    assert stage.watched == []


@pytest.mark.parametrize(("size", "widths"), [("small", [375, 360]), ("large", [390, 412])])
def test_each_phone_is_as_wide_as_it_says(asked: Asked, stage: Stage, size: str, widths: list[int]) -> None:
    page = asked(f"/campaigns/{stage.waiting}/preview?account=sub&size={size}")
    assert [frame.evaluate("innerWidth") for frame in frames(page)] == widths
    for frame in frames(page):
        assert frame.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("screen", ["fold", "chat", "share", "page"])
@pytest.mark.parametrize("night", [0, 1])
def test_every_screen_can_be_read_by_day_and_night(asked: Asked, stage: Stage, screen: str, night: int) -> None:
    page = asked(f"/campaigns/{stage.waiting}/preview?account=sub&screen={screen}&night={night}")
    expect(page.locator(".tabs a[aria-current]").first).to_be_visible()
    ground = [frame.evaluate("getComputedStyle(document.documentElement).backgroundColor") for frame in frames(page)]
    dark = [sum(int(part) for part in colour[4:-1].split(",")) < 200 for colour in ground]
    assert dark == [bool(night)] * 2
    assert stage.watched == []


def test_what_is_hostile_in_an_article_can_do_nothing_in_the_frame(asked: Asked, stage: Stage, app: Flask) -> None:
    article = replace(_message("official_account").articles[0], html=HOSTILE)
    with app.app_context(), tenant_scope(stage.agency.tenant):
        account = db.session.scalar(select(Account).where(Account.key == "svc"))
        query = select(Dispatch).where(Dispatch.campaign_id == stage.waiting, Dispatch.account_id == account.id)
        before = db.session.scalar(query).message
    change(app, stage, account.id, Message("articles", articles=(article,)).to_json())
    try:
        page = asked(f"/campaigns/{stage.waiting}/preview?account=svc&screen=page")
        for frame in frames(page)[:2]:
            expect(frame.get_by_text("words")).to_be_visible()
            assert frame.evaluate("document.body.dataset.ran") is None
            assert frame.evaluate("origin") == "null"
        assert "taken" not in page.title()
        asked_elsewhere = [line for line in stage.watched if "asked https://evil" in line]
        assert asked_elsewhere == []
    finally:
        change(app, stage, account.id, before)


def change(app: Flask, stage: Stage, account: int, message: dict[str, Any]) -> None:
    """Say something else on an account, which the application itself may not."""
    settings = app.extensions["settings"]
    with psycopg.connect(settings.owner_url, autocommit=True) as connection:
        connection.execute("SELECT set_config('qunfa.tenant', %s, false)", (str(stage.agency.tenant),))
        connection.execute(
            "UPDATE dispatches SET message = %s WHERE campaign_id = %s AND account_id = %s",
            (json.dumps(message), stage.waiting, account),
        )


def test_the_campaigns_page_leads_to_its_preview(asked: Asked, stage: Stage) -> None:
    page = asked(f"/campaigns/{stage.waiting}")
    page.get_by_role("link", name="手机预览").first.click()
    page.wait_for_url(f"**/campaigns/{stage.waiting}/preview")
    page.get_by_role("link", name="会话卡片").click()
    page.wait_for_url("**screen=chat**")
    expect(page.locator("iframe").first).to_be_visible()
