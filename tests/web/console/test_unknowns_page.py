"""What nobody knows, on its page and at the API: said by a person with a reason, never by a button that was not pressed."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text

from saas.kernel.database import db, tenant_scope, transaction
from tests.web.conftest import Agency, bearer, browser_of

SET_ASIDE = """UPDATE deliveries SET state = 'unknown', unknown = people, code = 'set_aside', crashes = 3, started_at = now()
  WHERE id = :id"""


@pytest.fixture
def aside(app: Flask, agency: Agency) -> int:
    delivery = agency.pieces[0].delivery
    with app.app_context(), tenant_scope(agency.tenant), transaction():
        db.session.execute(text(SET_ASIDE), {"id": delivery})
    return delivery


def state_of(app: Flask, agency: Agency, delivery: int) -> str:
    with app.app_context(), tenant_scope(agency.tenant), transaction():
        return str(db.session.scalar(text("SELECT state FROM deliveries WHERE id = :id"), {"id": delivery}))


def test_what_was_set_aside_goes_again_from_its_page(app: Flask, agency: Agency, aside: int) -> None:
    browser, headers = browser_of(app, agency, "reviewer")
    assert 'value="again"' in browser.get("/unknowns").text
    answer = browser.post(f"/unknowns/{aside}", data={"happened": "again", "reason": "not in its list"}, headers=headers)
    assert answer.status_code == 303
    assert state_of(app, agency, aside) == "due"
    again = browser.post(f"/unknowns/{aside}", data={"happened": "again", "reason": "not in its list"}, headers=headers)
    assert again.status_code == 409


def test_a_form_without_an_answer_settles_nothing(app: Flask, agency: Agency, aside: int) -> None:
    browser, headers = browser_of(app, agency, "reviewer")
    assert browser.post(f"/unknowns/{aside}", data={"reason": "seen"}, headers=headers).status_code == 422
    assert state_of(app, agency, aside) == "unknown"


def test_a_program_sends_again_once(app: Flask, agency: Agency, aside: int) -> None:
    program, headers = app.test_client(), bearer(agency.tokens["reviewer"])
    address = f"/api/v1/unknowns/{aside}/again"
    assert program.post(address, json={"reason": "not in its list"}, headers=headers).status_code == 204
    assert state_of(app, agency, aside) == "due"
    assert program.post(address, json={"reason": "not in its list"}, headers=headers).status_code == 409
