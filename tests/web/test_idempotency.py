"""The same POST with the same key: one effect, one answer."""

from __future__ import annotations

import io
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from saas.delivery.scheduling import tidy
from saas.kernel.clock import now
from saas.kernel.database import db, tenant_scope
from saas.tenants.models import IdempotencyKey
from tests.web.conftest import PASSWORD, Agency, bearer, browser_of


@pytest.fixture
def key() -> str:
    return secrets.token_hex(8)


def add_member(browser: FlaskClient, agency: Agency, key: str, name: str = "Ann", role: str = "owner") -> object:
    body = {"email": f"{key}@house.test", "name": name, "role": "analyst", "password": PASSWORD}
    return browser.post("/api/v1/members", json=body, headers=bearer(agency.tokens[role], **{"Idempotency-Key": key}))


def test_check_08_the_same_request_gets_the_same_bytes(visit: FlaskClient, agency: Agency, key: str) -> None:
    first, second = add_member(visit, agency, key), add_member(visit, agency, key)
    assert first.status_code == second.status_code == 201
    assert first.data == second.data
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"


def test_check_08_an_error_is_given_again_too(visit: FlaskClient, agency: Agency, key: str) -> None:
    first, second = (add_member(visit, agency, key, name="") for _ in range(2))
    assert first.status_code == 422
    assert first.data == second.data


def test_check_08_the_same_key_with_another_body_is_refused(visit: FlaskClient, agency: Agency, key: str) -> None:
    add_member(visit, agency, key)
    second = add_member(visit, agency, key, name="Bea")
    assert second.status_code == 422
    assert second.json["error"]["code"] == "idempotency_other_request"


def test_check_08_another_member_does_not_get_the_answer(visit: FlaskClient, agency: Agency, key: str) -> None:
    add_member(visit, agency, key)
    assert add_member(visit, agency, key, role="admin").json["error"]["code"] == "idempotency_other_request"


def test_check_23_the_key_of_a_neighbour_is_free(visit: FlaskClient, agency: Agency, neighbour: Agency, key: str) -> None:
    first, second = add_member(visit, agency, key), add_member(visit, neighbour, key)
    assert first.status_code == second.status_code == 201
    assert first.json["id"] != second.json["id"]


def test_check_08_at_the_same_time_it_happens_once(app: Flask, agency: Agency, key: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: add_member(app.test_client(), agency, key), range(8)))
    made = {answer.data for answer in answers if answer.status_code == 201}
    assert len(made) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}


def test_check_08_while_the_first_still_runs_the_second_is_told_so(
    app: Flask, visit: FlaskClient, agency: Agency, key: str
) -> None:
    add_member(visit, agency, key)
    with app.app_context(), tenant_scope(agency.tenant):
        db.session.execute(text("UPDATE idempotency_keys SET status = NULL WHERE key = :key"), {"key": key})
        db.session.commit()
    assert add_member(visit, agency, key).json["error"]["code"] == "idempotency_running"


def test_check_08_a_form_is_the_same_whatever_its_boundary(visit: FlaskClient, agency: Agency, key: str) -> None:
    answers = [
        visit.post(
            "/api/v1/campaigns/check",
            data={"folder": (io.BytesIO(b"no zip"), "a.zip")},
            headers=bearer(agency.tokens["editor"], **{"Idempotency-Key": key}),
        )
        for _ in range(2)
    ]
    assert answers[0].status_code == 422
    assert answers[0].data == answers[1].data
    assert answers[1].headers["Idempotent-Replayed"] == "true"


def test_check_08_a_crash_frees_the_key(
    app: Flask, visit: FlaskClient, agency: Agency, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = app.view_functions["api_members.add_member"]

    def crash(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setitem(app.view_functions, "api_members.add_member", crash)
    assert add_member(visit, agency, key).status_code == 500
    monkeypatch.setitem(app.view_functions, "api_members.add_member", whole)
    assert add_member(visit, agency, key).status_code == 201


def test_check_32_a_secret_in_a_kept_answer_is_sealed(app: Flask, agency: Agency, key: str) -> None:
    browser, headers = browser_of(app, agency, "owner")
    body = {"name": "kept", "scopes": ["read"]}
    secret = browser.post("/api/v1/tokens", json=body, headers={**headers, "Idempotency-Key": key}).json["token"]
    with app.app_context(), tenant_scope(agency.tenant):
        kept = db.session.get_one(IdempotencyKey, (agency.tenant, key)).body
    assert secret not in kept


def test_keys_are_forgotten_after_two_days_and_not_before_one(app: Flask, visit: FlaskClient, agency: Agency, key: str) -> None:
    old = secrets.token_hex(8)
    for name, age in ((key, timedelta(hours=25)), (old, timedelta(hours=49))):
        add_member(visit, agency, name)
        with app.app_context(), tenant_scope(agency.tenant):
            db.session.get_one(IdempotencyKey, (agency.tenant, name)).created_at = now() - age
            db.session.commit()
    with psycopg.connect(app.extensions["settings"].database_url, autocommit=True) as connection:
        tidy(connection)
    with app.app_context(), tenant_scope(agency.tenant):
        assert db.session.get(IdempotencyKey, (agency.tenant, old)) is None
        assert db.session.get(IdempotencyKey, (agency.tenant, key)) is not None
