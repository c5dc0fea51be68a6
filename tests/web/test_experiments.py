"""An experiment from its setting up to its conclusion: the same on pages, at the API and in every file."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from datetime import date
from html import unescape
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader

from saas.kernel.settings import Settings
from saas.ops.embedded import Database
from saas.reports.exports.words import percent
from tests.conftest import House
from tests.reports.quarter import TrueSend, played
from tests.web.conftest import bearer, browser_of, make_agency
from tests.web.test_quarter import Place, sheet, told


@pytest.fixture(scope="module")
def place(app: Flask, settings: Settings) -> Iterator[Place]:
    agency = make_agency(app, "compared")
    house = House(Database("compared", settings.owner_url, settings.database_url), app, agency.tenant, dict(agency.members))
    yield Place(app, agency, asyncio.run(played(house, first=date(2026, 8, 1), last=date(2026, 8, 12))))


def campaigns(place: Place, client: str) -> dict[int, list[TrueSend]]:
    """The client's sends to people, by campaign, of campaigns of which every number is known."""
    found: dict[int, list[TrueSend]] = {}
    for one in place.quarter.book.sends:
        if one.client == client and one.unit == "person":
            number = place.quarter.house.one("SELECT campaign_id FROM dispatches WHERE id = %s", one.dispatch)
            found.setdefault(number, []).append(one)
    return {number: sends for number, sends in found.items() if all(send.figures for send in sends)}


def ask(place: Place, method: str, path: str, role: str = "owner", **body: Any) -> Any:
    headers = bearer(place.agency.tokens[role])
    return place.app.test_client().open(f"/api/v1/{path}", method=method, json=body or None, headers=headers)


@pytest.fixture(scope="module")
def made(place: Place) -> Any:
    """An experiment over the first two campaigns of which everything is known."""
    pair = list(campaigns(place, "moon"))[:2]
    wish = {"client_id": place.client_id("moon"), "name": "题目", "hypothesis": "问句更好", "figure": "open", "campaigns": pair}
    answer = ask(place, "POST", "experiments", "editor", **wish)
    assert answer.status_code == 201
    return answer.json


def test_its_numbers_are_the_truth(place: Place, made: Any) -> None:
    true = campaigns(place, "moon")
    for variant in made["variants"]:
        sends = true[variant["campaign"]]
        assert variant["top"] == sum(one.figures["opened"] for one in sends)
        assert variant["base"] == sum(one.delivered for one in sends)
        assert variant["rate"] == round(variant["top"] / variant["base"], 6)
        assert variant["sources"] == ["callback", "statistics"]
    assert [one["label"] for one in made["variants"]] == ["A", "B"] and made["verdict"] in ("winner", "same", "early")
    assert any("发出以后才设为对比" in said for said in made["caveats"]) and "分组由人选定" in made["caveats"][0]
    assert made["pairs"] and all(one["low"] < one["rate"] < one["high"] for one in made["variants"]), "both are ripe"


def test_every_form_says_the_same(place: Place, made: Any) -> None:
    body = place.api("agency?period=2026-08").json["experiments"]
    assert body == [made]
    rows = sheet(place.api("agency?period=2026-08&format=xlsx").data, 7)
    assert [(row[6], row[7], row[8]) for row in rows[1:]] == [(v["base"], v["top"], v["rate"]) for v in made["variants"]]
    assert rows[1][12] == made["conclusion"]
    paper = PdfReader(io.BytesIO(place.api(f"clients/{place.client_id('moon')}?period=2026-08&format=pdf").data))
    text = "".join(page.extract_text() for page in paper.pages).replace("\n", "")
    pages = [unescape(place.page(path).text) for path in ("/reports?period=2026-08", "/experiments", campaign_page(made))]
    for variant in made["variants"]:
        for form in (text, *pages):
            assert percent(variant["rate"]) in form and f"{variant['base']:,}" in form
    assert all(made["conclusion"] in page for page in pages)


def campaign_page(made: Any) -> str:
    return f"/campaigns/{made['variants'][0]['campaign']}/report"


def test_a_brand_sees_its_own_alone_and_not_by_a_figure_it_is_not_shown(place: Place, made: Any) -> None:
    house = place.quarter.house
    for brand, seen in (("sun", False), ("moon", True)):
        house.as_owner("UPDATE members SET client_id = %s WHERE id = %s", place.client_id(brand), house.members["client_viewer"])
        assert bool(ask(place, "GET", "experiments", "client_viewer").json) is seen
        assert (ask(place, "GET", f"experiments/{made['id']}", "client_viewer").status_code == 200) is seen
        said = "\n".join(told(place.api("agency?period=2026-08&format=xlsx", "client_viewer").data, "xlsx"))
        assert ("问句更好" in said) is seen
    moon = place.client_id("moon")
    assert ask(place, "PUT", f"reports/clients/{moon}/figures", hidden=["open", "opened", "scenes", "share"]).status_code == 200
    assert ask(place, "GET", "experiments", "client_viewer").json == []
    assert ask(place, "GET", f"experiments/{made['id']}", "client_viewer").status_code == 404
    for path in ("/reports?period=2026-08", campaign_page(made), "/experiments"):
        assert "问句更好" not in place.page(path, "client_viewer").text
    assert ask(place, "PUT", f"reports/clients/{moon}/figures", hidden=[]).status_code == 200


def test_campaigns_of_another_brand_and_one_alone_are_no_experiment(place: Place) -> None:
    ours, theirs = list(campaigns(place, "moon")), set(campaigns(place, "sun"))
    wish = {"client_id": place.client_id("moon"), "name": "x", "hypothesis": "y"}
    query = "SELECT d.campaign_id id FROM dispatches d JOIN accounts a ON a.id = d.account_id WHERE a.client_id = %s"
    strangers = theirs - {row["id"] for row in place.quarter.house.rows(query, wish["client_id"])}
    assert ask(place, "POST", "experiments", **wish, campaigns=[ours[0]]).json["error"]["code"] == "bad_variants"
    assert ask(place, "POST", "experiments", **wish, campaigns=[ours[0], min(strangers, default=10**9)]).status_code == 404


def test_what_is_withdrawn_is_reported_no_more_and_kept_in_the_audit_log(place: Place) -> None:
    browser, header = browser_of(place.app, place.agency, "editor")
    pair = list(campaigns(place, "sun"))[:2]
    form = {
        "client": place.client_id("sun"),
        "name": "封面",
        "hypothesis": "人像更好",
        "figure": "open",
        "campaigns": f"{pair[0]}, {pair[1]}",
    }
    assert browser.post("/experiments", data=form, headers=header).status_code == 303
    number = place.quarter.house.one("SELECT max(id) FROM experiments")
    assert "人像更好" in browser.get("/experiments").text
    assert browser.post(f"/experiments/{number}/withdraw", data={"reason": "选错了"}, headers=header).status_code == 303
    assert "人像更好" not in browser.get("/experiments").text
    kept = place.quarter.house.one("SELECT detail ->> 'reason' FROM audit_log WHERE action = 'experiments.withdraw'")
    assert kept == "选错了"
