"""The kill switch at a browser and at the API: asked for in words, said on every page, told honestly."""

from __future__ import annotations

from flask import Flask

from tests.web.conftest import Agency, bearer, browser_of


def test_nothing_is_stopped_until_the_word_is_typed(app: Flask, agency: Agency) -> None:
    browser, headers = browser_of(app, agency, "editor")
    form = {"what": "client:moon", "reason": "wrong price", "confirm": "yes"}
    assert browser.post("/stops", data=form, headers=headers).status_code == 422
    assert "moon" not in browser.get("/campaigns", headers=headers).text.split("halted")[-1].split("</a>")[0]
    assert browser.post("/stops", data={**form, "confirm": " stop "}, headers=headers).status_code == 303
    for address in ("/campaigns", "/accounts", "/unknowns", "/settings", "/campaigns/0"):
        assert 'class="halted"' in browser.get(address).text, address
    shown = browser.get("/stops").text
    assert "wrong price" in shown
    assert "/stops/resume" not in shown
    reviewer, headers = browser_of(app, agency, "reviewer")
    assert "/stops/resume" in reviewer.get("/stops").text
    lifted = reviewer.post("/stops/resume", data={"scope": "client", "name": "moon"}, headers=headers)
    assert lifted.status_code == 303
    assert 'class="halted"' not in browser.get("/campaigns").text
    assert "wrong price" in browser.get("/stops").text


def test_a_clients_user_sees_no_banner(app: Flask, agency: Agency) -> None:
    browser, headers = browser_of(app, agency, "admin")
    browser.post("/stops", data={"what": "client:sun", "reason": "asked for", "confirm": "停止"}, headers=headers)
    viewer, _ = browser_of(app, agency, "client_viewer")
    assert 'class="halted"' not in viewer.get("/campaigns").text
    browser.post("/stops/resume", data={"scope": "client", "name": "sun"}, headers=headers)


def test_a_program_stops_and_lets_go_on(app: Flask, agency: Agency) -> None:
    program, headers = app.test_client(), bearer(agency.tokens["owner"])
    wish = {"scope": "account", "name": "moon-one", "reason": "asked for"}
    answer = program.post("/api/v1/stops", json=wish, headers=headers)
    assert answer.status_code == 201
    assert answer.json["stop"]["by"] == "owner"
    assert answer.json["tally"] == {"out": 0, "stopped": 0, "in_flight": 0, "unknown": 0, "accounts": 0}
    assert program.post("/api/v1/stops", json=wish, headers=headers).status_code == 409
    target = {"scope": "account", "name": "moon-one"}
    assert program.post("/api/v1/stops/resume", json=target, headers=headers).json["lifted_by"] == "owner"
    assert program.post("/api/v1/stops/resume", json=target, headers=headers).status_code == 409
    listed = program.get("/api/v1/stops", headers=headers).json
    assert [one["subject"] for one in listed][:1] == ["moon-one"]


def test_a_neighbour_can_stop_nothing_here(app: Flask, agency: Agency, neighbour: Agency) -> None:
    program = app.test_client()
    program.post("/api/v1/stops", json={"scope": "tenant", "reason": "x"}, headers=bearer(neighbour.tokens["owner"]))
    held = [one for one in program.get("/api/v1/stops", headers=bearer(agency.tokens["owner"])).json if not one["lifted_at"]]
    assert held == []
    program.post("/api/v1/stops/resume", json={"scope": "tenant"}, headers=bearer(neighbour.tokens["owner"]))


def test_an_account_that_is_stopped_says_so_and_its_neighbour_does_not(app: Flask, agency: Agency) -> None:
    browser, headers = browser_of(app, agency, "admin")
    mark = '<a class="badge bad" href="/stops">'
    assert mark not in browser.get("/accounts").text
    browser.post("/stops", data={"what": "client:sun", "reason": "wrong price", "confirm": "停止"}, headers=headers)
    moon, sun = browser.get("/accounts").text.split('id="client-2"')
    assert (moon.count(mark), sun.count(mark)) == (0, 1)
    assert "wrong price" in sun
    browser.post("/stops/resume", data={"scope": "client", "name": "sun"}, headers=headers)
    assert mark not in browser.get("/accounts").text
