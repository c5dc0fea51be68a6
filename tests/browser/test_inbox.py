"""The inbox and its rules in a real browser: written by one, approved by another, readable on a phone and in the dark."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import text

from saas.kernel.database import db, tenant_scope, transaction
from tests.browser.conftest import Asked, Stage
from tests.browser.test_console import UNREADABLE, overflow

SAID = (
    ("text", "a91f03cc", "", "你们周末几点开门？可以带猫吗"), ("follow", "77aa10b2", "", ""), ("image", "a91f03cc", "", ""),
    ("click", "5b2210fe", "", "MENU_PRICE"), ("unfollow", "77aa10b2", "", ""),
    ("text", "0c4417de", "", "想问一下" + "很长的一句话，" * 20), ("text", "fe01ab22", "G1", "@机器人 价格"),
)  # fmt: skip
HEARD = """INSERT INTO inbox_entries (account_id, dedupe, kind, person, place, said, at)
  SELECT a.id, :dedupe, :kind, :person, :place, :said, now() - make_interval(mins => :age) FROM accounts a WHERE a.key = 'svc'"""


@pytest.fixture
def heard(app: Flask, stage: Stage) -> None:
    with app.app_context(), tenant_scope(stage.agency.tenant), transaction():
        for number, (kind, person, place, said) in enumerate(SAID):
            values = {"dedupe": f"d{number}", "kind": kind, "person": person, "place": place, "said": said, "age": 60 - number}
            db.session.execute(text(HEARD), values)


def look(page: Page, name: str) -> None:
    """The page holds its width and can be read, by day and by night."""
    assert overflow(page) <= 0, name
    assert page.evaluate(UNREADABLE) == [], name


@pytest.mark.usefixtures("heard")
def test_a_rule_is_written_by_one_approved_by_another_and_the_inbox_can_be_read(stage: Stage, asked: Asked) -> None:
    for width, theme in ((1440, "light"), (375, "dark")):
        look(asked("/inbox", "analyst", width=width, theme=theme), f"inbox {width}")
    page = asked("/inbox/rules", "editor", width=375)
    page.get_by_label("用于").select_option("account:svc")
    page.get_by_label("规则名称").fill("开门时间")
    page.get_by_label("关键词（").fill("几点\n开门")
    expect(page.get_by_label("标题")).to_be_hidden()
    page.get_by_label("文字（").fill("每天早上九点开门，周末可以带宠物。")
    page.get_by_role("button", name="保存，等待批准").click()
    expect(page.get_by_text("自己写的规则要由另一位成员批准")).to_be_visible()
    expect(page.get_by_role("button", name="批准 开门时间", exact=True)).to_have_count(0)
    look(page, "rules, phone")
    page = asked("/inbox/rules", "reviewer", theme="dark")
    page.get_by_role("button", name="批准 开门时间", exact=True).click()
    expect(page.get_by_text("已批准", exact=True)).to_be_visible()
    look(page, "rules, dark")
    page = asked("/inbox", "analyst")
    page.get_by_label("类型").select_option("unfollow")
    page.get_by_role("button", name="筛选").click()
    expect(page.locator(".heard > li")).to_have_count(1)
    page.get_by_role("button", name="全部标为已读").click()
    expect(page.locator(".heard > .new")).to_have_count(0)
    assert stage.watched == []
