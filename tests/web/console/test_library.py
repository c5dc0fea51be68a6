"""The library's pages: what is shown, what a form does, what a refused upload says."""

from __future__ import annotations

import io
import zipfile

from flask import Flask

from tests.web.conftest import Agency, bearer, browser_of


def made(app: Flask, agency: Agency, role: str, title: str) -> int:
    """An article by that role."""
    body = {
        "client_id": agency.pieces[0].client,
        "kind": "article",
        "content": {"title": title, "body": "<p>一</p><p>中</p><p>二</p>"},
    }
    answer = app.test_client().post("/api/v1/library/items", json=body, headers=bearer(agency.tokens[role]))
    return int(answer.json["item_id"])


def test_the_list_finds_and_narrows(app: Flask, agency: Agency) -> None:
    made(app, agency, "editor", "高海拔的豆子")
    browser, _ = browser_of(app, agency, "analyst")
    assert "高海拔的豆子" in browser.get("/library?words=海拔").text
    assert "高海拔的豆子" not in browser.get("/library?words=海拔&kind=picture").text
    assert "没有符合的素材" in browser.get("/library?words=拔海").text


def test_an_items_body_stands_in_a_frame_that_can_do_nothing(app: Flask, agency: Agency) -> None:
    item = made(app, agency, "editor", "豆子")
    browser, _ = browser_of(app, agency, "editor")
    page, body = browser.get(f"/library/{item}"), browser.get(f"/library/{item}/body")
    assert f'src="/library/{item}/body' in page.text and "sandbox" in page.text and f'href="/library/{item}/edit"' in page.text
    assert body.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'") and "<p>一</p>" in body.text


def test_a_conflict_is_shown_side_by_side_and_saved_as_chosen(app: Flask, agency: Agency) -> None:
    item, program = made(app, agency, "editor", "豆子"), app.test_client()
    address = f"/api/v1/library/items/{item}/versions"
    theirs = {"base_version": 1, "content": {"title": "他们的", "body": "<p>壹</p><p>中</p><p>二</p>"}}
    mine = {"base_version": 1, "content": {"title": "我的", "body": "<p>一</p><p>中</p><p>贰</p>"}, "tab": "t1"}
    assert program.post(address, json=theirs, headers=bearer(agency.tokens["admin"])).status_code == 201
    assert program.post(address, json=mine, headers=bearer(agency.tokens["editor"])).status_code == 409
    browser, headers = browser_of(app, agency, "editor")
    shown = browser.get(f"/library/{item}/conflict?tab=t1").text
    assert "两人都改了" in shown and "我的" in shown and "他们的" in shown and "两边的改动都要" in shown
    form = {"tab": "t1", "version": "2", "take-title": "mine", "take-body": "merged"}
    without = {key: value for key, value in form.items() if key != "take-title"}
    assert browser.post(f"/library/{item}/conflict", data=without, headers=headers).status_code == 422
    assert browser.post(f"/library/{item}/conflict", data=form, headers=headers).status_code == 303
    held = program.get(f"/api/v1/library/items/{item}", headers=bearer(agency.tokens["editor"])).json
    assert (held["version"], held["content"]["title"], held["content"]["body"]) == (3, "我的", "<p>壹</p><p>中</p><p>贰</p>")
    assert program.get(f"/api/v1/library/items/{item}/drafts", headers=bearer(agency.tokens["editor"])).json == []


def test_a_refused_upload_lists_every_fault_and_a_good_one_what_came_in(app: Flask, agency: Agency) -> None:
    browser, headers = browser_of(app, agency, "editor")
    client = str(agency.pieces[0].client)

    def sent(text: str) -> tuple[int, str]:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as out:
            out.writestr("articles/1.md", text)
        data = {"client": client, "file": (io.BytesIO(archive.getvalue()), "a.zip")}
        answer = browser.post("/library/import", data=data, headers=headers)
        return answer.status_code, answer.text

    status, text = sent("---\ntitle: 坏\ncover: images/none.jpg\n---\nx")
    assert status == 422 and "file_missing" in text and "什么都没有保存" in text
    status, text = sent("---\ntitle: 好文章\n---\n正文")
    assert status == 200 and "好文章" in text


def test_tags_places_and_short_forms_are_kept_and_faults_are_told_where_they_are(app: Flask, agency: Agency) -> None:
    browser, headers = browser_of(app, agency, "editor")
    item, client = made(app, agency, "editor", "豆子"), str(agency.pieces[0].client)
    browser.post(f"/library/{item}/tags", data={"tags": "节气，咖啡"}, headers=headers)
    browser.post(f"/library/{item}/folder", data={"folder": "春季/活动"}, headers=headers)
    page = browser.get(f"/library/{item}").text
    assert "咖啡，节气" in page and "春季/活动" in page
    assert browser.post(f"/library/{item}/tags", data={"tags": "长" * 41}, headers=headers).status_code == 422
    wrong = browser.post("/library/new/link", data={"client": client, "title": "x", "url": "http://10.0.0.1/"}, headers=headers)
    assert wrong.status_code == 422 and 'id="url-error"' in wrong.text
    right = browser.post(
        "/library/new/link", data={"client": client, "title": "x", "url": "https://www.example.com"}, headers=headers
    )
    assert right.status_code == 303
    card = {"client": client, "title": "点单", "id": "T1", "data": "thing1=一\ntime2=二"}
    kept = browser.post("/library/new/template", data=card, headers=headers).location
    assert "thing1" in browser.get(kept).text


def test_a_campaign_is_made_of_ticked_items(app: Flask, agency: Agency) -> None:
    browser, headers = browser_of(app, agency, "editor")
    client = str(agency.pieces[0].client)
    text = browser.post("/library/new/text", data={"client": client, "text": "本周六起供应"}, headers=headers).location.rsplit(
        "/", 1
    )[1]
    form = browser.get(f"/library/campaign?item={text}").text
    assert 'value="moon-one"' in form and "本周六起供应" in form
    wish = {
        "item": text,
        "account": "moon-one",
        "when": "at",
        "date": "2099-03-20",
        "time": "19:30",
        "max_lateness": "2h",
        "name": "周末",
    }
    made_of = browser.post("/library/campaign", data=wish, headers=headers)
    assert made_of.status_code == 303 and "/campaigns/" in made_of.location
    assert "本周六起供应" in browser.get(made_of.location).text
    refused = browser.post("/library/campaign", data={**wish, "date": "1999-01-01"}, headers=headers)
    assert refused.status_code == 422 and "schedule_over" in refused.text
