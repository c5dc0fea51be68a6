"""Taking back at a browser: what would happen is said before anything is asked."""

from __future__ import annotations

from flask import Flask

from tests.web.conftest import Agency, browser_of


def test_the_page_asks_whose_and_says_when_there_is_nothing(app: Flask, agency: Agency) -> None:
    browser, headers = browser_of(app, agency, "editor")
    asked = browser.get("/recalls").text
    assert 'name="client"' in asked
    assert "moon-one" in asked
    told = browser.get("/recalls?client=moon&since=2h")
    assert told.status_code == 200
    assert 'action="/recalls" data-once' not in told.text
    assert browser.get("/recalls?client=moon&since=soon").status_code == 422
    done = browser.post("/recalls", data={"account": "moon-one", "since": "2h"}, headers=headers)
    assert "account=moon-one" in done.headers["Location"]


def test_a_campaign_of_another_agency_is_not_there(app: Flask, agency: Agency, neighbour: Agency) -> None:
    browser, headers = browser_of(app, agency, "owner")
    address = f"/recalls?campaign={neighbour.pieces[0].campaign}"
    assert browser.get(address).status_code == 404
    form = {"campaign": str(neighbour.pieces[0].campaign)}
    assert browser.post("/recalls", data=form, headers=headers).status_code == 404
