"""How the application starts, what it refuses to start with, and what it writes down."""

from __future__ import annotations

import dataclasses
import json
import secrets

import pytest
from flask import Flask

from saas.app import create_app
from saas.kernel.settings import BadSettings, Settings
from saas.tenants.walls import WallDown
from tests.web.conftest import PASSWORD, Agency, bearer, browser_of
from tests.web.test_signing import sign_in

GOOD = {
    "DATABASE_URL": "postgresql://app@/qunfa",
    "REDIS_URL": "redis://127.0.0.1",
    "QUNFA_SECRET_KEY": secrets.token_urlsafe(48),
    "QUNFA_ENCRYPTION_KEYS": secrets.token_urlsafe(48),
}


def test_check_17_the_application_refuses_to_start_as_the_databases_owner(settings: Settings) -> None:
    with pytest.raises(WallDown, match="owns tables"):
        create_app(dataclasses.replace(settings, database_url=settings.owner_url))


@pytest.mark.parametrize("name", ["QUNFA_SECRET_KEY", "QUNFA_ENCRYPTION_KEYS"])
@pytest.mark.parametrize("value", [None, "", "changeme", "short" * 3, "a" * 64, "abab" * 20])
def test_check_25_a_missing_or_weak_secret_stops_the_start_and_is_named(name: str, value: str | None) -> None:
    environment = {**GOOD, name: value or ""}
    with pytest.raises(BadSettings, match=name):
        Settings.from_env(environment)


def test_a_sound_environment_is_taken() -> None:
    assert Settings.from_env(GOOD).secret_key == GOOD["QUNFA_SECRET_KEY"]


def test_check_42_secrets_do_not_show_when_settings_are_printed() -> None:
    printed = repr(Settings.from_env(GOOD))
    assert not [value for value in GOOD.values() if value in printed]


def test_check_42_what_is_written_down_holds_no_secret(app: Flask, agency: Agency, capfd: pytest.CaptureFixture[str]) -> None:
    program, canary = app.test_client(), secrets.token_urlsafe(12)
    sign_in(program, f"{canary}@house.test", canary)
    program.get(f"/api/v1/me?token={canary}", headers=bearer(canary))
    browser, headers = browser_of(app, agency, "editor")
    made = browser.post("/api/v1/tokens", json={"name": "x", "scopes": ["read"]}, headers=headers).json["token"]
    program.get("/api/v1/me", headers=bearer(made))
    written = capfd.readouterr().err
    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    assert [line["route"] for line in lines if line["event"] == "request"][-1] == "/api/v1/me"
    for secret in (canary, made, PASSWORD, headers["X-CSRFToken"]):
        assert secret not in written


def test_check_34_the_policy_holds_where_nothing_matches_and_methods_do_not_fit(app: Flask) -> None:
    for method in ("OPTIONS", "TRACE", "PATCH"):
        answer = app.test_client().open("/api/v1/me", method=method)
        assert answer.status_code == 405
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
