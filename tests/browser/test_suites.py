"""A corp agrees to a customised WeCom app in a browser that does not come back: set up, agreed, confirmed, withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import expect

from saas.accounts.channels import installed
from saas.channels.conformance.theatre import Theatre
from saas.kernel.settings import settings as settings_from_environment
from tests.browser.conftest import Asked, Stage
from tests.browser.test_portals import Office, begin, look, set_up, shows

PORTAL = "代开发"


@pytest.fixture
def theatre(stage: Stage, tmp_path: Path) -> Iterator[Theatre]:
    """The stand-in for WeCom, whose pushes come to the real server."""
    with Theatre(installed("wecom").hook.simulator(), tmp_path) as made, pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUNFA_BASE_URL", stage.origin)
        settings_from_environment.cache_clear()
        made.server.stage.callbacks = stage.origin
        yield made
    settings_from_environment.cache_clear()


def test_a_corp_agrees_where_no_browser_comes_back_and_its_member_confirms(
    app: Flask, asked: Asked, stage: Stage, theatre: Theatre, tmp_path: Path
) -> None:
    office, page = Office(app, stage, tmp_path), asked("/portals", "admin")
    set_up(page, theatre, office, "wecom", PORTAL)
    look(page, "portals")
    page.goto(stage.origin + "/accounts")
    begin(page, PORTAL)
    look(page, "scan")
    agree, back = (page.get_by_role("link", name=name).get_attribute("href") for name in ("去授权页", "对方已同意，去确认"))
    assert agree
    assert back
    page.goto(back)
    expect(page.get_by_text("还没有收到平台的通知")).to_be_visible()
    look(page, "waiting")
    page.goto(agree)
    page.get_by_role("button", name="扫码并同意授权").click()
    shows(page, back, "确认接入", "button")  # the heading says so before the push has come, too
    page.get_by_role("button", name="确认接入").click()
    page.wait_for_url("**/accounts")
    expect(page.get_by_role("status")).to_contain_text("已接入“示例新客户企业（客户群发）、示例新客户企业（应用消息）”")
    page.goto(theatre.address + "/_corps")
    page.get_by_role("button", name="删除应用").click()
    page.wait_for_url("**/_corps")
    shows(page, stage.origin + "/accounts", "授权已取消，发送已暂停", "tr:has-text('（应用消息）')")
    expected = (theatre.address,)  # the platform's own page
    assert [told for told in stage.watched if not any(word in told for word in expected)] == []
