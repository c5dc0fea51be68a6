"""The quota ledger at the API and on its page: explained, added to by those who may, with the same answer twice."""

from __future__ import annotations

import io
import secrets
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from saas.accounts.models import Account
from saas.kernel.clock import now
from saas.kernel.database import tenant_scope, transaction
from tests.web.conftest import Agency, bearer, browser_of

RULE = "mass_month"


@pytest.fixture
def key(app: Flask, agency: Agency) -> str:
    """A new service account: four mass sends a month."""
    name = f"svc-{secrets.token_hex(4)}"
    with app.app_context(), tenant_scope(agency.tenant), transaction() as session:
        session.add(
            Account(client_id=agency.pieces[0].client, key=name, channel="official_account", kind="service", name="山岚服务号")
        )
    return name


def entry(units: int = 1, **more: object) -> dict[str, object]:
    return {"rule": RULE, "units": units, "at": now().isoformat(), "reason": "客户在后台群发", **more}


def today() -> str:
    """The date at the platform."""
    return f"{now().astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m-%d}"


def month_of(app: Flask, agency: Agency, key: str) -> dict[str, object]:
    answer = app.test_client().get(f"/api/v1/accounts/{key}/quota", headers=bearer(agency.tokens["analyst"]))
    assert answer.status_code == 200
    return next(cap for cap in answer.json["caps"] if cap["rule"] == RULE)


def test_check_08_an_entry_repeated_with_its_key_counts_once(app: Flask, agency: Agency, key: str) -> None:
    headers = bearer(agency.tokens["owner"], **{"Idempotency-Key": secrets.token_hex(8)})
    body = entry()
    answers = [app.test_client().post(f"/api/v1/accounts/{key}/quota", json=body, headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [204] * 3
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers] == [None, "true", "true"]
    assert app.test_client().post(f"/api/v1/accounts/{key}/quota", json=entry(2), headers=headers).status_code == 422
    told = month_of(app, agency, key)
    assert (told["amount"], told["external"], told["left"]) == (4, 1, 3)
    assert [one["source"] for one in told["outside"]] == ["hand"]


@pytest.mark.parametrize("body", [
    entry(0), entry(units="1"), entry(rule="nothing"), entry(at="yesterday"), entry(at="0001-01-01T00:00"),
    entry(at="9999-12-31T23:59:59-12:00"), entry(reason=""), entry(source="platform"),
    entry(target="x"),
])  # fmt: skip
def test_check_41_an_entry_that_cannot_be_is_refused(app: Flask, agency: Agency, key: str, body: dict[str, object]) -> None:
    answer = app.test_client().post(f"/api/v1/accounts/{key}/quota", json=body, headers=bearer(agency.tokens["owner"]))
    assert answer.status_code == 422
    assert month_of(app, agency, key)["external"] == 0


def test_a_list_is_imported_whole_or_not_at_all(app: Flask, agency: Agency, key: str) -> None:
    headers = bearer(agency.tokens["owner"], **{"Content-Type": "text/csv"})
    head, good = "account,rule,units,at,reason\n", f"{key},{RULE},2,{today()}T00:00,console\n"
    bad = app.test_client().post("/api/v1/quota/import", data=f"{head}{good}{key},no,x,y,\n", headers=headers)
    assert bad.status_code == 422
    assert {found["rule"] for found in bad.json["error"]["detail"]["findings"]} >= {"quota.rule", "quota.units", "quota.at"}
    assert month_of(app, agency, key)["external"] == 0
    answers = [app.test_client().post("/api/v1/quota/import", data=head + good, headers=headers).json for _ in range(2)]
    assert answers == [{"noted": 1, "known": 0}, {"noted": 0, "known": 1}]
    assert app.test_client().get("/api/v1/quota/verify", headers=bearer(agency.tokens["analyst"])).json["differences"] == []


def test_the_page_shows_and_takes_what_was_sent_elsewhere(app: Flask, agency: Agency, key: str) -> None:
    browser, headers = browser_of(app, agency, "admin")
    assert f"/accounts/{key}/quota" in browser.get("/accounts").text
    form = {"rule": RULE, "units": "1", "date": today(), "time": "09:30", "reason": "客户自己群发"}
    refused = browser.post(f"/accounts/{key}/quota", data={**form, "units": "many"}, headers=headers)
    assert refused.status_code == 422
    assert 'value="many"' in refused.text
    ancient = browser.post(f"/accounts/{key}/quota", data={**form, "date": "0001-01-01"}, headers=headers)
    assert ancient.status_code == 422
    assert "400" in ancient.text
    this_month = {**form, "date": today(), "time": "00:00"}
    assert browser.post(f"/accounts/{key}/quota", data=this_month, headers=headers).status_code == 303
    shown = browser.get(f"/accounts/{key}/quota").text
    assert "客户自己群发" in shown
    assert agency.emails["admin"] in shown
    analyst, _ = browser_of(app, agency, "analyst")
    assert "enter_external" not in analyst.get(f"/accounts/{key}/quota").text
    assert 'name="units"' not in analyst.get(f"/accounts/{key}/quota").text


def test_a_list_with_faults_comes_back_with_all_of_them_on_the_page(app: Flask, agency: Agency, key: str) -> None:
    browser, headers = browser_of(app, agency, "admin")
    rows = f"account,rule,units,at,reason\n{key},{RULE},0,{today()},x\nnobody,{RULE},1,{today()},x\n"
    answer = browser.post("/accounts/quota", data={"list": (io.BytesIO(rows.encode()), "sent.csv")}, headers=headers)
    assert answer.status_code == 422
    assert "sent.csv" in answer.text
    assert "nobody" in answer.text
    fine = f"account,rule,units,at,reason\n{key},{RULE},1,{today()},x\n"
    assert (
        browser.post("/accounts/quota", data={"list": (io.BytesIO(fine.encode()), "s.csv")}, headers=headers).status_code == 303
    )


def test_another_agencys_account_is_not_there(app: Flask, agency: Agency, neighbour: Agency, key: str) -> None:
    for path in (f"/api/v1/accounts/{key}/quota",):
        assert app.test_client().get(path, headers=bearer(neighbour.tokens["owner"])).status_code == 404
        assert app.test_client().post(path, json=entry(), headers=bearer(neighbour.tokens["owner"])).status_code == 404
