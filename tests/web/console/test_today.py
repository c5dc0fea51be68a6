"""The start page and the alerts' pages: what they count, for whom, and what one does there."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from sqlalchemy import text

from saas.accounts.models import Account
from saas.delivery.models import QuotaWindow
from saas.kernel.clock import now
from saas.kernel.database import db, tenant_scope, transaction
from tests.web.conftest import Agency, bearer, browser_of


def stage(app: Flask, agency: Agency) -> None:
    """An account in trouble, a cap that is used up, an alert of each."""
    with app.app_context(), tenant_scope(agency.tenant), transaction() as session:
        account = session.get_one(Account, agency.pieces[0].account)
        account.status, account.trouble = "broken", "revoked"
        window = QuotaWindow(
            account_id=agency.pieces[1].account, rule="mass_month", starts_at=now() - timedelta(days=1),
            ends_at=now() + timedelta(days=9), cap=4, used=4,
        )  # fmt: skip
        session.add(window)
        db.session.execute(
            text(
                "INSERT INTO alerts (kind, subject, is_event, account_id, client_id, facts, since, opened_at) VALUES ('account',"
                " :subject, false, :account, :client, CAST(:facts AS jsonb), now(), now()), ('figure', 'open:1', true, :account,"
                " :client, CAST(:unusual AS jsonb), now(), now())"
            ),
            {
                "subject": f"account:{account.id}",
                "account": account.id,
                "client": account.client_id,
                "facts": '{"account": "月光<b>", "key": "moon-one", "client": "moon", "status": "broken", "trouble": "revoked"}',
                "unusual": '{"campaign": "会员日", "account": "月光", "client": "moon", "key": "moon-one", "rate": "open",'
                ' "value": 0.01, "median": 0.06, "z": -4.2, "n": 12}',
            },
        )  # fmt: skip


def test_the_start_page_counts_what_the_api_counts_and_leads_to_the_lists(app: Flask, agency: Agency) -> None:
    stage(app, agency)
    browser, _ = browser_of(app, agency, "reviewer")
    assert browser.get("/").headers["Location"] == "/today"
    page = browser.get("/today").text
    board = browser.get("/api/v1/dashboard").json
    assert (board["troubles"]["broken"], board["caps"]["full"], board["waits"]["reviews"]) == (1, 1, 2)
    assert (board["sends"]["planned"], board["alerts_open"], board["waits"]["mine"]) == (2, 2, 2)
    assert board["unusual"][0]["what"] == "打开率 1.0%，此前 12 次的中位数 6.0%（修正 z 值 -4.2）"
    assert board["test"].startswith("与该账号此前最多 20 次发送的中位数相比（至少 8 次）")
    leads = ("/reviews", "/waiting", "/unknowns", "/accounts/sun-one/quota", f"/reports?period={board['day']}")
    for part in (board["test"], "授权已被取消", 'hx-trigger="every 10s"', *(f'href="{link}"' for link in leads)):
        assert part in page, part
    assert "月光&lt;b&gt;" in page
    assert "<html" not in browser.get("/today/live").text


def test_a_clients_user_starts_at_campaigns_and_has_no_dashboard(app: Flask, agency: Agency) -> None:
    browser, _ = browser_of(app, agency, "client_viewer")
    assert browser.get("/").headers["Location"] == "/campaigns"
    assert browser.get("/today").status_code == 403
    assert "/today" not in browser.get("/campaigns").text


def test_another_agency_sees_nothing_of_it(app: Flask, agency: Agency, neighbour: Agency) -> None:
    visit = app.test_client()
    headers = bearer(neighbour.tokens["owner"])
    assert visit.get("/api/v1/alerts", headers=headers).json == []
    assert visit.get("/api/v1/dashboard", headers=headers).json["troubles"]["count"] == 0


def test_one_silences_an_alert_and_changes_a_rule_on_the_pages(app: Flask, agency: Agency) -> None:
    browser, headers = browser_of(app, agency, "owner")
    form = {"kind": "account", "hours": "4", "reason": "平台维护"}
    assert browser.post("/alerts/silences", data=form, headers=headers).status_code == 303
    page = browser.get("/alerts").text
    assert "平台维护" in page
    made = browser.get("/api/v1/alerts/silences").json[0]["id"]
    assert browser.post(f"/alerts/silences/{made}/end", headers=headers).status_code == 303
    rule = {"is_on": "on", "threshold": "12", "window": "30", "quiet": "23:00-07:00", "role": ["owner"]}
    assert browser.post("/alerts/rules/failed", data=rule, headers=headers).status_code == 303
    saved = next(one for one in browser.get("/api/v1/alerts/rules").json if one["kind"] == "failed")
    assert (saved["threshold"], saved["quiet"], saved["roles"], saved["window"], saved["own"]) == (
        12,
        "23:00-07:00",
        ["owner"],
        30,
        True,
    )
    assert browser.post("/alerts/rules/failed", data={**rule, "threshold": "999"}, headers=headers).status_code == 422
    robot = {"kind": "robot", "name": "值班群", "address": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc"}
    assert "值班群" in browser.post("/alerts/destinations", data=robot, headers=headers).text
    assert "abc" not in browser.get("/alerts/rules").text
