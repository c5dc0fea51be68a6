"""Preview links and test sends in a browser: made by hand, opened by a stranger, and said as they are."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Asked, Stage
from tests.browser.test_console import UNREADABLE, overflow


def made(asked: Asked, stage: Stage, note: str) -> str:
    """A link made by hand; its path."""
    page = asked(f"/campaigns/{stage.waiting}/preview?account=sub", role="editor")
    page.get_by_label("给谁看").fill(note)
    page.get_by_role("button", name="生成链接").click()
    address = page.locator("#fresh-link").inner_text()
    return re.sub(r"^https?://[^/]+", "", address)


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (375, "dark")])
def test_a_stranger_opens_a_link_sees_the_phones_and_nothing_else(asked: Asked, stage: Stage, width: int, theme: str) -> None:
    path = made(asked, stage, f"brand team {width}")
    page = asked(path, role=None, width=width, theme=theme)
    expect(page.locator("iframe")).to_have_count(2)
    expect(page.frame_locator("iframe").first.locator("main img").first).to_be_visible()
    assert page.locator("nav.nav, form").count() == 0
    assert overflow(page) <= 0
    assert page.evaluate(UNREADABLE) == []
    assert stage.watched == []


def test_a_revoked_link_says_that_it_leads_nowhere(asked: Asked, stage: Stage) -> None:
    path = made(asked, stage, "soon revoked")
    page = asked(f"/campaigns/{stage.waiting}/preview", role="editor")
    page.get_by_role("listitem").filter(has_text="soon revoked").get_by_role("button", name="停用").click()
    expect(page.get_by_role("listitem").filter(has_text="soon revoked")).to_contain_text("已停用")
    gone = asked(path, role=None)
    expect(gone.get_by_role("heading", name="这个链接已失效").first).to_be_visible()


def register(page: Page) -> None:
    page.get_by_label("微信号或 openid").fill("lin_xiaoyu")
    page.get_by_label("名字").fill("林晓雨")
    page.get_by_role("button", name="登记", exact=True).click()


def test_an_admin_registers_a_tester_who_can_then_be_chosen(asked: Asked, stage: Stage) -> None:
    page = asked(f"/campaigns/{stage.waiting}/preview?account=svc", role="admin")
    register(page)
    expect(page.get_by_label("发给")).to_contain_text("林晓雨 · lin_xiaoyu")
    editor = asked(f"/campaigns/{stage.waiting}/preview?account=svc", role="editor")
    expect(editor.get_by_role("button", name="发送测试")).to_be_visible()
    expect(editor.get_by_text("登记测试人")).to_have_count(0)


@pytest.mark.parametrize("account", ["group", "hand", "corp"])
def test_where_there_is_no_way_to_try_it_says_so(asked: Asked, stage: Stage, account: str) -> None:
    page = asked(f"/campaigns/{stage.waiting}/preview?account={account}", role="owner")
    expect(page.locator("#tries")).to_contain_text("没有测试发送的接口")
    assert page.get_by_role("button", name="发送测试").count() == 0
