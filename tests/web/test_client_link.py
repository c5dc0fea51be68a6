"""check_15, check_21: who comes by a link sees one client's part of one campaign, and decides once."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from saas.campaigns.links import links_of, make_link, revoke_link
from saas.kernel.database import db, tenant_scope, transaction
from saas.tenants.service import member_by_email
from tests.web.conftest import Agency, make_agency

FLOW = json.dumps([{"kind": "client", "roles": [], "members": [], "hours": 24, "remind": []}])
SAID = '{"kind": "text", "text": "给太阳客户的秘密"}'


@pytest.fixture
def both(app: Flask) -> Agency:
    """An agency whose first campaign reaches both clients' accounts; the first client approves it."""
    agency = make_agency(app, "links")
    moon, sun = agency.pieces
    with app.app_context(), tenant_scope(agency.tenant), transaction():
        values = {"c": moon.campaign, "a": sun.account, "said": SAID, "k": moon.client, "f": FLOW, "m": agency.members["owner"]}
        run = db.session.execute
        run(text("INSERT INTO dispatches (campaign_id, account_id, message) VALUES (:c, :a, CAST(:said AS jsonb))"), values)
        flow = "INSERT INTO review_flows (client_id, stages, member_id, reasons) VALUES (:k, CAST(:f AS jsonb), :m, false)"
        run(text(flow), values)
        run(text("SELECT freeze_flow(:c)"), values)
        word = """INSERT INTO approvals (campaign_id, member_id, decision, digest)
                  SELECT id, :m, 'approved', digest FROM campaigns WHERE id = :c"""
        run(text(word), values)  # the other client's review comes first
    return agency


def secret_for(app: Flask, agency: Agency) -> str:
    with app.app_context(), tenant_scope(agency.tenant):
        return make_link(member_by_email(agency.emails["reviewer"]), agency.pieces[0].campaign, "林小姐")


def decide(visit: FlaskClient, secret: str, page: str, decision: str = "approve", note: str = "") -> tuple[int, str]:
    digest = page.split('name="digest" value="')[1].split('"')[0]
    answer = visit.post(f"/r/{secret}", data={"digest": digest, "decision": decision, "note": note})
    return answer.status_code, answer.text


def test_check_21_a_link_shows_its_clients_part_and_nothing_else(app: Flask, both: Agency, visit: FlaskClient) -> None:
    secret = secret_for(app, both)
    answer = visit.get(f"/r/{secret}")
    assert answer.status_code == 200
    assert "hello" in answer.text
    assert "秘密" not in answer.text
    assert "sun" not in answer.text
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert visit.get(f"/r/{secret}/phone/moon-one").status_code == 200
    assert visit.get(f"/r/{secret}/phone/sun-one").status_code == 404
    assert visit.get(f"/r/{secret[:-1]}x").status_code == 404
    assert visit.get("/campaigns").status_code == 303


def test_check_15_a_link_decides_once_and_a_replay_is_refused(app: Flask, both: Agency, visit: FlaskClient) -> None:
    secret = secret_for(app, both)
    page = visit.get(f"/r/{secret}").text
    assert decide(visit, secret, page, "reject")[0] == 422
    assert decide(visit, secret, page.replace('value="0', 'value="1'))[0] == 409
    status, thanks = decide(visit, secret, page)
    assert (status, "已记录" in thanks) == (200, True)
    assert decide(visit, secret, page)[0] == 409
    after = visit.get(f"/r/{secret}").text
    assert "hello" not in after
    assert visit.get(f"/r/{secret}/phone/moon-one").headers["Content-Type"].startswith("text/html")
    with app.app_context(), tenant_scope(both.tenant):
        words = db.session.execute(text("SELECT person, note FROM approvals WHERE link_id IS NOT NULL")).all()
        assert [tuple(word) for word in words] == [("林小姐", "")]
        db.session.rollback()


def test_a_revoked_link_shows_nothing(app: Flask, both: Agency, visit: FlaskClient) -> None:
    secret = secret_for(app, both)
    page = visit.get(f"/r/{secret}").text
    with app.app_context(), tenant_scope(both.tenant):
        actor = member_by_email(both.emails["reviewer"])
        revoke_link(actor, links_of(actor, both.pieces[0].campaign)[0].id)
    gone = visit.get(f"/r/{secret}").text
    assert "撤回" in gone
    assert "hello" not in gone
    assert decide(visit, secret, page)[0] == 409
