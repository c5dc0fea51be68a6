"""A campaign that two clients sign: neither finds the other's name, people or words in it, by any way that it has."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from saas.campaigns.flows import save_flow
from saas.campaigns.links import make_link
from saas.kernel.database import db, tenant_scope, transaction
from saas.review.stages import StageRule
from saas.tenants.service import create_member, member_by_email
from tests.web.conftest import DIGEST, PASSWORD, Agency, bearer, browser_of, make_agency
from tests.web.test_quarter import told

SISTERS = ("向日葵", "周太阳", "吴太阳", "太阳说可以")
"""The other client, its person who came by a link, its approver with a login, and what it said."""
INWARD = "内部：毛利太低，先这样"
PAGES = ("", "/live", "/report")


@pytest.fixture(scope="module")
def shared(app: Flask) -> Agency:
    """The first client's campaign reaches the second's account too; a reviewer and both clients have signed it."""
    agency = make_agency(app, "shared")
    moon, sun = agency.pieces
    with app.app_context(), tenant_scope(agency.tenant):
        owner = member_by_email(agency.emails["owner"])
        with transaction() as session:
            session.execute(text("UPDATE clients SET name = '向日葵' WHERE id = :id"), {"id": sun.client})
            reach = """INSERT INTO dispatches (campaign_id, account_id, message)
                       SELECT :c, :a, message FROM dispatches WHERE campaign_id = :c"""
            session.execute(text(reach), {"c": moon.campaign, "a": sun.account})
        for piece in (moon, sun):
            save_flow(owner, piece.client, [StageRule("first", ("reviewer",)), StageRule("client")], reasons=False)
        create_member(None, f"sunny-{agency.tenant}@sun.test", "吴太阳", "client_approver", PASSWORD, sun.client)
        db.session.execute(text("SELECT freeze_flow(:c)"), {"c": moon.campaign})
        db.session.commit()
        secret = make_link(owner, moon.campaign, "周太阳", client="向日葵")
    sign(app, agency, "reviewer", INWARD)
    said = {"digest": DIGEST, "decision": "approve", "note": "太阳说可以"}
    assert app.test_client().post(f"/r/{secret}", data=said).status_code == 200
    sign(app, agency, "client_approver", "月亮说可以")
    return agency


def sign(app: Flask, agency: Agency, role: str, note: str) -> None:
    path, body = f"/api/v1/campaigns/{agency.pieces[0].campaign}/approve", {"digest": DIGEST, "note": note}
    assert app.test_client().post(path, json=body, headers=bearer(agency.tokens[role])).status_code == 200


def found(app: Flask, agency: Agency, role: str) -> dict[str, str]:
    """What the member finds of the campaign, by address: pages, answers and the extract of evidence."""
    one, browser = agency.pieces[0].campaign, browser_of(app, agency, role)[0]
    paths = [f"/campaigns/{one}{page}" for page in PAGES] + [f"/api/v1/campaigns/{one}"]
    if role != "client_viewer":
        paths += [f"/campaigns/{one}/review", f"/api/v1/campaigns/{one}/review"]
    answers: dict[str, Any] = {path: browser.get(path) for path in paths}
    assert {answer.status_code for answer in answers.values()} == {200}
    seen = {path: answer.text for path, answer in answers.items()}
    return seen | {"evidence": "\n".join(told(browser.get(f"/api/v1/campaigns/{one}/evidence").data, "zip"))}


@pytest.mark.parametrize("role", ["client_viewer", "client_approver"])
def test_a_client_finds_neither_name_nor_person_nor_word_of_another_that_signs_the_same_campaign(
    app: Flask, shared: Agency, role: str
) -> None:
    seen = found(app, shared, role)
    assert {path: [one for one in SISTERS if one in said] for path, said in seen.items()} == {path: [] for path in seen}
    assert all("reviewer" in said and "client_approver" in said for said in seen.values()), "its own and the agency's people do"
    assert '"stage_kind":"client"' in seen["evidence"], "its own decision is proven"


def test_what_a_reviewer_notes_stays_in_the_agency_and_a_clients_own_note_with_the_client(app: Flask, shared: Agency) -> None:
    one = shared.pieces[0].campaign
    for path in (f"/campaigns/{one}/review", f"/api/v1/campaigns/{one}/review"):
        seen = {role: found(app, shared, role)[path] for role in ("reviewer", "client_approver")}
        assert {role: INWARD in said for role, said in seen.items()} == {"reviewer": True, "client_approver": False}
        assert all("月亮说可以" in said for said in seen.values())


def test_the_agency_finds_both_clients(app: Flask, shared: Agency) -> None:
    seen = found(app, shared, "reviewer")
    review = seen[f"/campaigns/{shared.pieces[0].campaign}/review"]
    assert [one for one in SISTERS if one not in review] == ["吴太阳"], "who could sign as well is not named once it is signed"
    assert "周太阳" in seen["evidence"]
