"""A figure that the agency does not show to a client is found by no route that a client's user, token or link can take."""

from __future__ import annotations

import asyncio
import io
import json
import re
import secrets
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from saas.kernel.settings import Settings
from saas.ops.embedded import Database
from saas.reports.definitions import DEFINITIONS, SCENES
from saas.reports.ordered import hash_of
from saas.reports.shown.policy import CHOICE
from tests.conftest import House
from tests.reports.quarter import Quarter, played
from tests.web.access_api import API
from tests.web.access_pages import PAGES
from tests.web.conftest import bearer, browser_of, make_agency
from tests.web.test_quarter import SISTERS, Place, told

FIRST, LAST = date(2026, 8, 1), date(2026, 8, 12)
HIDDEN = ["opened", "open", "share", "scenes", "finished", "read_through", "gained", "growth", "followers", "median", "caps"]
FORMS = ("json", "csv", "pdf", "xlsx")
SEEN = ("liked", "commented")


@pytest.fixture(scope="module")
def place(app: Flask, settings: Settings) -> Iterator[Place]:
    agency = make_agency(app, "shown")
    house = House(Database("shown", settings.owner_url, settings.database_url), app, agency.tenant, dict(agency.members))
    yield Place(app, agency, asyncio.run(played(house, first=FIRST, last=LAST)))


@pytest.fixture(scope="module")
def moon(place: Place) -> int:
    """The client, with a choice, and a viewer who belongs to it."""
    client = place.client_id("moon")
    answer = choose(place, client, HIDDEN)
    assert answer.status_code == 200 and answer.json["hidden"] == sorted(HIDDEN)
    return client


def choose(place: Place, client: int, hidden: list[str], role: str = "owner") -> Any:
    headers = bearer(place.agency.tokens[role])
    return place.app.test_client().put(f"/api/v1/reports/clients/{client}/figures", json={"hidden": hidden}, headers=headers)


def traces(text: str) -> list[str]:
    """What in a text tells of a hidden figure: a field of its name that is not empty, or its title in either language."""
    titles = [word for name in HIDDEN for word in CHOICE[name] if name not in ("scenes", "median", "caps")]
    text = re.sub(r'"not_shown":\s*\[[^\]]*\]', "", text)
    fields = [name for name in (*HIDDEN, *SCENES) if re.search(rf'"{name}"\s*:(?!\s*(?:null|true|false|\{{\}}|\[\]))', text)]
    return fields + [title for title in titles if title in text and title not in ("Open rate", "Opened")]


def secret_numbers(quarter: Quarter) -> set[str]:
    """Hidden numbers of the client's sends and their sums, as machines and as people write them."""
    sends = [one for one in quarter.book.sends if one.client == "moon" and one.figures]
    values = {one.figures["opened"] for one in sends} | {sum(one.figures["opened"] for one in sends)}
    return {form for value in values if value >= 1000 for form in (str(value), f"{value:,}")}


def numbers_in(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w.,-])\d[\d,]*(?![\w.,-])", text))


def link_of(place: Place, client: int) -> str:
    """A link that went out with an ordered report of the client."""
    secret = secrets.token_urlsafe(32)
    house = place.quarter.house
    order = house.one(
        "INSERT INTO report_orders (client_id, period, hour, members, destinations, link_days, member_id, at)"
        " VALUES (%s, 'month', 9, %s, '{}', 14, %s, now()) RETURNING id",
        client, [house.members["owner"]], house.members["owner"],
    )  # fmt: skip
    now = datetime.now(UTC)
    house.run(
        "INSERT INTO report_links (order_id, client_id, period, hash, made_at, expires_at)"
        " VALUES (%s, %s, '2026-08', %s, %s, %s)",
        order, client, hash_of(secret), now, now + timedelta(days=3),
    )  # fmt: skip
    return f"/d/{secret}"


def routes(place: Place, client: int) -> Iterator[tuple[str, str]]:
    """Every address with figures that a client's user, token or link can open, and what kind of answer it gives."""
    theirs = "SELECT min(d.campaign_id) FROM dispatches d JOIN accounts a ON a.id = d.account_id WHERE a.client_id = %s"
    one = place.quarter.house.one(theirs, client)
    for form in FORMS:
        yield f"/reports?period=2026-08&format={form}", form
        yield f"/reports/clients/{client}?period=2026-08&format={form}", form
        yield f"/reports/accounts/moon-1?period=2026-08&format={form}", form
        yield f"/campaigns/{one}/report?format={form}", form
        yield f"/api/v1/reports/agency?period=2026-08&format={form}", form
        yield f"/api/v1/reports/clients/{client}?period=2026-08&format={form}", form
        yield f"/api/v1/reports/accounts/moon-2?period=2026-08&format={form}", form
    yield "/api/v1/reports/agency?period=2026-08&format=zip", "zip"
    yield "/reports/zip?period=2026-08", "zip"
    for path in (
        "/reports?period=2026-08",
        f"/reports/clients/{client}?period=2026-Q3",
        "/reports/accounts/moon-1?period=2026-W32",
    ):
        yield path, "html"
    for path in (
        f"/campaigns/{one}",
        f"/campaigns/{one}/live",
        f"/campaigns/{one}/report",
        "/campaigns",
        "/calendar?month=2026-08",
    ):
        yield path, "html"
    for path in (f"campaigns/{one}", "campaigns", "calendar?month=2026-08", f"campaigns/{one}/deliveries"):
        yield f"/api/v1/{path}", "json"
    yield f"/campaigns/{one}/evidence", "zip"
    yield f"/api/v1/campaigns/{one}/evidence", "zip"
    yield "/api/v1/evidence?month=2026-08", "zip"
    link = link_of(place, client)
    yield link, "html"
    for form in FORMS:
        yield f"{link}?format={form}", form


@pytest.fixture(scope="module")
def viewer(place: Place, moon: int) -> Any:
    """A browser of a member of the client."""
    house, role = place.quarter.house, "client_viewer"
    house.as_owner("UPDATE members SET client_id = %s WHERE id = %s", moon, house.members[role])
    return browser_of(place.app, place.agency, role)[0]


def test_a_hidden_figure_is_reachable_by_no_route(place: Place, moon: int, viewer: Any) -> None:
    seen, secret = 0, secret_numbers(place.quarter)
    for path, form in routes(place, moon):
        answer = viewer.get(path)
        assert answer.status_code == 200, path
        said = (
            "\n".join(told(answer.data, form))
            if form != "html"
            else re.sub(r"<(script|style).*?</\1>", "", answer.text, flags=re.S)
        )
        assert traces(said) == [], path
        assert numbers_in(said) & secret == set(), path
        assert [name for name in SISTERS if name in said] == [], f"{path} names a sister brand"
        seen += any(DEFINITIONS[name].title[0] in said or f'"{name}"' in said for name in SEEN)
    assert len(secret) > 10 and seen > 20, "what is shown is there"


WITHOUT_FIGURES = {
    "GET /api/v1/me", "GET /api/v1/me/sessions", "GET /api/v1/tokens", "GET /api/v1/clients", "GET /settings",
    "GET /api/v1/evidence/<head>", "GET /api/v1/campaigns/<int:campaign_id>/preview", "GET /media/<sha256>",
    "GET /campaigns/<int:campaign_id>/preview", "GET /campaigns/<int:campaign_id>/preview/<key>",
    "GET /api/v1/campaigns/<int:campaign_id>/changes", "GET /api/v1/campaigns/<int:campaign_id>/comments",
    "GET /api/v1/campaigns/<int:campaign_id>/amendments", "GET /reports/definitions", "GET /api/v1/reports/definitions",
}  # fmt: skip
JUDGED_ELSEWHERE = {"GET /experiments", "GET /api/v1/experiments", "GET /api/v1/experiments/<int:experiment_id>"}
"""test_experiments.py holds that one judged by a hidden figure is not there."""


def test_no_route_of_a_client_is_left_out_of_that_walk(place: Place, moon: int) -> None:
    adapter = place.app.url_map.bind("localhost")
    walked = {f"GET {adapter.match(path.partition('?')[0], return_rule=True)[0].rule}" for path, _ in routes(place, moon)}
    theirs = {name for name, access in (API | PAGES).items() if name.startswith("GET ") and "client_viewer" in access.roles}
    assert theirs - walked - WITHOUT_FIGURES - JUDGED_ELSEWHERE == set(), "walk it above, or say that it shows no figure"


def test_the_agency_itself_sees_everything_and_can_look_as_the_client(place: Place, moon: int) -> None:
    full = place.api(f"clients/{moon}?period=2026-08").json
    assert full["not_shown"] == [] and set(full["measures"]) == set(DEFINITIONS)
    seen = place.api(f"clients/{moon}?period=2026-08&as_client=true").json
    assert seen["not_shown"] == sorted(HIDDEN) and set(seen["measures"]) == set(DEFINITIONS) - set(HIDDEN)
    assert seen["measures"]["liked"] == full["measures"]["liked"]
    page = place.page(f"/reports/clients/{moon}?period=2026-08&as=client").text
    assert "这是客户看到的样子" in page and 'data-all="opened"' not in page and 'data-all="liked"' in page


def test_the_zip_of_the_agency_holds_each_client_as_it_sees_itself(place: Place, moon: int) -> None:
    with zipfile.ZipFile(io.BytesIO(place.page("/reports/zip?period=2026-08").data)) as archive:
        bodies = {name: json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")}
    shown = {name.partition("/")[0]: "opened" in body["measures"] for name, body in bodies.items() if "/" in name}
    assert shown == {name: name.split()[0] != str(moon) for name in shown} and len(shown) == 3
    assert all("opened" in body["measures"] for name, body in bodies.items() if "/" not in name)


def test_a_choice_is_in_the_audit_log_with_the_one_before(place: Place, moon: int) -> None:
    other = place.client_id("sun")
    for hidden in (["liked"], []):
        assert choose(place, other, hidden).status_code == 200
    rows = place.quarter.house.rows(
        "SELECT detail FROM audit_log WHERE action = 'reports.figures' AND subject = %s ORDER BY id", f"client:{other}"
    )
    assert [(row["detail"]["hidden"], row["detail"]["before"]) for row in rows] == [(["liked"], []), ([], ["liked"])]


def test_a_choice_on_the_page_that_would_tell_it_anyway_is_refused_in_words(place: Place, moon: int) -> None:
    other = place.client_id("star")
    browser, header = browser_of(place.app, place.agency, "owner")
    shown = [name for name in CHOICE if name != "open"]
    answer = browser.post(f"/reports/clients/{other}/figures", data={"shown": shown}, headers=header)
    assert answer.status_code == 422 and "可以从“打开人数”算出来" in answer.text
    assert browser.post(f"/reports/clients/{other}/figures", data={"shown": list(CHOICE)}, headers=header).status_code == 303
    assert "打开率" in browser.get(f"/reports/clients/{other}/figures").text
