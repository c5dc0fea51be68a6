"""check_15, check_21: who comes by a link sees one client's part of one campaign, and decides once."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from saas.campaigns import guest_remarks
from saas.campaigns.commenting import answer, resolve, threads
from saas.campaigns.links import links_of, make_link, revoke_link
from saas.kernel.database import db, tenant_scope, transaction
from saas.kernel.errors import NotFound
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


def remark(visit: FlaskClient, secret: str, **form: object) -> tuple[int, str]:
    answer = visit.post(f"/r/{secret}/comments", data=form)
    return answer.status_code, answer.text


def test_who_comes_by_a_link_comments_at_words_and_answers_until_the_link_is_over(
    app: Flask, both: Agency, visit: FlaskClient
) -> None:
    secret, campaign = secret_for(app, both), both.pieces[0].campaign
    place = {"account": "moon-one", "part": "text", "quote": "hello", "start": 0}
    assert remark(visit, secret, body="换个问候", **place)[0] == 303
    page = visit.get(f"/r/{secret}").text
    assert "<mark>hello</mark>" in page
    assert "凭链接" in page
    thread = page.split('name="thread" value="')[1].split('"')[0]
    assert remark(visit, secret, body="  谢谢 ", thread=thread)[0] == 303
    status, refused = remark(visit, secret, body="再看", account="sun-one", part="text", quote="秘密", start=0)
    assert (status, ">再看</textarea>" in refused) == (422, True)
    assert remark(visit, secret, body=" ")[0] == 422
    assert remark(visit, secret, body="x" * 4001)[0] == 422
    assert remark(visit, secret[:-1] + "!", body="x")[0] == 404
    with app.app_context(), tenant_scope(both.tenant):
        found = threads(member_by_email(both.emails["editor"]), campaign)
        assert [[(one.author, one.by_link, one.body) for one in thread.said] for thread in found] == [
            [("林小姐", True, "换个问候"), ("林小姐", True, "谢谢")]
        ]
        lines = db.session.execute(text("SELECT detail FROM audit_log WHERE action = 'review.comment_by_link'")).all()
        assert [line.detail["person"] for line in lines] == ["林小姐", "林小姐"]
        assert secret not in str(lines)
        db.session.rollback()
        revoke_link(member_by_email(both.emails["reviewer"]), links_of(member_by_email(both.emails["owner"]), campaign)[0].id)
    assert remark(visit, secret, body="还在吗")[0] == 409


def test_a_link_carries_only_so_many_comments_an_hour(
    app: Flask, both: Agency, visit: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guest_remarks, "HOURLY", 2)
    secret = secret_for(app, both)
    assert [remark(visit, secret, body=f"第 {n} 条")[0] for n in range(3)] == [303, 303, 429]
    assert visit.get(f"/r/{secret}").text.count("凭链接") == 2
    monkeypatch.setattr(guest_remarks, "MOST", 2)
    assert remark(visit, secret, body="x")[0] == 409


def test_check_21_a_client_neither_reads_nor_answers_what_another_client_said_of_the_whole(
    app: Flask, both: Agency, visit: FlaskClient
) -> None:
    secret, campaign = secret_for(app, both), both.pieces[0].campaign
    assert remark(visit, secret, body="月亮的想法")[0] == 303
    with app.app_context(), tenant_scope(both.tenant):
        own = threads(member_by_email(both.emails["client_approver"]), campaign)
        assert [thread.said[0].body for thread in own] == ["月亮的想法"]
        other = replace(member_by_email(both.emails["client_approver"]), client_id=both.pieces[1].client)
        assert threads(other, campaign) == []
        for step in (lambda: answer(other, own[0].id, "我也看到了"), lambda: resolve(other, own[0].id)):
            with pytest.raises(NotFound):
                step()
