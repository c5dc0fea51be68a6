# ruff: noqa: E501  (articles as they are stored)
"""The editor in a browser: articles come back as they were, pastes come in clean, nobody's text is lost, the policy holds."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Page, expect
from sqlalchemy import select

from saas.accounts.models import Account
from saas.campaigns.models import Blob
from saas.content.library import service
from saas.kernel.database import db, tenant_scope, transaction
from saas.tenants.service import member_by_email
from tests.browser.conftest import Asked, Stage
from tests.browser.test_console import overflow

ORDINARY = (
    "<h2>从采摘到杯中</h2><p>今年的第一批&nbsp;水洗豆在<strong>三月底</strong>完成烘焙。</p><blockquote><p>慢一点。</p></blockquote>"
    "<table><tbody><tr><td>柑橘</td><td>中高</td></tr></tbody></table><ul><li>一</li><li>二</li></ul><pre><code>a &lt; b</code></pre><p>完</p>"
)
ARRANGED = (
    '<section style="margin:10px 0px;text-align:center" powered-by="xiumi.us"><section style="display:inline-block;width:100%;'
    'border-width:1px;border-style:solid;border-color:#c0c8d1;padding:10px;box-sizing:border-box" class="group-empty">'
    '<section style="display:flex;flex-flow:row nowrap"><section style="display:inline-block;width:50%;vertical-align:top" '
    'data-tools="135编辑器" data-id="86123"><p style="text-align:center"><span style="font-size:18px;color:#9a5b23"><strong>春日</strong>'
    '</span></p></section><section style="width:50%"></section></section><svg viewBox="0 0 100 20" style="display:block;width:100%">'
    '<path d="M0 10 L100 10" stroke="#9a5b23"></path></svg><mp-common-profile class="js_uneditable" data-id="Mzk" data-nickname="山岚">'
    '</mp-common-profile><p><br></p><p style="line-height:2em">海拔一千七百米的山坡，&nbsp;到你手里。</p></section></section>'
)
WORD = (
    "<html xmlns:o='urn:schemas-microsoft-com:office:office'><body><!--StartFragment--><p class=MsoNormal style='mso-x:y;color:red'>"
    "<b>从 Word 来</b><o:p></o:p></p><script>document.title='taken'</script><!--EndFragment--></body></html>"
)
PASTE = """(html) => { const data = new DataTransfer(); data.setData('text/html', html); data.setData('text/plain', 'x');
  const target = document.querySelector('.jodit-wysiwyg'); target.focus();
  target.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true})); }"""
Write = Callable[..., int]


@pytest.fixture
def write(app: Flask, stage: Stage) -> Write:
    """A new article of the stage's client; its number."""

    def make(body: str = ORDINARY, **content: Any) -> int:
        with app.app_context(), tenant_scope(stage.agency.tenant):
            client = db.session.scalars(select(Account.client_id).where(Account.key == "sub")).one()
            actor = member_by_email(stage.agency.emails["owner"])
            return service.create(actor, client, "article", {"title": "春分", "body": body, **content}).item_id

    return make


@pytest.fixture
def held(app: Flask, stage: Stage) -> Callable[[int], Any]:
    """What the library holds of an item."""

    def read(item: int) -> Any:
        with app.app_context(), tenant_scope(stage.agency.tenant):
            return service.read(member_by_email(stage.agency.emails["owner"]), item)

    return read


def opened(asked: Asked, item: int, **look: Any) -> Page:
    page = asked(f"/library/{item}/edit", **look)
    page.wait_for_selector("#editor[data-ready]")
    return page


def saved(page: Page, version: int) -> None:
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("[data-said]")).to_contain_text(f"第 {version} 版")


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (1440, "dark"), (375, "light"), (375, "dark")])
def test_check_34_the_editor_works_under_its_policy_and_fits(
    asked: Asked, stage: Stage, write: Write, width: int, theme: str
) -> None:
    page = opened(asked, write(), width=width, theme=theme)
    expect(page.locator(".jodit-wysiwyg").first).to_contain_text("从采摘到杯中")
    page.wait_for_load_state("networkidle")
    assert overflow(page) <= 0
    assert stage.watched == []


@pytest.mark.parametrize("body", [ORDINARY, ARRANGED], ids=["ordinary", "arranged"])
def test_an_article_comes_back_as_it_was_byte_for_byte(asked: Asked, stage: Stage, write: Write, held: Any, body: str) -> None:
    item = write(body)
    before = held(item).content["body"]
    assert before == body
    page = opened(asked, item)
    page.locator("#title").fill("春分之后")
    saved(page, 2)
    assert held(item).content["body"] == body
    assert held(item).content["title"] == "春分之后"
    assert stage.watched == []


@pytest.mark.parametrize("body", [ORDINARY, ARRANGED], ids=["ordinary", "arranged"])
def test_a_word_typed_into_an_article_changes_nothing_else(asked: Asked, write: Write, held: Any, body: str) -> None:
    item = write(body)
    page = opened(asked, item)
    last = page.locator(".jodit-wysiwyg").first.locator("p").last
    last.click()
    page.keyboard.press("End")
    page.keyboard.type("Q")
    saved(page, 2)
    after = held(item).content["body"]
    assert after.count("Q") == 1
    assert after.replace("Q", "") == body


def test_what_is_pasted_from_word_comes_in_clean(asked: Asked, stage: Stage, write: Write, held: Any) -> None:
    item = write("<p>前</p>")
    page = opened(asked, item)
    page.locator(".jodit-wysiwyg").first.locator("p").first.click()
    page.evaluate(PASTE, WORD)
    expect(page.locator(".jodit-wysiwyg").first).to_contain_text("从 Word 来")
    saved(page, 2)
    body = held(item).content["body"]
    assert "<b>从 Word 来</b>" in body
    for mark in ("Mso", "mso-", "<o:p", "script", "color:red", "StartFragment"):
        assert mark not in body
    assert "taken" not in page.title()


def test_two_people_at_one_article_lose_nothing(asked: Asked, stage: Stage, write: Write, held: Any) -> None:
    item = write(digest="一段摘要")
    first, second = opened(asked, item, role="editor"), opened(asked, item, role="admin")
    first.locator("#title").fill("第一人的标题")
    saved(first, 2)
    second.locator("#title").fill("第二人的标题")
    second.locator("#digest").fill("第二人的摘要")
    second.get_by_role("button", name="保存", exact=True).click()
    dialog = second.get_by_role("dialog")
    expect(dialog).to_contain_text("第一人的标题")
    expect(dialog).to_contain_text("第二人的标题")
    dialog.locator('[name="choice-title"][value="theirs"]').check()
    dialog.get_by_role("button", name="按所选保存").click()
    expect(second.locator("[data-said]")).to_contain_text("第 3 版")
    content = held(item).content
    assert (content["title"], content["digest"]) == ("第一人的标题", "第二人的摘要")


def test_what_was_not_saved_is_offered_again(asked: Asked, stage: Stage, write: Write, held: Any) -> None:
    item = write()
    page = opened(asked, item)
    page.locator("#title").fill("写了一半")
    expect(page.locator("[data-said]")).to_contain_text("草稿已自动保存")
    assert held(item).content["title"] == "春分"
    again = opened(asked, item)
    again.get_by_role("button", name="恢复草稿").click()
    expect(again.locator("#title")).to_have_value("写了一半")


def test_counters_turn_with_the_limits(asked: Asked, write: Write) -> None:
    page = opened(asked, write())
    count = page.locator('[data-count="title"]')
    page.locator("#title").fill("春" * 33)
    expect(count).to_have_class("warned")
    page.locator("#title").fill("春" * 65)
    expect(count).to_have_class("over")
    expect(count).to_have_text("65 / 64")
    expect(page.locator('[data-count="body"]')).to_contain_text("/ 20,000")


def test_the_phone_beside_shows_what_is_being_written(asked: Asked, stage: Stage, write: Write) -> None:
    page = opened(asked, write())
    page.locator("#title").fill("正在写的标题")
    phone = page.frame_locator("[data-frame]")
    expect(phone.locator("h1")).to_have_text("正在写的标题")
    assert stage.watched == []


def test_an_account_says_its_own_title(asked: Asked, write: Write, held: Any) -> None:
    item = write()
    page = opened(asked, item)
    page.locator('[data-variant="svc"] summary').click()
    page.locator("#v-title-svc").fill("只给会员")
    page.locator("[data-phone-account]").select_option("svc")
    expect(page.frame_locator("[data-frame]").locator("h1")).to_have_text("只给会员")
    saved(page, 2)
    assert held(item).content["variants"]["svc"]["title"] == "只给会员"


def test_a_theme_dresses_the_article_and_comes_off_again(asked: Asked, write: Write, held: Any) -> None:
    item = write("<h2>一</h2><p>二</p>")
    page = opened(asked, item)
    page.locator("#theme").select_option("sky")
    expect(page.locator(".jodit-wysiwyg h2").first).to_have_css("border-left-color", "rgb(29, 95, 191)")
    saved(page, 2)
    assert "#1d5fbf" in held(item).content["body"]
    page.locator("#theme").select_option("")
    expect(page.locator(".jodit-wysiwyg h2").first).not_to_have_css("border-left-color", "rgb(29, 95, 191)")
    saved(page, 3)
    assert held(item).content["body"] == "<h2>一</h2><p>二</p>"


def test_the_cover_is_cropped_by_numbers_and_by_its_focus(
    asked: Asked, stage: Stage, app: Flask, write: Write, held: Any
) -> None:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((900, 600)).convert("RGB").save(out, "JPEG", quality=80)
    sha = hashlib.sha256(out.getvalue()).hexdigest()
    with app.app_context(), tenant_scope(stage.agency.tenant), transaction() as session:
        if session.get(Blob, (stage.agency.tenant, sha)) is None:
            session.add(Blob(sha256=sha, mime="image/jpeg", data=out.getvalue()))
    item = write(cover={"sha256": sha, "crops": {}, "focus": None})
    page = opened(asked, item)
    page.locator('[data-shape="1:1"]').click()
    expect(page.locator("[data-cut-size]")).to_have_text("500 × 500")
    page.wait_for_function("document.querySelector('cropper-selection')?.width > 20")
    box = page.locator("cropper-canvas").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 - 30, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    page.get_by_role("button", name="用这个裁剪").click()
    page.locator('[data-shape="focus"]').click()
    page.locator("[data-cropper] img").click(position={"x": 60, "y": 40})
    saved(page, 2)
    cover = held(item).content["cover"]
    x, y, wide, high = cover["crops"]["1:1"]
    assert wide * 900 == pytest.approx(high * 600, rel=0.03)
    assert 0 <= x < (1 - wide) / 2
    assert y + high <= 1.001
    assert 0 < cover["focus"][0] < 0.3
    assert stage.watched == []


def photo(seed: int, width: int = 1600, height: int = 900) -> dict[str, Any]:
    out = io.BytesIO()
    Image.effect_noise((width, height), 8 + seed).convert("RGB").save(out, "JPEG", quality=86)
    return {"name": f"photo-{seed}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def test_a_gallery_of_uploaded_pictures_is_put_in(asked: Asked, stage: Stage, write: Write, held: Any) -> None:
    item = write("<p>前</p>")
    page = opened(asked, item)
    page.locator(".jodit-wysiwyg").first.locator("p").first.click()
    with page.expect_file_chooser() as chooser:
        page.locator(".jodit-toolbar-button").filter(has_text="图廊").first.click()
    chooser.value.set_files([photo(1), photo(2)])  # type: ignore[list-item]
    expect(page.locator(".jodit-wysiwyg img")).to_have_count(2)
    saved(page, 2)
    body = held(item).content["body"]
    assert body.count('<img src="media:') == 2
    assert "overflow-x:auto" in body
    assert stage.watched == []


def test_a_cover_that_is_uploaded_tells_its_bytes_before_and_after(asked: Asked, stage: Stage, write: Write, held: Any) -> None:
    item = write()
    page = opened(asked, item)
    page.locator("[data-upload-cover]").set_input_files(photo(3, 3000, 2000))  # type: ignore[arg-type]
    expect(page.locator("[data-squeezed]")).to_contain_text("→")
    expect(page.locator("[data-cut-size]")).to_have_text("900 × 383")
    saved(page, 2)
    assert len(held(item).content["cover"]["sha256"]) == 64
    assert stage.watched == []


def test_an_article_of_twenty_thousand_characters_opens_counts_and_comes_back(asked: Asked, write: Write, held: Any) -> None:
    body = "".join(f'<section style="margin:0 0 8px"><p>{n:03d}{"春分之后的豆子" * 14}。</p></section>' for n in range(200))
    item = write(body)
    page = opened(asked, item)
    expect(page.locator('[data-count="body"]')).to_contain_text(re.compile(r"20,[0-9]{3} / 20,000"))
    expect(page.locator('[data-count="body"]')).to_have_class(re.compile("over"))
    page.locator("#title").fill("长文")
    saved(page, 2)
    assert held(item).content["body"] == body
