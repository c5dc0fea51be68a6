"""The rule book's pages and its part of the API: what is shown, changed with a reason, and lifted."""

from __future__ import annotations

from flask import Flask

from tests.web.conftest import Agency, bearer, browser_of


def test_the_book_shows_packs_and_a_pack_shows_rules_of_a_day(app: Flask, agency: Agency) -> None:
    browser, _ = browser_of(app, agency, "analyst")
    book = browser.get("/rules").text
    assert 'href="/rules/inducement"' in book
    assert 'href="/rules/wecom"' in book
    assert 'name="trade"' not in book
    old, new = browser.get("/rules/education?on=2021-07-23").text, browser.get("/rules/education?on=2021-07-24").text
    assert new.index("education_anxiety") < new.find('id="others-title"') or 'id="others-title"' not in new
    assert old.index('id="others-title"') < old.index("education_anxiety")
    assert "为本机构调整" not in new
    assert browser.get("/rules/education?on=yesterday").status_code == 422


def test_a_change_is_made_with_a_reason_shown_and_lifted(app: Flask, agency: Agency) -> None:
    browser, headers = browser_of(app, agency, "owner")
    form = {"pack": "folder", "rule": "articles", "amount": "6", "reason": "  "}
    assert browser.post("/rules/override", data=form, headers=headers).status_code == 422
    form["reason"] = "shorter <sends>"
    assert browser.post("/rules/override", data=form, headers=headers).headers["Location"] == "/rules/folder"
    shown = browser.get("/rules/folder").text
    assert "shorter &lt;sends&gt;" in shown
    program = app.test_client()
    listed = program.get("/api/v1/rules", headers=bearer(agency.tokens["owner"])).json
    (one,) = [change for change in listed["overrides"] if change["in_force"]]
    assert (one["amount"], one["by"]) == (6, "owner")
    assert browser.post(f"/rules/{one['id']}/lift", headers=headers).status_code == 303
    gone = program.delete(f"/api/v1/rules/overrides/{one['id']}", headers=bearer(agency.tokens["owner"]))
    assert gone.status_code == 404


def test_the_api_changes_and_lists_rules(app: Flask, agency: Agency, neighbour: Agency) -> None:
    program, headers = app.test_client(), bearer(agency.tokens["admin"])
    wish = {"pack": "advertising", "rule": "advertising_hurry", "severity": "warn", "reason": "stricter", "until": "2099-01-01"}
    made = program.post("/api/v1/rules/overrides", json=wish, headers=headers)
    assert made.status_code == 201
    rules = program.get("/api/v1/rules/advertising_hurry?on=2026-11-22", headers=headers).json
    assert [(rule["pack"], rule["changeable"]) for rule in rules] == [("advertising", "severity")]
    theirs = program.get("/api/v1/rules", headers=bearer(neighbour.tokens["admin"])).json
    assert theirs["overrides"] == []
    assert program.delete(f"/api/v1/rules/overrides/{made.json['id']}", headers=headers).json["in_force"] is False
    refused = program.post("/api/v1/rules/overrides", json={**wish, "pack": "wecom", "rule": "nothing"}, headers=headers)
    assert refused.json["error"]["code"] == "bad_override"


def test_trades_are_ticked_for_a_client(app: Flask, agency: Agency) -> None:
    browser, headers = browser_of(app, agency, "admin")
    assert (
        browser.post("/rules/trades", data={"client": "moon", "trade": ["food", "medical"]}, headers=headers).status_code == 303
    )
    shown = browser.get("/rules").text
    assert shown.count('value="food" checked') == 1
    wish = {"client": "moon", "trades": []}
    assert app.test_client().put("/api/v1/rules/trades", json=wish, headers=bearer(agency.tokens["admin"])).json == wish
    assert "checked" not in browser.get("/rules").text
