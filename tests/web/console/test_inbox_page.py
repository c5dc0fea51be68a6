"""The inbox's pages and its part of the API: two people for a rule, nothing of a neighbour's, forms that say what is wrong."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import text

from saas.kernel.database import db, tenant_scope, transaction
from tests.web.conftest import Agency, bearer, browser_of

HEARD = """INSERT INTO inbox_entries (account_id, dedupe, kind, person, said, at)
  VALUES (:account, :dedupe, 'text', 'ab12cd34', :said, now())"""
WISH: dict[str, Any] = {
    "client": "moon", "name": "开门", "occasion": "message", "words": ["几点"], "says": {"kind": "text", "text": "九点 <开门>"},
}  # fmt: skip


def test_the_api_takes_two_people_for_a_rule(app: Flask, agency: Agency, neighbour: Agency) -> None:
    program = app.test_client()
    editor, admin, owner = (bearer(agency.tokens[role]) for role in ("editor", "admin", "owner"))
    made = program.post("/api/v1/inbox/rules", json=WISH, headers=admin)
    assert (made.status_code, made.json["state"], made.json["said"]) == (201, "awaiting", 0)
    path, word = f"/api/v1/inbox/rules/{made.json['id']}", {"digest": made.json["digest"]}
    assert program.post(f"{path}/approve", json=word, headers=admin).status_code == 403
    assert program.post(f"{path}/approve", json={"digest": "0" * 64}, headers=owner).json["error"]["code"] == "reply_rule_changed"
    assert program.post(f"{path}/approve", json=word, headers=owner).json["state"] == "approved"
    assert program.post(f"{path}/turn", json={"on": False}, headers=editor).json["is_on"] is False
    changed = program.put(path, json={**WISH, "words": ["开门"]}, headers=editor).json
    assert (changed["state"], changed["author"]) == ("awaiting", "editor")
    assert program.post(f"{path}/reject", json={"digest": changed["digest"]}, headers=owner).json["state"] == "rejected"
    assert program.get("/api/v1/inbox/rules", headers=bearer(neighbour.tokens["owner"])).json == []
    assert program.delete(path, headers=bearer(neighbour.tokens["owner"])).status_code == 404
    assert program.delete(path, headers=editor).status_code == 204


def test_the_inbox_is_a_page_and_an_api_with_a_cursor(app: Flask, agency: Agency) -> None:
    with app.app_context(), tenant_scope(agency.tenant), transaction():
        for number in range(3):
            values = {"account": agency.pieces[0].account, "dedupe": f"p{number}", "said": f"第 {number} <句>"}
            db.session.execute(text(HEARD), values)
    program, headers = app.test_client(), bearer(agency.tokens["analyst"])
    first = program.get("/api/v1/inbox?limit=2&client=moon", headers=headers).json
    assert [one["said"] for one in first["items"]] == ["第 2 <句>", "第 1 <句>"]
    rest = program.get(f"/api/v1/inbox?limit=2&cursor={first['next']}", headers=headers).json
    assert [one["said"] for one in rest["items"]] == ["第 0 <句>"]
    assert program.get("/api/v1/inbox?kind=shout", headers=headers).status_code == 422
    assert program.post("/api/v1/inbox/read", json={"ids": [rest["items"][0]["id"]]}, headers=headers).json == {"read": 1}
    browser, csrf = browser_of(app, agency, "analyst")
    shown = browser.get("/inbox?unread=1").text
    assert "第 2 &lt;句&gt;" in shown
    assert "第 0" not in shown
    assert browser.post("/inbox/read", data={"upto": str(first["items"][0]["id"])}, headers=csrf).status_code == 303
    assert "第 2" not in browser.get("/inbox?unread=1").text


def test_a_form_with_a_fault_comes_back_filled(app: Flask, agency: Agency) -> None:
    browser, headers = browser_of(app, agency, "editor")
    form = {"place": "client:moon", "name": "错的", "occasion": "message", "words": "", "says": "text", "text": "九点 <开门>"}
    answer = browser.post("/inbox/rules", data=form, headers=headers)
    assert answer.status_code == 422
    assert "关键词" in answer.text
    assert "九点 &lt;开门&gt;" in answer.text
    assert browser.post("/inbox/rules", data={**form, "words": "几点，开门"}, headers=headers).status_code == 303
    assert '<span class="chip">开门</span>' in browser.get("/inbox/rules").text


def test_lines_that_are_down_and_times_nobody_listened_are_shown(app: Flask, agency: Agency, neighbour: Agency) -> None:
    with app.app_context(), tenant_scope(agency.tenant), transaction():
        about = {"account": agency.pieces[0].account}
        line = """INSERT INTO listeners (account_id, holder, until, heard_at, fault)
          VALUES (:account, 'one', now() + interval '1 minute', now(), 'HTTP 401')"""
        gap = """INSERT INTO listening_gaps (account_id, from_at, until_at, fault)
          VALUES (:account, now() - interval '9 minutes', now() - interval '2 minutes', 'ServerDisconnectedError')"""
        db.session.execute(text(line), about)
        db.session.execute(text(gap), about)
    told = app.test_client().get("/api/v1/inbox/lines", headers=bearer(agency.tokens["analyst"])).json
    assert [(one["up"], one["why"]) for one in told["lines"]] == [(False, "服务端拒绝了访问令牌")]
    assert [one["why"] for one in told["gaps"]] == ["连接失败（ServerDisconnectedError）"]
    browser, _ = browser_of(app, agency, "analyst")
    shown = browser.get("/inbox").text
    assert "服务端拒绝了访问令牌" in shown
    assert "未收听" in shown
    assert "未收听" not in browser_of(app, neighbour, "analyst")[0].get("/inbox").text


def test_whoever_sets_accounts_up_sees_where_platforms_push_to_and_nobody_else(app: Flask, agency: Agency) -> None:
    with app.app_context(), tenant_scope(agency.tenant), transaction():
        key = "pushed-to"
        made = """INSERT INTO accounts (client_id, key, channel, kind, name)
          SELECT client_id, :key, 'qq_group', 'official', '山岚' FROM accounts WHERE id = :account RETURNING callback_ref"""
        ref = db.session.execute(text(made), {"key": key, "account": agency.pieces[0].account}).scalar_one()
    program, path = app.test_client(), f"/api/v1/accounts/{key}/address"
    told = program.get(path, headers=bearer(agency.tokens["admin"])).json
    assert told["address"].endswith(f"/callbacks/{ref}")
    assert program.get(path, headers=bearer(agency.tokens["editor"])).status_code == 403
    none = program.get("/api/v1/accounts/moon-one/address", headers=bearer(agency.tokens["admin"]))
    assert (none.status_code, none.json["error"]["code"]) == (409, "no_address")
    assert ref in browser_of(app, agency, "admin")[0].get("/accounts").text
    assert ref not in browser_of(app, agency, "editor")[0].get("/accounts").text
