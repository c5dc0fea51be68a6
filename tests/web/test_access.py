"""Every address, method and role, on what is one's own, another client's and another agency's: two tables, no gaps."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.web.access import ALL, CLIENTS
from tests.web.access_api import API
from tests.web.access_pages import PAGES
from tests.web.conftest import Agency, bearer, browser_of

TABLE = API | PAGES
GUARDED = {name: access for name, access in TABLE.items() if access.by != "anyone"}
POINTED = [name for name, access in GUARDED.items() if access.thing]
ROLES = sorted(ALL)


def things(agency: Agency, piece: int = 0, role: str = "owner") -> dict[str, object]:
    """What an address of this agency can point at."""
    part = agency.pieces[piece]
    return {
        "campaign_id": part.campaign,
        "client_id": part.client,
        "delivery_id": part.delivery,
        "item_id": part.item,
        "kind": "text",
        "folder_id": part.folder,
        "member_id": agency.members["analyst"],
        "token_id": agency.token_ids[role],
        "ref": "f" * 16,
        "key": "nobody",
        "day": "2026-03-20",
        "sha256": "f" * 64,
        "link_id": 2**31,
        "portal_id": 2**31,
        "state": "f" * 43,
        "comment_id": 2**31,
        "delegation_id": 2**31,
        "application_id": 2**31,
        "person": "nobody",
        "head": "f" * 64,
        "override_id": 2**31,
        "silence_id": 2**31,
        "experiment_id": 2**31,
        "incident_id": 2**31,
        "order_id": 2**31,
        "guest_id": 2**31,
        "destination_id": 2**31,
        "rule_id": 2**31,
    }


def ask(app: Flask, agency: Agency, role: str | None, name: str, values: dict[str, object]) -> int:
    """The status that this role gets."""
    method, rule = name.split(" ", 1)
    access = TABLE[name]
    path = rule
    for key, value in values.items():
        for form in (f"<int:{key}>", f"<path:{key}>", f"<{key}>"):
            path = path.replace(form, str(value))
    path += access.query
    body = {"data" if access.by == "page" else "json": access.body} if access.body is not None else {}
    if role is None:
        return app.test_client().open(path, method=method, **body).status_code
    if access.by == "token":
        return app.test_client().open(path, method=method, headers=bearer(agency.tokens[role]), **body).status_code
    browser, headers = browser_of(app, agency, role)
    return browser.open(path, method=method, headers=headers, **body).status_code


def test_check_19_every_route_stands_in_the_table(app: Flask) -> None:
    routes = {
        f"{method} {rule.rule}" for rule in app.url_map.iter_rules() for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == set(TABLE)


@pytest.mark.parametrize("name", sorted(GUARDED))
def test_check_19_strangers_are_turned_away(app: Flask, agency: Agency, name: str) -> None:
    status = ask(app, agency, None, name, things(agency))
    page = GUARDED[name].by == "page"
    expected = (303, 400) if page else (401,)
    assert status in expected


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", sorted(GUARDED))
def test_check_19_each_role_may_do_what_the_table_says(app: Flask, agency: Agency, name: str, role: str) -> None:
    access = GUARDED[name]
    status = ask(app, agency, role, name, things(agency, role=role))
    if role not in access.roles:
        assert status == 403
    elif access.thing in ("session", "picture", "account", "head", "override"):
        assert status == 404
    else:
        assert status < 500
        assert status not in (401, 403, 404)


@pytest.mark.parametrize("name", sorted(POINTED))
def test_check_19_what_is_anothers_is_not_there(app: Flask, agency: Agency, neighbour: Agency, name: str) -> None:
    assert ask(app, agency, "owner", name, things(neighbour)) == 404


@pytest.mark.parametrize("role", sorted(CLIENTS))
@pytest.mark.parametrize("name", sorted(name for name in POINTED if TABLE[name].thing in ("campaign", "delivery", "client")))
def test_check_21_another_clients_campaign_is_not_there(app: Flask, agency: Agency, name: str, role: str) -> None:
    expected = 404 if role in TABLE[name].roles else 403
    assert ask(app, agency, role, name, things(agency, piece=1)) == expected


@pytest.mark.parametrize("role", sorted(CLIENTS))
def test_check_21_clients_see_only_their_brand(app: Flask, agency: Agency, role: str) -> None:
    program = app.test_client()
    clients = program.get("/api/v1/clients", headers=bearer(agency.tokens[role])).json
    campaigns = program.get("/api/v1/campaigns", headers=bearer(agency.tokens[role])).json
    assert [client["id"] for client in clients] == [agency.pieces[0].client]
    assert [campaign["id"] for campaign in campaigns["items"]] == [agency.pieces[0].campaign]
