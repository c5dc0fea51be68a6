"""The editor's page and what its script asks for: one page with a policy of its own, the same gates as everywhere."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
from flask import Flask
from PIL import Image

from saas.accounts.models import Account
from saas.content.library import service
from saas.kernel.database import db, tenant_scope, transaction
from saas.tenants.service import member_by_email
from saas.web.phone import POLICY as FRAME
from tests.web.conftest import Agency, browser_of

BODY = '<section style="margin:10px 0"><p>hello</p><svg viewBox="0 0 1 1"><path d="M0 0"></path></svg></section>'


@dataclass
class Desk:
    """A member at an article."""

    app: Flask
    agency: Agency
    item: int
    role: str = "editor"

    def get(self, path: str = "", **query: Any) -> Any:
        return browser_of(self.app, self.agency, self.role)[0].get(f"/library/{self.item}/edit{path}", query_string=query)

    def ask(self, path: str, body: Any = None, role: str = "", **form: Any) -> Any:
        browser, headers = browser_of(self.app, self.agency, role or self.role)
        given = {"data": form} if form else {"json": body}
        return browser.post(f"/library/{self.item}/edit{path}", headers={**headers, "Accept": "application/json"}, **given)

    def save(self, base: int, tab: str = "one", role: str = "", **content: Any) -> Any:
        return self.ask("/save", {"base_version": base, "tab": tab, "content": content}, role=role)


def picture(width: int = 1200, height: int = 800) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((width, height), 12).convert("RGB").save(out, "JPEG", quality=88)
    return out.getvalue()


@pytest.fixture
def desk(app: Flask, agency: Agency) -> Desk:
    with app.app_context(), tenant_scope(agency.tenant):
        actor = member_by_email(agency.emails["editor"])
        item = service.create(actor, agency.pieces[0].client, "article", {"title": "Spring", "body": BODY}).item_id
        if db.session.query(Account).filter_by(key="moon-reader").first() is None:
            with transaction() as session:
                session.add(
                    Account(
                        client_id=agency.pieces[0].client, key="moon-reader", channel="official_account", kind="service",
                        name="Moon reader",
                    )
                )  # fmt: skip
    return Desk(app, agency, item)


def test_the_editors_page_alone_has_a_policy_that_lets_an_editor_work(desk: Desk) -> None:
    answer = desk.get()
    policy = answer.headers["Content-Security-Policy"]
    nonce = re.search(r"'nonce-([\w-]{20,})'", policy)
    assert nonce
    assert f"script-src 'self' 'nonce-{nonce[1]}'" in policy
    assert "style-src-attr 'unsafe-inline'" in policy
    assert "unsafe-eval" not in policy
    assert "script-src 'self' 'unsafe-inline'" not in policy
    assert nonce[1] not in desk.get().headers["Content-Security-Policy"], "a nonce is used once"
    assert "frame-ancestors 'none'" in policy


def test_the_page_hands_over_the_article_as_it_stands(desk: Desk) -> None:
    state = json.loads(unescape(re.search(r"data-state='([^']*)'", desk.get().text)[1]))  # type: ignore[index]
    assert (state["version"], state["content"]["body"]) == (1, BODY)


def test_a_save_makes_a_version_and_tells_what_was_taken_out(desk: Desk) -> None:
    told = desk.save(1, title="Spring", body=f"{BODY}<script>alert(1)</script>")
    assert told.status_code == 200
    assert (told.json["version"], told.json["unchanged"]) == (1, True)
    assert any("script" in note for note in told.json["notes"])
    changed = desk.save(1, title="Spring two", body=BODY).json
    assert (changed["version"], changed["content"]["body"]) == (2, BODY)


def test_who_comes_second_is_told_with_both_texts_and_can_save_the_two_together(desk: Desk) -> None:
    desk.save(1, role="admin", title="Theirs", body=BODY)
    told = desk.save(1, title="Spring", body=f"{BODY}<p>mine</p>")
    assert told.status_code == 409
    by_name = {change["name"]: change for change in told.json["changes"]}
    assert (by_name["title"]["who"], by_name["title"]["merged"]) == ("theirs", "Theirs")
    assert by_name["body"]["who"] == "mine"
    assert told.json["by"] == "admin"
    again = desk.save(told.json["version"], title="Theirs", body=f"{BODY}<p>mine</p>")
    assert again.json["version"] == 3
    kept = desk.get().text
    assert "mine" in kept


def test_what_is_written_is_kept_and_thrown_away_on_request(desk: Desk) -> None:
    body = {"base_version": 1, "tab": "one", "content": {"title": "half a tit", "body": "<p>half"}}
    assert desk.ask("/draft", body).json["at"]
    assert "half a tit" in desk.get().text
    assert "half a tit" not in Desk(desk.app, desk.agency, desk.item, "admin").get().text, "a draft is its writer's own"
    desk.ask("/draft", {"tab": "one", "discard": True})
    assert "half a tit" not in desk.get().text


def test_a_paste_comes_back_clean(desk: Desk) -> None:
    html = desk.ask("/pasted", {"html": "<p class=MsoNormal style='mso-x:y'>ok<script>x</script></p>"}).json["html"]
    assert html == "<p>ok</p>"


def test_a_theme_is_put_on(desk: Desk) -> None:
    assert "#1d5fbf" in desk.ask("/themed", {"html": "<h2>x</h2>", "theme": "sky"}).json["html"]
    assert desk.ask("/themed", {"html": "x", "theme": "neon"}).status_code == 422


def test_a_picture_is_kept_and_its_bytes_before_and_after_are_told(desk: Desk) -> None:
    told = desk.ask("/pictures", file=(io.BytesIO(picture()), "photo.jpg")).json
    assert told["before"] > 100_000
    assert 0 < told["after"] <= told["before"]
    shown = browser_of(desk.app, desk.agency, "editor")[0].get(told["url"])
    assert shown.status_code == 200


@pytest.mark.parametrize("data", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"not a picture", b""])
def test_check_37_what_is_no_picture_is_refused_in_words(desk: Desk, data: bytes) -> None:
    told = desk.ask("/pictures", file=(io.BytesIO(data), "photo.jpg"))
    assert told.status_code == 422
    assert told.json["error"]["message"]


@pytest.mark.parametrize(
    ("shape", "box", "size"),
    [
        ("2.35:1", "0,0,1,0.6383", "900x383"),
        ("1:1", "0.1,0.1,0.5,0.75", "500x500"),
        ("9:5", "", "900x500"),
        ("1:1", "", "500x500"),
    ],
)
def test_the_server_crops_by_the_numbers(desk: Desk, shape: str, box: str, size: str) -> None:
    sha = desk.ask("/pictures", file=(io.BytesIO(picture()), "photo.jpg")).json["sha256"]
    answer = desk.get(f"/covers/{sha}", shape=shape, box=box)
    assert answer.status_code == 200
    assert answer.mimetype == "image/jpeg"
    wide, high = (int(part) for part in answer.headers["X-Size"].split("x"))
    wanted = [int(part) for part in size.split("x")]
    assert abs(wide - wanted[0]) <= 2
    assert abs(high - wanted[1]) <= 2
    assert int(answer.headers["X-Original-Bytes"]) > len(answer.data)


@pytest.mark.parametrize(
    "query",
    [{"shape": "7:1"}, {"shape": "1:1", "box": "0,0,2,2"}, {"shape": "1:1", "box": "a,b"}, {"shape": "1:1", "box": "0,0,0,0"}],
)
def test_a_crop_outside_the_picture_is_refused(desk: Desk, query: dict[str, str]) -> None:
    sha = desk.ask("/pictures", file=(io.BytesIO(picture(300, 200)), "photo.jpg")).json["sha256"]
    assert desk.get(f"/covers/{sha}", **query).status_code == 422


def test_the_phone_beside_shows_the_draft_and_the_accounts_own_words(desk: Desk) -> None:
    own = {"moon-reader": {"title": "For Moon alone", "digest": "", "cover": None, "footer": "<p>moon's footer</p>"}}
    content = {"title": "Half", "body": "<p>being written</p>", "variants": own}
    desk.ask("/draft", {"base_version": 1, "tab": "one", "content": content})
    for_all = desk.get("/phone", tab="two", account="moon-reader", screen="page")
    assert "Spring" in for_all.text
    mine = desk.get("/phone", tab="one", account="moon-reader", screen="page")
    assert mine.headers["Content-Security-Policy"] == FRAME
    assert "For Moon alone" in mine.text
    assert "being written" in mine.text
    assert "moon's footer" in mine.text or "moon&#39;s footer" in mine.text


def test_another_clients_account_is_not_offered(desk: Desk) -> None:
    assert desk.get("/phone", account="sun-one").status_code == 404


def test_a_neighbours_article_is_not_there(desk: Desk, app: Flask, neighbour: Agency) -> None:
    theirs = Desk(app, neighbour, desk.item)
    assert theirs.get().status_code == 404
    assert theirs.save(1, title="x").status_code == 404
    assert theirs.ask("/pasted", {"html": "x"}).status_code == 404


def test_who_may_not_write_reads_only(desk: Desk) -> None:
    reader = Desk(desk.app, desk.agency, desk.item, "analyst")
    assert reader.get().status_code == 200
    assert reader.save(1, title="x").status_code == 403


def test_only_articles_are_edited_here(desk: Desk, app: Flask, agency: Agency) -> None:
    with app.app_context(), tenant_scope(agency.tenant):
        actor = member_by_email(agency.emails["editor"])
        text = service.create(actor, agency.pieces[0].client, "text", {"text": "hello"}).item_id
    assert Desk(app, agency, text).get().status_code == 404
