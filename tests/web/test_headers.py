"""Every answer, good or bad, carries the strict policy; what is data is not kept; nothing tells of our inside."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.conftest import Agency, bearer, browser_of
from tests.web.test_access import TABLE, things
from tests.web.walking import address

NEEDED = {
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'",
    "base-uri 'none'",
}

OWN_POLICY = {"GET /library/<int:item_id>/edit", "GET /library/<int:item_id>/edit/phone", "GET /library/<int:item_id>/body"}
"""The editor, and frames that may do nothing: test_editor.py and test_previews.py compare their policies word by word."""


@pytest.mark.parametrize("name", sorted(TABLE))
def test_check_34_every_route_answers_behind_the_policy(app: Flask, agency: Agency, name: str) -> None:
    browser, headers = browser_of(app, agency, "analyst")
    method, path = address(name, things(agency))
    if name not in OWN_POLICY | {"POST /sign-out"}:
        _behind_the_policy(browser.open(path, method=method, headers=headers, buffered=True).headers)
    _behind_the_policy(app.test_client().open(path, method=method, buffered=True).headers)


@pytest.mark.parametrize("path", ["/nothing", "/api/v1/nothing", "/static/nothing.css", "/campaigns/0"])
def test_check_34_errors_answer_behind_the_policy_too(visit: FlaskClient, path: str) -> None:
    _behind_the_policy(visit.get(path).headers)


def test_check_34_a_crash_answers_behind_the_policy_too(app: Flask, visit: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.view_functions, "health.healthz", _crash)
    answer = visit.get("/healthz")
    assert answer.status_code == 500
    _behind_the_policy(answer.headers)


def test_check_50_a_crash_tells_a_number_and_nothing_else(
    app: Flask, visit: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.view_functions, "health.healthz", _crash)
    answer = visit.get("/healthz", headers={"Accept": "application/json"})
    assert answer.json["error"]["request_id"] == answer.headers["X-Request-Id"]
    assert "the inside" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("path", ["/api/v1/me", "/api/v1/campaigns", "/api/v1/members"])
def test_check_50_data_is_not_kept_by_anyone_on_the_way(visit: FlaskClient, agency: Agency, path: str) -> None:
    assert visit.get(path, headers=bearer(agency.tokens["owner"])).headers["Cache-Control"] == "no-store"


def test_check_50_the_debugger_is_not_there(app: Flask, visit: FlaskClient) -> None:
    assert not app.debug
    assert visit.get("/console").status_code == 404
    assert visit.get("/?__debugger__=yes&cmd=resource&f=debugger.js").status_code != 200


def _behind_the_policy(headers: object) -> None:
    policy = headers["Content-Security-Policy"]  # type: ignore[index]
    assert {part.strip() for part in policy.split(";")} >= NEEDED
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"  # type: ignore[index]
    assert headers["X-Request-Id"]  # type: ignore[index]


def _crash(*_: object, **__: object) -> None:
    raise RuntimeError("the inside")


_crash.open_door = True  # type: ignore[attr-defined]
