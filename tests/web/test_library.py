"""The library at the API: saved with a version, met with a conflict, imported, exported, made into a campaign."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from tests.web.conftest import Agency, bearer, make_agency

ITEMS = "/api/v1/library/items"


def picture(width: int = 900, height: int = 500) -> bytes:
    """A small JPEG."""
    stream = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(stream, "JPEG")
    return stream.getvalue()


def made(visit: FlaskClient, agency: Agency, role: str = "editor", **content: Any) -> dict[str, Any]:
    """A new article by that role."""
    body = {
        "client_id": agency.pieces[0].client,
        "kind": "article",
        "content": {"title": "春分", "body": "<p>豆子</p>", **content},
    }
    answer = visit.post(ITEMS, json=body, headers=bearer(agency.tokens[role]))
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def test_an_item_is_made_found_and_read(visit: FlaskClient, agency: Agency) -> None:
    item = made(visit, agency, body="<p>高海拔豆子</p><script>x</script>")
    assert [note["rule"] for note in item["notes"]] == ["html_tag"]
    reader = bearer(agency.tokens["analyst"])
    found = visit.get(f"{ITEMS}?words=海拔豆&kind=article&client={agency.pieces[0].client}", headers=reader).json
    assert [row["id"] for row in found["items"]] == [item["item_id"]] and found["next"] is None
    whole = visit.get(f"{ITEMS}/{item['item_id']}", headers=reader).json
    assert whole["content"]["body"] == "<p>高海拔豆子</p>" and whole["number"] == whole["version"] == 1


def test_the_second_of_two_saves_is_told_with_both_texts(visit: FlaskClient, agency: Agency) -> None:
    item = made(visit, agency)["item_id"]
    content = visit.get(f"{ITEMS}/{item}", headers=bearer(agency.tokens["editor"])).json["content"]
    first = {"base_version": 1, "content": {**content, "title": "谷雨"}}
    second = {"base_version": 1, "content": {**content, "digest": "我的摘要"}}
    assert visit.post(f"{ITEMS}/{item}/versions", json=first, headers=bearer(agency.tokens["admin"])).json["version"] == 2
    met = visit.post(f"{ITEMS}/{item}/versions", json=second, headers=bearer(agency.tokens["editor"]))
    told = met.json["error"]
    assert met.status_code == 409 and told["code"] == "library_conflict" and told["remedy"]
    assert (told["detail"]["theirs"]["title"], told["detail"]["mine"]["digest"]) == ("谷雨", "我的摘要")
    assert (told["detail"]["merged"]["title"], told["detail"]["merged"]["digest"]) == ("谷雨", "我的摘要")
    kept = visit.get(f"{ITEMS}/{item}/drafts", headers=bearer(agency.tokens["editor"])).json
    assert [(draft["content"]["digest"], draft["refused"]) for draft in kept] == [("我的摘要", True)]
    assert visit.get(f"{ITEMS}/{item}/drafts", headers=bearer(agency.tokens["admin"])).json == []


def test_a_save_asked_twice_with_one_key_makes_one_version(visit: FlaskClient, agency: Agency) -> None:
    item = made(visit, agency)["item_id"]
    body = {"base_version": 1, "content": {"title": "立夏", "body": "<p>x</p>"}}
    headers = bearer(agency.tokens["editor"], **{"Idempotency-Key": f"save-{item}"})
    once, again = (visit.post(f"{ITEMS}/{item}/versions", json=body, headers=headers) for _ in range(2))
    assert once.data == again.data and again.headers["Idempotent-Replayed"] == "true"
    assert len(visit.get(f"{ITEMS}/{item}/versions", headers=headers).json) == 2


def test_a_picture_is_kept_once_and_a_zip_comes_in_and_goes_out(visit: FlaskClient, agency: Agency) -> None:
    headers, client = bearer(agency.tokens["editor"]), agency.pieces[0].client
    sent = [
        visit.post("/api/v1/library/files", headers=headers,
                   data={"client_id": client, "alt": "杯", "folder": "图/杯", "file": (io.BytesIO(picture(910)), "杯.jpg")}).json
        for _ in range(2)
    ]  # fmt: skip
    assert (sent[0]["unchanged"], sent[1]["unchanged"]) == (False, True) and sent[0]["item_id"] == sent[1]["item_id"]
    assert "图/杯" in [folder["path"] for folder in visit.get("/api/v1/library/folders", headers=headers).json]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("articles/1.md", "---\ntitle: 看星星\ncover: images/a.jpg\n---\n![x](images/a.jpg)")
        out.writestr("images/a.jpg", picture(1000, 600))
    data = {"client_id": client, "tags": "节气，星空", "file": (io.BytesIO(archive.getvalue()), "a.zip")}
    came = visit.post("/api/v1/library/import", headers=headers, data=data)
    assert came.status_code == 201 and came.json["files"] == 1
    item = came.json["items"][0]
    assert visit.get(f"{ITEMS}/{item}", headers=headers).json["tags"] == ["星空", "节气"]
    exported = visit.get(f"/api/v1/library/export?items={item}", headers=headers)
    assert exported.mimetype == "application/zip"
    assert "articles/1-看星星.md" in zipfile.ZipFile(io.BytesIO(exported.data)).namelist()


def test_a_zip_that_cannot_be_taken_in_says_why_and_leaves_no_folder(visit: FlaskClient, agency: Agency) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("articles/1.md", "---\ntitle: 坏\ncover: images/none.jpg\n---\nx")
    data = {"client_id": agency.pieces[0].client, "folder": "坏的", "file": (io.BytesIO(archive.getvalue()), "a.zip")}
    answer = visit.post("/api/v1/library/import", headers=bearer(agency.tokens["editor"]), data=data)
    told = answer.json["error"]
    assert answer.status_code == 422 and told["code"] == "bad_import" and told["field"] == "file"
    assert [found["rule"] for found in told["detail"]["findings"]] == ["file_missing"]
    folders = visit.get("/api/v1/library/folders", headers=bearer(agency.tokens["editor"])).json
    assert "坏的" not in [folder["path"] for folder in folders]


def test_a_campaign_is_made_of_items(visit: FlaskClient, agency: Agency) -> None:
    headers, client = bearer(agency.tokens["editor"]), agency.pieces[0].client
    sent = visit.post(
        "/api/v1/library/files", headers=headers, data={"client_id": client, "file": (io.BytesIO(picture()), "封面.jpg")}
    ).json
    item = made(visit, agency, title="周末的豆子", body="<p>本周六起供应，周一休息。</p>", cover=sent["content"]["sha256"])[
        "item_id"
    ]
    wish = {"items": [item], "accounts": ["moon-one"], "schedule": "2099-03-20T19:30", "name": "周末"}
    checked = visit.post("/api/v1/campaigns/check", json=wish, headers=headers).json
    assert checked["blocked"] is False
    campaign = visit.post("/api/v1/campaigns", json=wish, headers=headers)
    assert campaign.status_code == 201 and campaign.json["name"] == "周末"
    uses = visit.get(f"{ITEMS}/{item}/uses", headers=headers).json
    assert [(use["campaign"], use["version"]) for use in uses["campaigns"]] == [(campaign.json["campaign"], 1)]
    wrong = visit.post("/api/v1/campaigns", json={**wish, "accounts": ["nobody"]}, headers=headers)
    assert wrong.status_code == 422
    assert "account_unknown" in [found["rule"] for found in wrong.json["error"]["detail"]["findings"]]


def test_a_neighbours_client_and_items_are_not_there(app: Flask, visit: FlaskClient, agency: Agency) -> None:
    other = make_agency(app, "library-neighbour")
    headers = bearer(agency.tokens["editor"])
    body = {"client_id": other.pieces[0].client, "kind": "text", "content": {"text": "x"}}
    assert visit.post(ITEMS, json=body, headers=headers).status_code == 404
    wish = {"items": [other.pieces[0].item], "accounts": ["moon-one"]}
    assert visit.post("/api/v1/campaigns", json=wish, headers=headers).status_code == 404
    assert visit.get(f"/api/v1/library/export?items={other.pieces[0].item}", headers=headers).status_code == 404
    assert visit.get(f"/api/v1/library/export?client={other.pieces[0].client}", headers=headers).status_code == 422
