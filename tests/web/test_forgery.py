"""Who comes by cookie must bring the page's token; who comes with a token needs none; cookies are out of reach."""

from __future__ import annotations

import dataclasses

import pytest
from flask import Flask

from saas.app import create_app
from saas.kernel.settings import Settings
from tests.web.conftest import PASSWORD, Agency, bearer, browser_of, close, csrf
from tests.web.test_access import TABLE, things
from tests.web.walking import address

BY_SECRET = ("/callbacks/", "/r/<secret>", "/g/<secret>")
"""Whose address is the authority: no cookie speaks for who comes there."""
UNSAFE = sorted(name for name in TABLE if not name.startswith("GET ") and not any(part in name for part in BY_SECRET))


@pytest.mark.parametrize("name", UNSAFE)
def test_check_33_every_unsafe_route_by_cookie_refuses_without_the_pages_token(app: Flask, agency: Agency, name: str) -> None:
    browser, _ = browser_of(app, agency, "owner")
    method, path = address(name, things(agency))
    answer = browser.open(path, method=method, headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert answer.json["error"]["code"] == "csrf"


def test_check_33_the_token_of_another_session_does_not_fit(app: Flask, agency: Agency) -> None:
    browser, _ = browser_of(app, agency, "editor")
    _, headers = browser_of(app, agency, "analyst")
    answer = browser.post("/api/v1/tokens", json={"name": "x", "scopes": ["read"]}, headers=headers)
    assert answer.json["error"]["code"] == "csrf"


def test_a_program_with_a_token_needs_no_page(app: Flask, agency: Agency) -> None:
    answer = app.test_client().post("/api/v1/campaigns/check", headers=bearer(agency.tokens["editor"]))
    assert answer.json["error"]["code"] == "folder_missing"


def test_check_33_over_https_cookies_carry_the_host_prefix(settings: Settings, agency: Agency) -> None:
    application = create_app(dataclasses.replace(settings, secure_cookies=True))
    browser = application.test_client()
    place = {"base_url": "https://qunfa.test"}
    browser.get("/sign-in", **place)
    page = browser.get("/sign-in", **place)
    form = {"email": agency.emails["analyst"], "password": PASSWORD, "csrf_token": _token(page.text)}
    answer = browser.post("/sign-in", data=form, headers={"Referer": "https://qunfa.test/sign-in"}, **place)
    close(application)
    cookies = [cookie for cookie in answer.headers.getlist("Set-Cookie") if cookie.startswith("__Host-qunfa=")]
    assert answer.status_code == 303
    assert len(cookies) == 1
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookies[0].split(";")}
    assert "Domain" not in cookies[0]


def test_the_pages_token_changes_with_who_is_signed_in(app: Flask, agency: Agency) -> None:
    browser = app.test_client()
    before = _token(browser.get("/sign-in").text)
    browser.post("/sign-in", data={"email": agency.emails["analyst"], "password": PASSWORD, "csrf_token": before})
    refused = browser.post("/api/v1/tokens", json={}, headers={"X-CSRFToken": before})
    assert refused.json["error"]["code"] == "csrf"
    assert browser.post("/api/v1/tokens", json={}, headers=csrf(browser)).status_code == 422


def _token(page: str) -> str:
    return page.split('name="csrf_token" value="')[1].split('"')[0]
