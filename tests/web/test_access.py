"""Every address, method and role, on what is one's own, another client's and another agency's: one table, no gaps."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from flask import Flask

from tests.web.conftest import DIGEST, Agency, bearer, browser_of

STAFF = {"owner", "admin", "editor", "reviewer", "analyst"}
CLIENTS = {"client_approver", "client_viewer"}
ALL = STAFF | CLIENTS
WRITERS = {"owner", "admin", "editor"}
APPROVERS = {"owner", "admin", "reviewer"}
SIGNERS = APPROVERS | {"client_approver"}
SENDERS = {"owner", "admin", "editor", "reviewer"}
ADMINS = {"owner", "admin"}


@dataclass(frozen=True)
class Access:
    """Who may. ``thing`` names what the address points at: then a neighbour's and another client's are not there."""

    roles: frozenset[str] | set[str]
    thing: str = ""
    by: str = "token"
    body: dict[str, object] | None = None
    query: str = ""


OPEN = Access(set(), by="anyone")
REVIEWERS = STAFF | {"client_approver"}
AMEND: dict[str, object] = {"account": "moon-one", "field": "title", "after": "x", "evidence": "x"}
AWAY: dict[str, object] = {"substitute": "x@y.test", "from_at": "2026-03-20T09:00:00Z", "until_at": "2026-03-21T09:00:00Z"}
DECISION: dict[str, object] = {"digest": DIGEST, "note": "x"}
ENTRY: dict[str, object] = {"rule": "mass_day", "units": 1, "at": "2026-03-20T09:00:00+08:00", "reason": "x"}
EDITION: dict[str, object] = {"base_version": 1, "content": {"text": "hello"}}
TABLE = {
    "GET /api/docs": OPEN,
    "GET /api/docs/page/<path:filename>": OPEN,
    "GET /api/openapi.json": OPEN,
    "GET /healthz": OPEN,
    "GET /readyz": OPEN,
    "GET /callbacks/<ref>": OPEN,
    "POST /callbacks/<ref>": OPEN,
    "GET /static/<path:filename>": OPEN,
    "GET /sign-in": OPEN,
    "POST /sign-in": OPEN,
    "POST /look": OPEN,
    "GET /": OPEN,
    "GET /api/v1/me": Access(ALL),
    "POST /api/v1/me/password": Access(ALL, by="session", body={"current": "x", "password": "y"}),
    "GET /api/v1/me/sessions": Access(ALL, by="session"),
    "DELETE /api/v1/me/sessions/<ref>": Access(ALL, by="session", thing="session"),
    "GET /api/v1/clients": Access(ALL),
    "GET /api/v1/accounts": Access(STAFF),
    "GET /api/v1/accounts/<key>/tags": Access(STAFF, "account"),
    "POST /api/v1/accounts": Access(ADMINS, body={}),
    "GET /api/v1/accounts/<key>/quota": Access(STAFF, "account"),
    "POST /api/v1/accounts/<key>/quota": Access(ADMINS, "account", body=ENTRY),
    "POST /api/v1/quota/import": Access(ADMINS, body={}),
    "GET /api/v1/quota/verify": Access(STAFF),
    "GET /api/v1/channels": Access(STAFF),
    "PUT /api/v1/channels/<name>": Access(ADMINS, body={}),
    "PUT /api/v1/channels/<name>": Access(ADMINS, body={}),
    "GET /api/v1/campaigns": Access(ALL),
    "POST /api/v1/campaigns": Access(WRITERS, body={}),
    "POST /api/v1/campaigns/check": Access(WRITERS, body={}),
    "GET /api/v1/campaigns/<int:campaign_id>": Access(ALL, "campaign"),
    "GET /api/v1/campaigns/<int:campaign_id>/deliveries": Access(ALL, "campaign"),
    "GET /api/v1/campaigns/<int:campaign_id>/evidence": Access(ALL, "campaign"),
    "GET /api/v1/evidence": Access(ALL, query="?month=2026-03"),
    "GET /api/v1/evidence/<head>": Access(ALL, "head"),
    "POST /api/v1/campaigns/<int:campaign_id>/approve": Access(SIGNERS, "campaign", body=DECISION),
    "POST /api/v1/campaigns/<int:campaign_id>/reject": Access(SIGNERS, "campaign", body=DECISION),
    "POST /api/v1/campaigns/<int:campaign_id>/send": Access(SENDERS, "campaign", body={}),
    "POST /api/v1/campaigns/<int:campaign_id>/cancel": Access(SENDERS, "campaign", body={}),
    "POST /api/v1/campaigns/<int:campaign_id>/recall": Access(SENDERS, "campaign", body={}),
    "GET /api/v1/unknowns": Access(STAFF),
    "POST /api/v1/unknowns/<int:delivery_id>/again": Access(APPROVERS, "delivery", body={"reason": "not in its list"}),
    "POST /api/v1/unknowns/<int:delivery_id>/settle": Access(APPROVERS, "delivery", body={"happened": True, "reason": "seen"}),
    "POST /api/v1/deliveries/<int:delivery_id>/tick": Access(SENDERS, "delivery", body={"done": 0}),
    "GET /api/v1/campaigns/<int:campaign_id>/recall": Access(SENDERS, "campaign"),
    "POST /api/v1/recalls": Access(SENDERS, body={}),
    "GET /api/v1/stops": Access(STAFF),
    "POST /api/v1/stops": Access(SENDERS, body={}),
    "POST /api/v1/stops/resume": Access(APPROVERS, body={}),
    "GET /api/v1/members": Access(ADMINS),
    "POST /api/v1/members": Access(ADMINS, body={}),
    "PATCH /api/v1/members/<int:member_id>": Access(ADMINS, "member", body={}),
    "GET /api/v1/tokens": Access(ALL),
    "POST /api/v1/tokens": Access(ALL, by="session", body={}),
    "DELETE /api/v1/tokens/<int:token_id>": Access(ALL, "token", by="session"),
    "GET /accounts": Access(STAFF, by="page"),
    "POST /accounts/channels/<name>": Access(ADMINS, by="page"),
    "POST /accounts/channels/<name>": Access(ADMINS, by="page"),
    "GET /accounts/<key>/quota": Access(STAFF, "account", by="page"),
    "POST /accounts/<key>/quota": Access(ADMINS, "account", by="page"),
    "POST /accounts/quota": Access(ADMINS, by="page"),
    "GET /assisted": Access(STAFF, by="page"),
    "GET /assisted/<int:delivery_id>": Access(STAFF, "delivery", by="page"),
    "POST /assisted/<int:delivery_id>": Access(SENDERS, "delivery", by="page"),
    "GET /campaigns": Access(ALL, by="page"),
    "GET /campaigns/<int:campaign_id>": Access(ALL, "campaign", by="page"),
    "GET /campaigns/<int:campaign_id>/live": Access(ALL, "campaign", by="page"),
    "GET /campaigns/<int:campaign_id>/report": Access(ALL, "campaign", by="page"),
    "GET /campaigns/<int:campaign_id>/evidence": Access(ALL, "campaign", by="page"),
    "GET /campaigns/<int:campaign_id>/preview": Access(ALL, "campaign", by="page"),
    "GET /campaigns/<int:campaign_id>/preview/<key>": Access(ALL, "account", by="page"),
    "GET /preview/pictures/<ticket>": OPEN,
    "GET /p/<secret>": OPEN,
    "GET /library/<int:item_id>/edit": Access(STAFF, "account", by="page"),
    "GET /library/<int:item_id>/edit/phone": Access(STAFF, "item", by="page"),
    "GET /library/<int:item_id>/edit/covers/<sha256>": Access(STAFF, "picture", by="page"),
    "POST /library/<int:item_id>/edit/save": Access(WRITERS, "item", by="page"),
    "POST /library/<int:item_id>/edit/draft": Access(WRITERS, "item", by="page"),
    "POST /library/<int:item_id>/edit/pasted": Access(WRITERS, "item", by="page"),
    "POST /library/<int:item_id>/edit/themed": Access(WRITERS, "item", by="page"),
    "POST /library/<int:item_id>/edit/pictures": Access(WRITERS, "item", by="page"),
    "GET /library/<int:item_id>/edit": Access(STAFF, "item", by="page"),
    "GET /library/<int:item_id>/edit/phone": Access(STAFF, "item", by="page"),
    "GET /library/<int:item_id>/edit/covers/<sha256>": Access(STAFF, "picture", by="page"),
    "POST /library/<int:item_id>/edit/save": Access(WRITERS, "item", by="page"),
    "POST /library/<int:item_id>/edit/draft": Access(WRITERS, "item", by="page"),
    "POST /library/<int:item_id>/edit/pasted": Access(WRITERS, "item", by="page"),
    "POST /library/<int:item_id>/edit/themed": Access(WRITERS, "item", by="page"),
    "POST /library/<int:item_id>/edit/pictures": Access(WRITERS, "item", by="page"),
    "POST /campaigns/<int:campaign_id>/preview/<key>/sends": Access(SENDERS, "account", by="page"),
    "POST /campaigns/<int:campaign_id>/preview/<key>/testers": Access(ADMINS, "account", by="page"),
    "GET /api/v1/campaigns/<int:campaign_id>/preview/sends": Access(STAFF, "campaign"),
    "POST /api/v1/campaigns/<int:campaign_id>/preview/sends": Access(SENDERS, "account", body={"account": "nobody", "to": "x"}),
    "GET /api/v1/accounts/<key>/testers": Access(STAFF, "account"),
    "POST /api/v1/accounts/<key>/testers": Access(ADMINS, "account", body={"person": "x"}),
    "DELETE /api/v1/accounts/<key>/testers/<person>": Access(ADMINS, "account"),
    "GET /p/<secret>/<key>": OPEN,
    "POST /campaigns/<int:campaign_id>/preview/links": Access(WRITERS, "campaign", by="page"),
    "POST /campaigns/<int:campaign_id>/preview/links/<int:link_id>/revoke": Access(WRITERS, "account", by="page"),
    "GET /api/v1/campaigns/<int:campaign_id>/preview": Access(ALL, "campaign"),
    "GET /api/v1/campaigns/<int:campaign_id>/preview/links": Access(STAFF, "campaign"),
    "POST /api/v1/campaigns/<int:campaign_id>/preview/links": Access(WRITERS, "campaign", body={}),
    "DELETE /api/v1/campaigns/<int:campaign_id>/preview/links/<int:link_id>": Access(WRITERS, "account"),
    "POST /campaigns/<int:campaign_id>/approve": Access(SIGNERS, "campaign", by="page", body=DECISION),
    "POST /campaigns/<int:campaign_id>/reject": Access(SIGNERS, "campaign", by="page", body=DECISION),
    "POST /campaigns/<int:campaign_id>/send": Access(SENDERS, "campaign", by="page"),
    "POST /campaigns/<int:campaign_id>/cancel": Access(SENDERS, "campaign", by="page"),
    "GET /campaigns/new": Access(WRITERS, by="page"),
    "POST /campaigns/new": Access(WRITERS, by="page"),
    "GET /reports": Access(ALL, by="page"),
    "GET /reports/clients/<int:client_id>": Access(ALL, "client", by="page"),
    "GET /reports/accounts/<key>": Access(ALL, "account", by="page"),
    "GET /reports/definitions": Access(ALL, by="page"),
    "GET /reports/zip": Access(ALL, by="page"),
    "GET /reports/branding": Access(ADMINS, by="page"),
    "POST /reports/branding": Access(ADMINS, by="page"),
    "GET /reports/branding/logo": Access(ADMINS, by="page"),
    "GET /api/v1/reports/agency": Access(ALL, query="?period=2026-03"),
    "GET /api/v1/reports/clients/<int:client_id>": Access(ALL, "client", query="?period=2026-03"),
    "GET /api/v1/reports/accounts/<key>": Access(ALL, "account", query="?period=2026-03"),
    "GET /api/v1/reports/definitions": Access(ALL),
    "GET /media/<sha256>": Access(STAFF, "picture", by="page"),
    "GET /settings": Access(ALL, by="page"),
    "POST /settings/password": Access(ALL, by="page"),
    "POST /settings/sessions/<ref>/revoke": Access(ALL, "session", by="page"),
    "POST /sign-out": OPEN,
    "GET /recalls": Access(SENDERS, by="page"),
    "POST /recalls": Access(SENDERS, by="page"),
    "GET /api/v1/rules": Access(STAFF),
    "GET /api/v1/rules/<name>": Access(STAFF),
    "POST /api/v1/rules/overrides": Access(ADMINS, body={}),
    "DELETE /api/v1/rules/overrides/<int:override_id>": Access(ADMINS, "override"),
    "PUT /api/v1/rules/trades": Access(ADMINS, body={}),
    "GET /api/v1/campaigns/<int:campaign_id>/replay": Access(STAFF, "campaign"),
    "GET /rules": Access(STAFF, by="page"),
    "GET /rules/<name>": Access(STAFF, by="page"),
    "POST /rules/override": Access(ADMINS, by="page"),
    "POST /rules/<int:override_id>/lift": Access(ADMINS, "override", by="page"),
    "POST /rules/trades": Access(ADMINS, by="page", body={"client": "moon"}),
    "GET /campaigns/<int:campaign_id>/replay": Access(STAFF, "campaign", by="page"),
    "GET /stops": Access(STAFF, by="page"),
    "POST /stops": Access(SENDERS, by="page"),
    "POST /stops/resume": Access(APPROVERS, by="page"),
    "GET /waiting": Access(STAFF, by="page"),
    "POST /waiting/<int:delivery_id>/remind": Access(SENDERS, "delivery", by="page"),
    "GET /api/v1/waiting": Access(STAFF),
    "POST /api/v1/deliveries/<int:delivery_id>/remind": Access(SENDERS, "delivery", body={}),
    "GET /r/<secret>": OPEN,
    "POST /r/<secret>": OPEN,
    "GET /r/<secret>/phone/<key>": OPEN,
    "GET /reviews": Access(REVIEWERS, by="page"),
    "GET /reviews/flows": Access(STAFF, by="page"),
    "POST /reviews/flows": Access(ADMINS, by="page"),
    "GET /reviews/substitutes": Access(SIGNERS, by="page"),
    "POST /reviews/substitutes": Access(SIGNERS, by="page"),
    "POST /reviews/substitutes/<int:delegation_id>/end": Access(SIGNERS, "account", by="page"),
    "GET /campaigns/<int:campaign_id>/review": Access(REVIEWERS, "campaign", by="page"),
    "POST /campaigns/<int:campaign_id>/pass": Access(APPROVERS, "campaign", by="page"),
    "POST /campaigns/<int:campaign_id>/remind-signers": Access(STAFF, "campaign", by="page"),
    "POST /campaigns/<int:campaign_id>/comments": Access(REVIEWERS, "campaign", by="page"),
    "POST /campaigns/<int:campaign_id>/comments/<int:comment_id>": Access(
        REVIEWERS, "account", by="page", body={"act": "resolve"}
    ),
    "POST /campaigns/<int:campaign_id>/review-links": Access(SENDERS, "campaign", by="page"),
    "POST /campaigns/<int:campaign_id>/review-links/<int:link_id>/revoke": Access(SENDERS, "account", by="page"),
    "GET /campaigns/<int:campaign_id>/signoff.pdf": Access(STAFF, "campaign", by="page"),
    "POST /campaigns/<int:campaign_id>/revise": Access(WRITERS, "campaign", by="page"),
    "POST /campaigns/<int:campaign_id>/amendments": Access(WRITERS, "campaign", by="page", body=AMEND),
    "GET /api/v1/reviews": Access(REVIEWERS),
    "GET /api/v1/campaigns/<int:campaign_id>/review": Access(REVIEWERS, "campaign"),
    "GET /api/v1/campaigns/<int:campaign_id>/changes": Access(ALL, "campaign"),
    "POST /api/v1/campaigns/<int:campaign_id>/revise": Access(WRITERS, "campaign"),
    "POST /api/v1/campaigns/<int:campaign_id>/pass": Access(APPROVERS, "campaign", body={"reason": "x"}),
    "POST /api/v1/campaigns/<int:campaign_id>/remind": Access(STAFF, "campaign", body={}),
    "GET /api/v1/campaigns/<int:campaign_id>/comments": Access(ALL, "campaign"),
    "POST /api/v1/campaigns/<int:campaign_id>/comments": Access(REVIEWERS, "campaign", body={"body": "x"}),
    "POST /api/v1/comments/<int:comment_id>/answers": Access(REVIEWERS, "account", body={"body": "x"}),
    "POST /api/v1/comments/<int:comment_id>/resolve": Access(REVIEWERS, "account", body={}),
    "POST /api/v1/campaigns/<int:campaign_id>/links": Access(SENDERS, "campaign", body={"person": "x"}),
    "DELETE /api/v1/review-links/<int:link_id>": Access(SENDERS, "account"),
    "GET /api/v1/campaigns/<int:campaign_id>/signoff": Access(STAFF, "campaign"),
    "GET /api/v1/campaigns/<int:campaign_id>/amendments": Access(ALL, "campaign"),
    "POST /api/v1/campaigns/<int:campaign_id>/amendments": Access(WRITERS, "campaign", body=AMEND),
    "GET /api/v1/review/flows": Access(STAFF),
    "PUT /api/v1/review/flows": Access(ADMINS, body={"stages": []}),
    "GET /api/v1/review/delegations": Access(SIGNERS),
    "POST /api/v1/review/delegations": Access(SIGNERS, "account", body=AWAY),
    "DELETE /api/v1/review/delegations/<int:delegation_id>": Access(SIGNERS, "account"),
    "GET /unknowns": Access(STAFF, by="page"),
    "POST /unknowns/<int:delivery_id>": Access(APPROVERS, "delivery", by="page", body={"happened": "yes", "reason": "seen"}),
    "GET /api/v1/library/items": Access(STAFF),
    "POST /api/v1/library/items": Access(WRITERS, body={}),
    "GET /api/v1/library/items/<int:item_id>": Access(STAFF, "item"),
    "PATCH /api/v1/library/items/<int:item_id>": Access(WRITERS, "item", body={"archived": False}),
    "GET /api/v1/library/items/<int:item_id>/versions": Access(STAFF, "item"),
    "POST /api/v1/library/items/<int:item_id>/versions": Access(WRITERS, "item", body=EDITION),
    "POST /api/v1/library/items/<int:item_id>/restore": Access(WRITERS, "item", body={"number": 1, "base_version": 1}),
    "PUT /api/v1/library/items/<int:item_id>/draft": Access(WRITERS, "item", body=EDITION),
    "DELETE /api/v1/library/items/<int:item_id>/draft": Access(WRITERS, "item"),
    "GET /api/v1/library/items/<int:item_id>/drafts": Access(STAFF, "item"),
    "GET /api/v1/library/items/<int:item_id>/uses": Access(STAFF, "item"),
    "POST /api/v1/library/files": Access(WRITERS, body={}),
    "POST /api/v1/library/import": Access(WRITERS, body={}),
    "GET /api/v1/library/export": Access(STAFF),
    "GET /api/v1/library/folders": Access(STAFF),
    "POST /api/v1/library/folders": Access(WRITERS, body={}),
    "PATCH /api/v1/library/folders/<int:folder_id>": Access(WRITERS, "folder", body={"name": "again"}),
    "DELETE /api/v1/library/folders/<int:folder_id>": Access(WRITERS, "folder"),
    "GET /api/v1/library/tags": Access(STAFF),
    "GET /library": Access(STAFF, by="page"),
    "GET /library/<int:item_id>": Access(STAFF, "item", by="page"),
    "GET /library/<int:item_id>/body": Access(STAFF, "item", by="page"),
    "GET /library/<int:item_id>/conflict": Access(WRITERS, "item", by="page"),
    "POST /library/<int:item_id>/conflict": Access(WRITERS, "item", by="page"),
    "POST /library/<int:item_id>/tags": Access(WRITERS, "item", by="page"),
    "POST /library/<int:item_id>/folder": Access(WRITERS, "item", by="page"),
    "POST /library/<int:item_id>/restore": Access(WRITERS, "item", by="page", body={"number": 1, "base": 1}),
    "POST /library/<int:item_id>/drafts/discard": Access(WRITERS, "item", by="page"),
    "GET /library/<int:item_id>/form": Access(WRITERS, "item", by="page"),
    "POST /library/<int:item_id>/form": Access(WRITERS, "item", by="page"),
    "POST /library/articles": Access(WRITERS, by="page"),
    "POST /library/archive": Access(WRITERS, by="page"),
    "GET /library/import": Access(WRITERS, by="page"),
    "POST /library/import": Access(WRITERS, by="page"),
    "GET /library/export": Access(STAFF, by="page"),
    "GET /library/new/<kind>": Access(WRITERS, by="page"),
    "POST /library/new/<kind>": Access(WRITERS, by="page"),
    "GET /library/campaign": Access(WRITERS, by="page"),
    "POST /library/campaign": Access(WRITERS, by="page"),
    "GET /library/drafts": Access(WRITERS, by="page"),
    "POST /library/drafts": Access(WRITERS, by="page"),
    "GET /api/v1/library/accounts/<key>/drafts": Access(STAFF, "account"),
    "POST /api/v1/library/accounts/<key>/drafts": Access(WRITERS, "account", body={"ids": ["x"]}),
}
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
        "sha256": "f" * 64,
        "link_id": 2**31,
        "comment_id": 2**31,
        "delegation_id": 2**31,
        "person": "nobody",
        "head": "f" * 64,
        "override_id": 2**31,
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
