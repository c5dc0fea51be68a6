"""Ordering reports on the page, and the page that a report's link opens."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from saas.kernel.database import db, tenant_scope, transaction
from saas.reports.definitions import DEFINITIONS
from saas.reports.ordered import hash_of
from tests.web.conftest import Agency, browser_of

SECRET = "of-the-link-to-moon"


def test_one_orders_a_report_and_its_link_shows_one_brand_without_a_login(app: Flask, agency: Agency, visit: FlaskClient) -> None:
    browser, headers = browser_of(app, agency, "owner")
    moon = agency.pieces[0].client
    form = {"client": moon, "period": "month", "hour": "9", "link_days": "14", "member": agency.members["client_viewer"]}
    assert browser.post("/reports/orders", data=form, headers=headers).status_code == 303
    assert browser.post("/reports/orders", data={**form, "hour": "25"}, headers=headers).status_code == 422
    assert browser.post("/reports/orders", data={**form, "client": agency.pieces[1].client}, headers=headers).status_code == 404
    made = browser.get("/api/v1/reports/orders").json[0]
    assert (made["client"], made["period"], made["link_days"]) == ("moon", "month", 14)
    with app.app_context(), tenant_scope(agency.tenant), transaction():
        db.session.execute(
            text(
                "INSERT INTO report_links (order_id, client_id, period, hash, made_at, expires_at)"
                " VALUES (:order, :client, '2026-03', :hash, now(), now() + interval '1 day')"
            ),
            {"order": made["id"], "client": moon, "hash": hash_of(SECRET)},
        )
    answer = visit.get(f"/d/{SECRET}")
    assert (answer.status_code, answer.headers["X-Robots-Tag"]) == (200, "noindex, nofollow, noarchive")
    assert "<h1>moon</h1>" in answer.text
    assert "sun" not in answer.text and answer.text.count("data-all=") == len(DEFINITIONS)
    paper = visit.get(f"/d/{SECRET}?format=pdf")
    assert (paper.status_code, paper.data[:5]) == (200, b"%PDF-")
    sheet = browser.get("/reports?period=2026-03&format=csv")
    assert sheet.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert visit.get("/d/of-no-link-at-all").status_code == 404
    link = browser.get("/api/v1/reports/links").json[0]
    assert link["views"] == 2
    assert "打开 2 次" in browser.get("/reports/orders").text
    assert browser.post(f"/reports/links/{link['id']}/revoke", headers=headers).status_code == 303
    assert visit.get(f"/d/{SECRET}").status_code == 404
    assert browser.post(f"/reports/orders/{made['id']}/end", headers=headers).status_code == 303
    assert browser.get("/api/v1/reports/orders").json == []


def test_somebody_outside_says_yes_on_a_page_and_their_mail_program_ends_it_with_one_click(
    app: Flask, agency: Agency, visit: FlaskClient
) -> None:
    browser, headers = browser_of(app, agency, "owner")
    form = {"client": agency.pieces[0].client, "period": "month", "hour": "9", "link_days": "14", "guests": "Boss@client.test"}
    assert browser.post("/reports/orders", data=form, headers=headers).status_code == 303
    guest = browser.get("/api/v1/reports/guests").json[0]
    assert (guest["email"], guest["state"], guest["mail"]) == ("boss@client.test", "asked", "due")
    with app.app_context(), tenant_scope(agency.tenant), transaction():
        query = "INSERT INTO report_guest_keys (hash, guest_id, made_at) VALUES (:hash, :guest, now())"
        db.session.execute(text(query), {"hash": hash_of(SECRET), "guest": guest["id"]})
    asked = visit.get(f"/g/{SECRET}")
    assert (asked.status_code, asked.headers["X-Robots-Tag"]) == (200, "noindex, nofollow, noarchive")
    assert "要接收这份报告吗" in asked.text and "b***@client.test" in asked.text and "boss@" not in asked.text
    assert browser.get("/api/v1/reports/guests").json[0]["state"] == "asked"
    assert "您会收到这份报告" in visit.post(f"/g/{SECRET}", data={"word": "yes"}).text
    assert "已确认" in browser.get("/reports/orders").text
    assert visit.post(f"/g/{SECRET}", data={"word": "nonsense"}).status_code == 422
    assert "已退订" in visit.post(f"/g/{SECRET}", data={"List-Unsubscribe": "One-Click"}).text
    assert visit.get("/g/of-no-mail-at-all").status_code == 404
    again = browser.post(f"/reports/orders/{guest['order_id']}/guests", data={"email": "boss@client.test"}, headers=headers)
    assert again.status_code == 409 and "不久前已问过此邮箱" in again.text
    assert browser.post(f"/reports/guests/{guest['id']}/remove", headers=headers).status_code == 303
    assert browser.get("/api/v1/reports/guests").json == []
    assert browser.post(f"/reports/orders/{guest['order_id']}/end", headers=headers).status_code == 303
