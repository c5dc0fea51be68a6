"""The console in a browser: it keeps its content policy, fits a phone, can be read, and moves while people are being reached."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import text

from saas.kernel.database import db, tenant_scope, transaction
from tests.browser.conftest import Asked, Stage
from tests.web.conftest import PASSWORD

PAGES = {
    "today": "/today",
    "alerts": "/alerts/rules",
    "campaigns": "/campaigns",
    "new": "/campaigns/new",
    "waiting": "/campaigns/{waiting}",
    "moving": "/campaigns/{moving}",
    "report": "/campaigns/{moving}/report",
    "accounts": "/accounts",
    "quota": "/accounts/sub/quota",
    "quota_of_groups": "/accounts/group/quota",
    "days": "/accounts/sub/days",
    "calendar": "/calendar",
    "unknowns": "/unknowns",
    "to do": "/waiting",
    "assisted": "/assisted",
    "batch": "/assisted/{batch}",
    "settings": "/settings",
    "library": "/library",
    "library import": "/library/import",
    "library card": "/library/new/link",
    "library drafts": "/library/drafts",
    "rules": "/rules",
    "rules of a pack": "/rules/advertising",
}
UNREADABLE = """() => {
  const canvas = document.createElement('canvas'); canvas.width = canvas.height = 1;
  const brush = canvas.getContext('2d', {willReadFrequently: true});
  const over = (color, under) => {
    brush.clearRect(0, 0, 1, 1);
    brush.fillStyle = `rgb(${under})`; brush.fillRect(0, 0, 1, 1);
    brush.fillStyle = color; brush.fillRect(0, 0, 1, 1);
    return [...brush.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const ground = (element) => {
    const chain = [];
    for (let e = element; e; e = e.parentElement) chain.push(getComputedStyle(e).backgroundColor);
    return chain.reverse().reduce((under, color) => over(color, under), [255, 255, 255]);
  };
  const light = (rgb) => rgb.map((v) => v / 255).map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const faint = new Set();
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].filter((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own.length || !element.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
    const style = getComputedStyle(element), under = ground(element);
    const [a, b] = [light(over(style.color, under)), light(under)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    const name = `${element.tagName}.${element.className}: ${own[0].textContent.trim()}`;
    if ((a + .05) / (b + .05) < (large ? 3 : 4.5)) faint.add(name);
  }
  return [...faint];
}"""


def path_of(stage: Stage, name: str) -> str:
    return PAGES[name].format(waiting=stage.waiting, moving=stage.moving, batch=stage.batch)


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


LOOKS = [
    (1440, "light", "zh"),
    (375, "light", "zh"),
    (1440, "dark", "zh"),
    (375, "dark", "zh"),
    (1440, "light", "en"),
    (375, "dark", "en"),
]


@pytest.mark.parametrize(("width", "theme", "language"), LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_keeps_the_policy_fits_and_can_be_read(
    asked: Asked, stage: Stage, name: str, width: int, theme: str, language: str
) -> None:
    page = asked(path_of(stage, name), width=width, theme=theme, language=language)
    expect(page.locator("h1")).to_be_visible()
    assert overflow(page) <= 0
    assert page.evaluate(UNREADABLE) == []
    assert stage.watched == []


@pytest.mark.parametrize("width", [1440, 375])
def test_check_34_the_sign_in_page_asks_no_other_host(asked: Asked, stage: Stage, width: int) -> None:
    page = asked("/sign-in", role=None, width=width)
    expect(page.locator("h1")).to_be_visible()
    assert overflow(page) <= 0
    assert page.evaluate(UNREADABLE) == []
    assert stage.watched == []


def test_one_signs_in_and_out_by_hand(asked: Asked, stage: Stage) -> None:
    page = asked("/accounts", role=None)
    page.get_by_label("邮箱").fill(stage.agency.emails["analyst"])
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/accounts")
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/sign-in")


def test_the_numbers_move_without_a_reload(asked: Asked, stage: Stage, app: Flask) -> None:
    page = asked(path_of(stage, "moving"))
    expect(page.locator("#account-svc")).to_contain_text("进行中 5,210")
    page.evaluate("document.body.dataset.still = 'here'")
    change = "UPDATE deliveries SET accepted = 1000, delivered = 1000 WHERE campaign_id = :id AND people = 5210"
    with app.app_context(), tenant_scope(stage.agency.tenant), transaction():
        db.session.execute(text(change), {"id": stage.moving})
    expect(page.locator("#account-svc")).to_contain_text("送达 1,000")
    assert page.evaluate("document.body.dataset.still") == "here"
    assert stage.watched == []


def test_a_failed_look_keeps_what_was_on_the_page_and_goes_on(asked: Asked, stage: Stage) -> None:
    page = asked(path_of(stage, "moving"))
    page.route("**/live*", lambda route: route.fulfill(status=503, body="<!doctype html><h1>away</h1>", content_type="text/html"))
    with page.expect_response("**/live*"), page.expect_response("**/live*"):
        pass
    expect(page.locator("#account-sub")).to_be_visible()
    page.unroute("**/live*")
    with page.expect_response(lambda answer: "/live" in answer.url and answer.ok):
        pass


def test_when_the_session_ends_the_page_leads_to_the_sign_in_page(asked: Asked, stage: Stage) -> None:
    page = asked(path_of(stage, "moving"))
    page.context.clear_cookies(name="qunfa")
    page.wait_for_url("**/sign-in")


def test_a_bar_is_as_long_as_its_numbers(asked: Asked, stage: Stage) -> None:
    page = asked(path_of(stage, "moving"))
    whole = page.locator("#account-sub .bar").bounding_box()
    part = page.locator("#account-sub .bar rect.delivered").bounding_box()
    assert whole and part
    assert part["width"] / whole["width"] == pytest.approx((18340 - 249) / 18340, abs=0.01)


def test_a_reviewer_approves_what_they_saw_and_the_send_button_appears(asked: Asked, stage: Stage) -> None:
    page = asked(path_of(stage, "waiting"), role="reviewer")
    page.get_by_label("意见").fill("标题偏长，可以接受。")
    page.get_by_role("button", name="批准").click()
    expect(page.get_by_role("status")).to_contain_text("已批准")
    page.get_by_role("button", name="发送", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("5 个账号")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert stage.watched == []


def test_sending_back_needs_a_reason(asked: Asked, stage: Stage) -> None:
    page = asked("/campaigns", role="reviewer")
    waiting = page.get_by_role("link", name=re.compile("^(moon|sun)$")).first
    waiting.click()
    page.get_by_role("button", name="退回").click()
    assert page.evaluate("document.getElementById('note').matches(':invalid')")
    expect(page.get_by_role("button", name="批准")).to_be_visible()


def test_an_unknown_outcome_is_settled_with_a_reason(asked: Asked, stage: Stage) -> None:
    page = asked("/unknowns", role="reviewer")
    page.get_by_label("你是怎么核实的").fill("群里能看到这条消息")
    page.get_by_role("button", name="已发出").click()
    expect(page.get_by_text("没有未知的结果")).to_be_visible()


def test_ticks_survive_a_reload_and_are_recorded(asked: Asked, stage: Stage) -> None:
    page = asked(path_of(stage, "batch"), role="editor", width=375)
    page.get_by_label("王建国").check()
    page.reload()
    expect(page.get_by_label("王建国")).to_be_checked()
    page.get_by_role("button", name="记下").click()
    expect(page.get_by_role("status")).to_contain_text("已记下 1 人")
    assert stage.watched == []


def test_what_can_be_taken_back_is_called_what_it_is(asked: Asked, stage: Stage) -> None:
    page = asked(path_of(stage, "moving"))
    page.get_by_role("link", name="收回").click()
    expect(page.get_by_role("main")).to_contain_text("删除文章页面")
    expect(page.get_by_role("main")).to_contain_text("卡片仍留在手机上")
    expect(page.get_by_role("button", name="现在收回")).to_be_visible()


def test_on_a_phone_the_navigation_is_a_drawer(asked: Asked, stage: Stage) -> None:
    page = asked("/campaigns", width=375)
    link = page.get_by_role("link", name="渠道账号")
    expect(link).to_be_hidden()
    page.get_by_role("button", name="打开导航").click()
    expect(link).to_be_visible()
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()


def test_the_first_tab_offers_to_skip_to_the_content(asked: Asked) -> None:
    page = asked("/campaigns")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"


def test_the_theme_changes_with_one_press_and_stays(asked: Asked) -> None:
    page = asked("/campaigns", theme="light")
    before = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.get_by_role("button", name="深色").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != before


@pytest.mark.parametrize("name", ["waiting", "batch"])
def test_what_a_finger_must_hit_on_a_phone_is_large_enough(asked: Asked, stage: Stage, name: str) -> None:
    page = asked(path_of(stage, name), width=375)
    shown = "main .button:visible, .ticks label:visible"
    heights = page.locator(shown).evaluate_all("(all) => all.map((element) => element.offsetHeight)")
    assert min(heights) >= 36


def test_the_report_prints_without_the_frame(asked: Asked, stage: Stage) -> None:
    page = asked(path_of(stage, "report"))
    page.emulate_media(media="print")
    expect(page.locator(".side")).to_be_hidden()
    expect(page.locator("table.numbers")).to_be_visible()
    assert len(page.pdf(prefer_css_page_size=True)) > 10_000
