"""API tokens: shown once, from the header alone, within their scopes, until they end."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.conftest import Agency, bearer, browser_of


def make(app: Flask, agency: Agency, role: str, *scopes: str) -> dict[str, object]:
    """A new token by way of the page's session."""
    browser, headers = browser_of(app, agency, role)
    answer = browser.post("/api/v1/tokens", json={"name": "mine", "scopes": list(scopes), "days": 3}, headers=headers)
    assert answer.status_code == 201
    return dict(answer.json)


def test_check_32_a_token_is_shown_once(app: Flask, agency: Agency) -> None:
    fresh = make(app, agency, "editor", "read")
    listed = app.test_client().get("/api/v1/tokens", headers=bearer(agency.tokens["editor"]))
    assert fresh["id"] in [token["id"] for token in listed.json]
    assert str(fresh["token"]) not in listed.text


@pytest.mark.parametrize("where", ["token", "access_token", "api_key", "authorization"])
def test_check_32_a_token_in_the_address_counts_for_nothing(visit: FlaskClient, agency: Agency, where: str) -> None:
    assert visit.get("/api/v1/me", query_string={where: agency.tokens["owner"]}).status_code == 401


def test_check_32_a_token_opens_no_page(visit: FlaskClient, agency: Agency) -> None:
    assert visit.get("/campaigns", headers=bearer(agency.tokens["owner"])).status_code == 303


@pytest.mark.parametrize(
    ("scopes", "method", "path", "status"),
    [
        (("read",), "GET", "/api/v1/campaigns", 200),
        (("read",), "POST", "/api/v1/campaigns/check", 403),
        (("read",), "POST", "/api/v1/campaigns/1/send", 403),
        (("write",), "GET", "/api/v1/campaigns", 403),
        (("write",), "POST", "/api/v1/campaigns/check", 422),
        (("write",), "POST", "/api/v1/campaigns/1/send", 403),
        (("send",), "POST", "/api/v1/campaigns/check", 403),
        (("send",), "POST", "/api/v1/campaigns/987654321/send", 404),
        (("read", "write", "send"), "POST", "/api/v1/tokens", 403),
        (("read", "write", "send"), "POST", "/api/v1/me/password", 403),
    ],
)
def test_check_32_a_token_reaches_as_far_as_its_scopes(
    app: Flask, agency: Agency, scopes: tuple[str, ...], method: str, path: str, status: int
) -> None:
    secret = str(make(app, agency, "owner", *scopes)["token"])
    assert app.test_client().open(path, method=method, headers=bearer(secret)).status_code == status


def test_check_32_a_revoked_token_is_refused_at_once(app: Flask, agency: Agency) -> None:
    fresh = make(app, agency, "editor", "read")
    browser, headers = browser_of(app, agency, "editor")
    assert browser.delete(f"/api/v1/tokens/{fresh['id']}", headers=headers).status_code == 204
    assert app.test_client().get("/api/v1/me", headers=bearer(str(fresh["token"]))).status_code == 401


def test_a_wrong_token_is_not_rescued_by_a_cookie(app: Flask, agency: Agency) -> None:
    browser, _ = browser_of(app, agency, "editor")
    answer = browser.get("/api/v1/me", headers=bearer("qf_wrong"))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
