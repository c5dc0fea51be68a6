"""A quarter with a known truth: page, API, Excel, PDF, CSV and JSON all say it, and a client's user sees its brand alone."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader

from saas.kernel.settings import Settings
from saas.ops.embedded import Database
from saas.reports.definitions import DEFINITIONS, SOURCES
from saas.reports.evidence import verify
from tests.conftest import House
from tests.reports.quarter import GIVEN, HERE, Quarter, played
from tests.reports.truth import truth, written
from tests.web.conftest import Agency, bearer, browser_of, make_agency
from tests.web.reading import rows_of, sheet, squeezed, timeless, told

PERIODS = {"2026-Q3": (date(2026, 7, 1), date(2026, 9, 30)), "2026-08": (date(2026, 8, 1), date(2026, 8, 31))}
PERIODS |= {"2026-W33": (date(2026, 8, 10), date(2026, 8, 16)), "2026-08-14": (date(2026, 8, 14), date(2026, 8, 14))}
SISTERS = ("青禾", "星辰", "sun-", "star-")


@dataclass
class Place:
    """The agency that has had a quarter."""

    app: Flask
    agency: Agency
    quarter: Quarter

    def api(self, path: str, role: str = "owner", language: str = "zh") -> Any:
        headers = bearer(self.agency.tokens[role], **{"Accept-Language": language})
        return self.app.test_client().get(f"/api/v1/reports/{path}", headers=headers)

    def page(self, path: str, role: str = "owner") -> Any:
        browser, _ = browser_of(self.app, self.agency, role)
        return browser.get(path)

    def client_id(self, name: str) -> int:
        return int(self.quarter.house.one("SELECT id FROM clients WHERE name = %s", name))


@pytest.fixture(scope="module")
def place(app: Flask, settings: Settings) -> Iterator[Place]:
    agency = make_agency(app, "quarter")
    database = Database("quarter", settings.owner_url, settings.database_url)
    house = House(database, app, agency.tenant, dict(agency.members))
    yield Place(app, agency, asyncio.run(played(house)))


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize(
    ("scope", "client", "account"), [("agency", "", ""), ("client", "sun", ""), ("account", "star", "star-2")]
)
def test_every_form_of_a_report_says_the_truth(place: Place, period: str, scope: str, client: str, account: str) -> None:
    true = truth(place.quarter.book, *PERIODS[period], client, account)
    path = {"agency": "agency", "client": f"clients/{place.client_id(client or 'sun')}", "account": f"accounts/{account}"}[scope]
    body = place.api(f"{path}?period={period}").json
    assert {name: one["value"] for name, one in body["measures"].items()} == pytest.approx(true)
    assert all(one["sources"] for one in body["measures"].values() if one["value"])
    html = place.page(f"/reports{'' if scope == 'agency' else '/' + path}?period={period}").text
    assert rows_of(html) == {name: written(name, true[name]) for name in DEFINITIONS}
    excel = sheet(place.api(f"{path}?period={period}&format=xlsx").data, 1)
    expected = {one.title[0]: true[name] for name, one in DEFINITIONS.items()}
    assert {row[0]: row[1] if isinstance(row[1], float) else None for row in excel[1:]} == pytest.approx(expected)
    paper = squeezed(told(place.api(f"{path}?period={period}&format=pdf").data, "pdf"))
    for name in (one for one in DEFINITIONS if body["measures"][one]["sources"]):
        columns = [written(name, true[name]), *(written(name, body[span][name]["value"]) for span in ("before", "year_before"))]
        about, until = body["measures"][name], datetime.fromisoformat(body["measures"][name]["as_of"]).astimezone(HERE)
        source = "、".join(SOURCES[one][0] for one in about["sources"])
        more = f"（{about['known']}/{about['sends']} 次发送）" if about["known"] < about["sends"] else ""
        row = (DEFINITIONS[name].title[0], DEFINITIONS[name].formula[0], *columns, source, more, f"{until:%Y-%m-%d %H:%M}")
        assert squeezed(row) in paper, name
    file = json.loads(place.page(f"/reports{'' if scope == 'agency' else '/' + path}?period={period}&format=json").data)
    said = [json.dumps(timeless(one), sort_keys=True) for one in (file, body)]
    assert said[0] == said[1], "1 000 people are not 1000.0 anywhere"


def test_every_account_says_the_truth_on_the_page_at_the_api_and_in_excel(place: Place) -> None:
    body = place.api("agency?period=2026-08").json
    excel = {row[1]: row for row in sheet(place.api("agency?period=2026-08&format=xlsx").data, 2)}
    header, page = excel.pop("编号"), place.page("/reports?period=2026-08").text
    cells = {key: dict(zip(header, row, strict=False)) for key, row in excel.items()}
    assert (
        {one["key"] for one in body["accounts"]}
        == set(excel)
        == {s.account for s in place.quarter.book.sends if s.day.month == 8}
    )
    for line in body["accounts"]:
        true = truth(place.quarter.book, *PERIODS["2026-08"], account=line["key"])
        assert {name: one["value"] for name, one in line["measures"].items()} == pytest.approx(true), line["key"]
        assert line["key"] in page
        for name in ("open", "share", "read_through", "gained", "lost", "growth", "followers", "replies"):
            assert cells[line["key"]].get(DEFINITIONS[name].title[0]) == pytest.approx(true[name]), (line["key"], name)


def test_every_day_says_the_truth_at_the_api_and_in_excel(place: Place) -> None:
    body = place.api("agency?period=2026-08").json
    header, *rows = sheet(place.api("agency?period=2026-08&format=xlsx").data, 3)
    assert len(rows) == len(body["days"]) == 31
    for cells, day in zip((dict(zip(header, row, strict=False)) for row in rows), body["days"], strict=True):
        true = truth(place.quarter.book, date.fromisoformat(day["day"]), date.fromisoformat(day["day"]))
        assert cells["日期"] == day["day"]
        for name in ("sends", "gained", "lost", "replies"):
            assert (day[name], cells.get(DEFINITIONS[name].title[0])) == (true[name], true[name]), (day["day"], name)
        assert (day["delivered"] or 0) == true["delivered"] == (cells.get(DEFINITIONS["delivered"].title[0]) or 0), day["day"]


def test_a_campaign_to_people_and_groups_adds_neither_to_the_other_in_any_form(place: Place) -> None:
    having = "HAVING count(DISTINCT unit) > 1 AND sum(unknown) = 0 ORDER BY 1 LIMIT 1"
    number = place.quarter.house.one(f"SELECT campaign_id FROM dispatches GROUP BY 1 {having}")
    rows = place.quarter.house.rows("SELECT id FROM dispatches WHERE campaign_id = %s", number)
    mine = [s for s in place.quarter.book.sends if {"id": s.dispatch} in rows]
    true = {unit: sum(s.delivered for s in mine if s.unit == unit) for unit in ("person", "group")}
    browser, _ = browser_of(place.app, place.agency, "owner")
    page, paper = (browser.get(f"/campaigns/{number}/report{form}") for form in ("", "?format=pdf"))
    one, listed = (browser.get(f"/api/v1/campaigns{which}").json for which in (f"/{number}", f"?cursor={number + 1}"))
    sums, row = one["totals_by_unit"], listed["items"][0]
    assert row["totals_by_unit"] == sums and row["totals"] == one["totals"] == sums["person"]
    text = "".join(one.extract_text() for one in PdfReader(io.BytesIO(paper.data)).pages)
    assert {unit: sums[unit]["delivered"] for unit in sums} == true
    listing = browser.get(f"/campaigns?before={number + 1}").text.partition(f'/campaigns/{number}"')[2].partition("</tr>")[0]
    for said in (page.text, text, listing):
        assert f"{true['person']:,}" in said and f"{true['group']:,}" in said and f"{sum(true.values()):,}" not in said


def test_a_client_and_its_accounts_are_told_alike_in_the_agencys_report_and_their_own(place: Place) -> None:
    day = next(
        s.day for s in place.quarter.book.sends if len({o.client for o in place.quarter.book.sends if o.day == s.day}) == 3
    )
    whole = place.api(f"agency?period={day}").json
    against = {one["key"]: one["against"] for one in whole["accounts"]}
    for line in whole["clients"]:
        own = place.api(f"clients/{line['id']}?period={day}").json
        values = [{name: one["value"] for name, one in told["measures"].items()} for told in (line, own)]
        true = truth(place.quarter.book, day, day, line["name"])
        assert values[0] == values[1] == pytest.approx(true), "also what accounts gained that sent nothing"
        assert own["median"] == whole["median"], "a day's accounts are set against their month's, whoever's report it is"
        assert {one["key"]: one["against"] for one in own["accounts"]}.items() <= against.items()


def test_a_campaigns_report_tells_what_its_own_accounts_gained_and_not_the_agency(place: Place) -> None:
    one = next(s for s in place.quarter.book.sends if sum(o.day == s.day for o in place.quarter.book.sends) == 1)
    campaign = place.quarter.house.one("SELECT campaign_id FROM dispatches WHERE id = %s", one.dispatch)
    rows = sheet(place.page(f"/campaigns/{campaign}/report?format=xlsx").data, 1)
    told_of = {row[0]: row[1] if isinstance(row[1], float) else None for row in rows[1:]}
    true = truth(place.quarter.book, one.day, one.day, account=one.account)
    assert told_of == pytest.approx({DEFINITIONS[name].title[0]: value for name, value in true.items()})


def test_a_report_of_who_sends_to_groups_alone_begins_with_them(place: Place) -> None:
    true = truth(place.quarter.book, *PERIODS["2026-08"], account="moon-qq")
    page, paper = (place.page(f"/reports/accounts/moon-qq?period=2026-08{form}") for form in ("", "&format=pdf"))
    cards = re.findall(r'class="measure" data-figure="(\w+)".*?class="value">([^<]*)', page.text, re.S)
    first = ["sends", "groups_intended", "groups", "groups_failed"]
    assert cards[:4] == [(name, written(name, true[name])) for name in first] and "delivered" not in dict(cards)
    assert DEFINITIONS["groups"].title[0] in PdfReader(io.BytesIO(paper.data)).pages[1].extract_text().partition("各账号")[0]


def test_the_list_of_sends_adds_up_to_the_truth(place: Place) -> None:
    first, last = PERIODS["2026-Q3"]
    true = truth(place.quarter.book, first, last)
    lines = list(csv.reader(io.StringIO(place.api("agency?period=2026-Q3&format=csv").data.decode("utf-8-sig"))))
    excel = sheet(place.api("agency?period=2026-Q3&format=xlsx").data, 4)
    assert len(lines) == len(excel) == len(place.quarter.book.sends) + 1
    people = [dict(zip(lines[0], line, strict=True)) for line in lines[1:] if line[6] == "人"]
    for name in ("intended", "delivered", "failed", "unknown", *GIVEN):
        assert sum(float(row[DEFINITIONS[name].title[0]] or 0) for row in people) == true[name], name


def test_check_40_no_name_becomes_a_formula(place: Place) -> None:
    text = place.api("agency?period=2026-Q3&format=csv").data.decode("utf-8-sig")
    assert any("=cmd|calc" in line for line in text.splitlines())
    for row in csv.reader(io.StringIO(text)):
        assert not [
            cell for cell in row if cell.startswith(("=", "+", "@", "\t")) or (cell.startswith("-") and not cell[1:].isdigit())
        ]


def test_pushes_that_come_again_and_late_change_nothing(place: Place) -> None:
    before = place.api("agency?period=2026-Q3").json["measures"]
    place.quarter.arrive()
    place.quarter.statistics = []
    asyncio.run(place.quarter.apply())
    after = place.api("agency?period=2026-Q3").json["measures"]
    assert {n: (m["value"], m["sources"]) for n, m in after.items()} == {n: (m["value"], m["sources"]) for n, m in before.items()}


def test_revised_statistics_are_kept_as_revisions(place: Place) -> None:
    told = next(one for one in place.quarter.book.sends if one.figures and one.figures["opened"] > 10)
    query = "SELECT value FROM figures WHERE dispatch_id = %s AND name = 'opened' ORDER BY revision"
    final = told.figures["opened"]
    assert [row["value"] for row in place.quarter.house.rows(query, told.dispatch)] == [final // 3, final + 7, final]


def test_a_comparison_is_with_the_span_before(place: Place) -> None:
    body = place.api("agency?period=2026-08").json
    july = truth(place.quarter.book, date(2026, 7, 1), date(2026, 7, 31))
    assert {name: one["value"] for name, one in body["before"].items()} == pytest.approx(july)
    nothing = dict.fromkeys(DEFINITIONS)
    assert {name: one["value"] for name, one in body["year_before"].items()} == nothing, "no base, which is not zero"
    assert (body["before_days"], body["year_before_days"]) == ("2026-07-01/2026-07-31", "2025-08-01/2025-08-31")
    header, *rows = sheet(place.api("agency?period=2026-08&format=xlsx").data, 1)
    assert header[2:4] == ["上期 2026-07-01 至 2026-07-31", "去年同期 2025-08-01 至 2025-08-31"]
    assert {row[3] for row in rows} == {None}


def test_check_21_a_clients_user_finds_nothing_of_a_sister_brand_in_any_form(place: Place) -> None:
    for form in ("json", "csv", "pdf", "xlsx", "zip"):
        answer = place.api(f"agency?period=2026-08&format={form}", "client_viewer")
        assert answer.status_code == 200
        said = "\n".join(told(answer.data, form))
        assert "moon-1" in said, form
        assert [name for name in SISTERS if name in said] == [], form
    page = place.page("/reports?period=2026-08", "client_viewer").text
    assert "moon-1" in page and not [name for name in SISTERS if name in page]
    for path in (f"clients/{place.client_id('sun')}", "accounts/sun-1"):
        assert place.api(f"{path}?period=2026-08", "client_viewer").status_code == 404
        assert place.page(f"/reports/{path}?period=2026-08&format=pdf", "client_viewer").status_code == 404


def test_the_zip_of_a_month_holds_every_client_and_sound_evidence(place: Place) -> None:
    with zipfile.ZipFile(io.BytesIO(place.page("/reports/zip?period=2026-08").data)) as archive:
        names = archive.namelist()
        evidence = archive.read("evidence-2026-08.zip")
    assert sum(name.endswith(".pdf") for name in names) == 4
    assert {name.rpartition(".")[2] for name in names} == {"pdf", "xlsx", "csv", "json", "zip"}
    told = verify.check_archive(io.BytesIO(evidence))[1]
    in_august = {s.day for s in place.quarter.book.sends if s.day.month == 8}
    assert sum(record["kind"] == "campaign" for record in told) == len(in_august)


def test_a_median_is_told_to_a_client_only_where_others_stand_behind_it(place: Place) -> None:
    assert place.api("agency?period=2026-08").json["median"]["open"] > 0
    assert place.api("agency?period=2026-08", "client_viewer").json["median"] == {}
    assert place.api(f"clients/{place.client_id('moon')}?period=2026-08&as_client=true").json["median"] == {}
