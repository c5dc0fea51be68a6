"""A campaign's way in a browser: from a Markdown folder over two people and the client's phone to its release."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Page, expect
from sqlalchemy import text

from saas.campaigns.flows import save_flow
from saas.kernel.database import db, tenant_scope, transaction
from saas.review.stages import StageRule
from saas.tenants.service import member_by_email
from tests.browser.conftest import Asked, Stage
from tests.browser.test_console import UNREADABLE, overflow

CLAIM = "云南保山的春天到了，我们的豆子是最好的。"
BODY = f"---\ntitle: 春天的第一杯\ndigest: 新豆子到了\ncover: cover.jpg\n---\n\n{CLAIM}\n\n周末请来店里喝一杯。\n"
PEOPLE = """INSERT INTO contacts (account_id, target, title)
  SELECT :account, 'wx' || n, '客人' || n FROM generate_series(1, 3) n ON CONFLICT DO NOTHING"""
LISTED = "name: {name}\nkind: articles\narticles: [1.md]\naccounts: [moon-one]\nschedule: now\n"


def folder(name: str, body: str = BODY) -> bytes:
    """A campaign folder as a zip."""
    picture, packed = io.BytesIO(), io.BytesIO()
    Image.effect_noise((900, 500), 40).convert("RGB").save(picture, "JPEG")
    with zipfile.ZipFile(packed, "w") as box:
        box.writestr("campaign.yaml", LISTED.format(name=name))
        box.writestr("1.md", body)
        box.writestr("cover.jpg", picture.getvalue())
    return packed.getvalue()


@pytest.fixture
def flow(app: Flask, stage: Stage) -> None:
    """The client Moon has two reviews and its own word; its account reaches three people by hand."""
    piece = stage.agency.pieces[0]
    with app.app_context(), tenant_scope(stage.agency.tenant):
        admin = member_by_email(stage.agency.emails["admin"])
        rules = [StageRule("first", ("reviewer",)), StageRule("final", ("owner",), remind=(12,)), StageRule("client", hours=48)]
        save_flow(admin, piece.client, rules)
        with transaction():
            people = (
                "INSERT INTO contacts (account_id, target, title) SELECT :a, 'wx' || n, '客人' || n FROM generate_series(1, 3) n"
            )
            db.session.execute(text(f"{people} ON CONFLICT DO NOTHING"), {"a": piece.account})


def look(page: Page, name: str) -> None:
    """The page holds its width and can be read."""
    assert overflow(page) <= 0, name
    assert page.evaluate(UNREADABLE) == [], name


def hand_in(page: Page, field: str, name: str, body: str = BODY) -> None:
    page.locator(field).set_input_files({"name": "spring.zip", "mimeType": "application/zip", "buffer": folder(name, body)})


def test_a_folder_goes_over_two_people_and_the_clients_phone_to_its_release(asked: Asked, stage: Stage, flow: None) -> None:
    page = asked("/campaigns/new", "editor")
    hand_in(page, "input[type=file]", "春天的第一杯")
    page.get_by_role("button", name=re.compile("检查|提交")).first.click()
    page.wait_for_url(re.compile(r"/campaigns/\d+$"))
    review = page.url.removeprefix(stage.origin) + "/review"
    reviewer_signs(asked(review, "reviewer"))
    address = owner_signs(asked("/reviews", "owner"), stage.origin + review)
    client_decides(asked, stage, address)
    page.goto(stage.origin + review.removesuffix("/review"))
    page.get_by_role("button", name="发送").first.click()
    page.locator("#send-dialog").get_by_role("button", name="发送").click()
    expect(page.get_by_role("status")).to_contain_text("已开始发送")
    look(page, "campaign-released")
    assert stage.watched == []


SELECT = """words => {
  const said = document.querySelector('[data-part$=body]'), node = said.firstChild, range = document.createRange();
  const at = node.textContent.indexOf(words);
  range.setStart(node, at); range.setEnd(node, at + words.length);
  getSelection().removeAllRanges(); getSelection().addRange(range);
}"""


def reviewer_signs(page: Page) -> None:
    """Comment on words that are selected, then sign the first stage."""
    page.locator("#body").fill("先看这句")
    page.evaluate(SELECT, "请来店里喝一杯")
    expect(page.locator("#quote")).to_have_value("请来店里喝一杯")
    page.get_by_role("button", name="添加批注").click()
    expect(page.locator(".thread .quote")).to_have_text("请来店里喝一杯")
    look(page, "review-first")
    page.get_by_role("button", name="签字同意（初审）").click()
    expect(page.get_by_role("status")).to_contain_text("接着等终审")


def owner_signs(page: Page, review: str) -> str:
    """From the list of reviews: let the warning pass, sign, and make the client's link; its address."""
    look(page, "reviews-list")
    page.get_by_role("row").filter(has_text="终审").get_by_role("link", name="去审").click()
    page.locator("#reason").fill("客户有 2025 年金奖证书")
    page.get_by_role("button", name="放行勾选的提醒").click()
    expect(page.locator("#findings")).to_contain_text("客户有 2025 年金奖证书")
    page.get_by_role("button", name="签字同意（终审）").click()
    expect(page.get_by_role("status")).to_contain_text("接着等客户确认")
    page.goto(review)
    page.get_by_label("发给谁").fill("林小姐")
    page.get_by_role("button", name="生成一次性链接").click()
    address = page.locator("#fresh-link").inner_text()
    look(page, "review-links")
    return address


def client_decides(asked: Asked, stage: Stage, address: str) -> None:
    """On a phone, without a login; once."""
    phone = asked(address.removeprefix(stage.origin), None, width=375)
    expect(phone.locator("h1")).to_have_text("春天的第一杯")
    expect(phone.frame_locator("iframe").first.locator("body")).to_be_visible()
    phone.locator("#quote").fill("请来店里喝一杯")
    phone.locator("#body").fill("周日也开门吗")
    phone.get_by_role("button", name="添加批注").click()
    expect(phone.locator(".thread").last).to_contain_text("凭链接")
    expect(phone.locator(".said mark").first).to_have_text("请来店里喝一杯")
    look(phone, "client-phone")
    phone.get_by_role("button", name="确认可以发送").click()
    expect(phone.locator(".guest-state")).to_contain_text("您的决定已记录")
    look(phone, "client-done")
    again = asked(address.removeprefix(stage.origin), None, width=375)
    expect(again.locator(".guest-state")).to_contain_text("您的决定已记录")
    assert again.get_by_role("button", name="确认可以发送").count() == 0


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (375, "dark")])
def test_a_new_version_shows_what_changed_and_asks_for_every_signature_again(
    asked: Asked, stage: Stage, flow: None, width: int, theme: str
) -> None:
    page = asked("/campaigns/new", "editor")
    hand_in(page, "input[type=file]", f"第一版 {width}")
    page.get_by_role("button", name=re.compile("检查|提交")).first.click()
    page.wait_for_url(re.compile(r"/campaigns/\d+$"))
    review = page.url.removeprefix(stage.origin) + "/review"
    first = asked(review, "reviewer")
    first.get_by_role("button", name="签字同意（初审）").click()
    page.goto(stage.origin + review)
    page.get_by_role("button", name="提交新版本").click()
    hand_in(page, "#folder", f"第二版 {width}", BODY.replace("周末请来店里喝一杯", "周日请来店里喝两杯"))
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("之前的签字全部作废")
    fresh = asked(page.url.removeprefix(stage.origin), "reviewer", width=width, theme=theme)
    expect(fresh.locator("#changes")).to_contain_text("那一版有人签过")
    expect(fresh.locator("#changes ins").first).to_be_visible()
    expect(fresh.get_by_role("button", name="签字同意（初审）")).to_be_visible()
    look(fresh, f"review-changes-{width}-{theme}")


@pytest.mark.parametrize("path", ["/reviews", "/reviews/flows", "/reviews/substitutes", "/campaigns/{waiting}/review"])
@pytest.mark.parametrize(("width", "theme", "language"), [(1440, "dark", "zh"), (375, "light", "zh"), (1440, "light", "en")])
def test_the_pages_of_reviews_fit_and_can_be_read(
    asked: Asked, stage: Stage, flow: None, path: str, width: int, theme: str, language: str
) -> None:
    page = asked(path.format(waiting=stage.waiting), "admin", width=width, theme=theme, language=language)
    expect(page.locator("h1")).to_be_visible()
    for more in page.locator("details:not([open]) > summary").all()[:2]:
        more.click()
    look(page, f"{path.strip('/').replace('/', '-').replace('{waiting}', 'c')}-{width}-{theme}-{language}")
    assert stage.watched == []
