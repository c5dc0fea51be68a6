"""Signing in and out of a browser: limits that cannot be dodged, the same answer for everyone, sessions that end."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis

from saas.app import create_app
from saas.delivery import alive
from saas.kernel.settings import Settings
from tests.web.conftest import PASSWORD, Agency, close, csrf, signed_in


def sign_in(browser: FlaskClient, email: str, password: str, address: str = "192.0.2.1", **headers: str) -> int:
    """The status of a try from the sign-in page."""
    token = browser.get("/sign-in", environ_base={"REMOTE_ADDR": address}).text.split('name="csrf_token" value="')
    form = {"email": email, "password": password, "csrf_token": token[1].split('"')[0] if len(token) > 1 else ""}
    return browser.post("/sign-in", data=form, headers=headers, environ_base={"REMOTE_ADDR": address}).status_code


@pytest.fixture
def calm(app: Flask) -> Iterator[None]:
    """Limits as if nobody had tried yet, before and after."""
    app.extensions["sign_in_limiter"].reset()
    yield
    app.extensions["sign_in_limiter"].reset()


def test_a_member_signs_in_and_out(app: Flask, agency: Agency, calm: None) -> None:
    browser = app.test_client()
    assert sign_in(browser, agency.emails["editor"], PASSWORD) == 303
    assert browser.get("/api/v1/me").json["email"] == agency.emails["editor"]
    browser.post("/sign-out", headers=csrf(browser))
    assert browser.get("/api/v1/me").status_code == 401


def test_check_27_signing_out_ends_the_session_on_the_server(app: Flask, agency: Agency) -> None:
    browser = signed_in(app, agency.emails["editor"])
    secret = browser.get_cookie("qunfa").value
    browser.post("/sign-out", headers=csrf(browser))
    thief = app.test_client()
    thief.set_cookie("qunfa", secret)
    assert thief.get("/api/v1/me").status_code == 401


def test_check_27_signing_in_changes_the_session_and_ends_the_old_one(app: Flask, agency: Agency, calm: None) -> None:
    browser = signed_in(app, agency.emails["editor"])
    before = browser.get_cookie("qunfa").value
    token = csrf(browser)["X-CSRFToken"]
    browser.post("/sign-in", data={"email": agency.emails["analyst"], "password": PASSWORD, "csrf_token": token})
    assert browser.get_cookie("qunfa").value != before
    assert browser.get("/api/v1/me").json["email"] == agency.emails["analyst"]
    thief = app.test_client()
    thief.set_cookie("qunfa", before)
    assert thief.get("/api/v1/me").status_code == 401


def test_someone_of_another_agency_may_sign_in_at_the_same_browser(
    app: Flask, agency: Agency, neighbour: Agency, calm: None
) -> None:
    browser = signed_in(app, agency.emails["editor"])
    token = csrf(browser)["X-CSRFToken"]
    browser.post("/sign-in", data={"email": neighbour.emails["editor"], "password": PASSWORD, "csrf_token": token})
    assert browser.get("/api/v1/me").json["tenant_id"] == neighbour.tenant


def test_check_30_the_page_says_the_same_of_unknown_and_known(app: Flask, agency: Agency, calm: None) -> None:
    pages = []
    for email in (agency.emails["editor"], "nobody@nowhere.test"):
        browser = app.test_client()
        token = browser.get("/sign-in").text.split('name="csrf_token" value="')[1].split('"')[0]
        answer = browser.post("/sign-in", data={"email": email, "password": "wrong horse battery", "csrf_token": token})
        pages.append((answer.status_code, answer.text.replace(email, "").split('name="csrf_token"')[0]))
    assert pages[0] == pages[1]


def test_check_29_tries_are_limited_by_address(app: Flask, calm: None) -> None:
    browser = app.test_client()
    statuses = [sign_in(browser, f"{n}@nowhere.test", "x", "192.0.2.7") for n in range(21)]
    assert statuses[:20] == [401] * 20
    assert statuses[20] == 429


def test_check_29_an_invented_forwarding_header_dodges_nothing(app: Flask, calm: None) -> None:
    browser = app.test_client()
    statuses = [
        sign_in(browser, f"{n}@nowhere.test", "x", "192.0.2.8", **{"X-Forwarded-For": f"198.51.100.{n}"}) for n in range(21)
    ]
    assert statuses[20] == 429


def test_check_29_tries_on_one_member_are_limited_from_everywhere(app: Flask, agency: Agency, calm: None) -> None:
    browser = app.test_client()
    statuses = [sign_in(browser, agency.emails["owner"].upper(), "x", f"192.0.2.{n + 20}") for n in range(11)]
    assert statuses[9] == 401
    assert statuses[10] == 429


def test_check_29_without_redis_the_limit_is_stricter_and_never_open(settings: Settings) -> None:
    away = dataclasses.replace(settings, redis_url=f"redis://:{secrets.token_hex(8)}@127.0.0.1:1/0")
    application = create_app(away)
    browser = application.test_client()
    statuses = [sign_in(browser, f"{n}@nowhere.test", "x") for n in range(6)]
    close(application)
    assert statuses == [401] * 5 + [429]


def test_check_29_behind_a_known_proxy_the_callers_own_address_counts(settings: Settings) -> None:
    application = create_app(dataclasses.replace(settings, proxies=1))
    application.extensions["sign_in_limiter"].reset()
    browser = application.test_client()
    invented = [f"203.0.113.{n}, 198.51.100.9" for n in range(21)]
    statuses = [sign_in(browser, f"{n}@nowhere.test", "x", **{"X-Forwarded-For": line}) for n, line in enumerate(invented)]
    application.extensions["sign_in_limiter"].reset()
    close(application)
    assert statuses[20] == 429


def test_readyz_says_what_is_missing(settings: Settings, visit: FlaskClient) -> None:
    application = create_app(dataclasses.replace(settings, redis_url="redis://127.0.0.1:1/0"))
    answer = application.test_client().get("/readyz")
    close(application)
    assert visit.get("/readyz").status_code == 200
    assert answer.json["status"] == "unavailable"
    assert answer.status_code == 503
    assert answer.json["parts"] == {"postgresql": True, "redis": False}


def test_readyz_tells_when_nobody_works_and_pages_stay_up(settings: Settings, visit: FlaskClient) -> None:
    with Redis.from_url(settings.redis_url) as redis:
        redis.delete(alive.ALIVE)
        alive.say(redis, "worker", "one")
        alone = visit.get("/readyz")
        alive.say(redis, "scheduler", "one")
        alive.say(redis, "worker", "two")
        together = visit.get("/readyz")
        redis.zadd(alive.ALIVE, {"scheduler one": redis.time()[0] - alive.GONE_AFTER - 1})
        lost = visit.get("/readyz")
        redis.delete(alive.ALIVE)
    assert (alone.status_code, alone.json["status"]) == (200, "degraded")
    assert alone.json["processes"] == {"worker": 1, "scheduler": 0}
    assert together.json["status"] == "ok"
    assert together.json["processes"] == {"worker": 2, "scheduler": 1}
    assert lost.json["status"] == "degraded"
