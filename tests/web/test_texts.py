"""Characters that no text column can hold are answered at every address with an envelope, never with a fault of ours."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.conftest import Agency, bearer, browser_of
from tests.web.test_access import TABLE, things
from tests.web.test_input import BODIES
from tests.web.walking import address

UNFIT = "a\0b"


def test_a_nul_in_any_part_of_any_address_names_nothing(app: Flask, agency: Agency) -> None:
    browser, headers = browser_of(app, agency, "owner")
    asked = 0
    for rule in app.url_map.iter_rules():
        for name in rule.arguments:
            values = things(agency) | {name: "%00", "sha256": "f" * 64} | {name: "%00"}
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                path = address(f"{method} {rule.rule}", values)[1]
                assert browser.open(path, method=method, headers=headers).status_code == 404, path
                asked += 1
    assert asked > 30


@pytest.mark.parametrize("query", ["q=%00", "q%00=1", "limit=1&cursor=%00"])
@pytest.mark.parametrize("path", sorted(name.split()[1] for name in TABLE if name.startswith("GET ") and "<" not in name))
def test_a_nul_in_a_query_is_refused(app: Flask, agency: Agency, path: str, query: str) -> None:
    browser, _ = browser_of(app, agency, "owner")
    assert browser.get(f"{path}?{query}").status_code == 422


@pytest.mark.parametrize("unfit", [UNFIT, "\ud800"])
@pytest.mark.parametrize("name", sorted(BODIES))
def test_unfit_text_in_a_body_is_refused_with_its_field(visit: FlaskClient, agency: Agency, name: str, unfit: str) -> None:
    method, path = name.split()
    body = {**BODIES[name], "reason": unfit}
    answer = visit.open(
        path, method=method, data=json.dumps(body), content_type="application/json", headers=bearer(agency.tokens["owner"])
    )
    assert (answer.status_code, answer.json["error"]["code"], answer.json["error"]["field"]) == (422, "invalid_input", "reason")


@pytest.mark.parametrize("name", sorted(name for name in TABLE if name.startswith("POST ") and "/api/" not in name))
def test_unfit_text_in_a_form_is_refused(app: Flask, agency: Agency, name: str) -> None:
    browser, headers = browser_of(app, agency, "owner")
    path = address(name, things(agency))[1]
    if path.startswith("/callbacks/"):
        return
    refused = 404 if path.startswith("/r/") else 422  # the secret is looked at first, and this is nobody's
    for form in ({"x": UNFIT}, {"x\0": "y"}):
        assert browser.post(path, data=form, headers=headers).status_code == refused
    assert browser.get("/api/v1/me").status_code == 200


def test_text_that_only_looks_like_it_is_taken(visit: FlaskClient, agency: Agency) -> None:
    body = {"scope": "tenant", "reason": "\\u0000 and 😀"}
    answer = visit.post("/api/v1/stops", json=body, headers=bearer(agency.tokens["owner"]))
    assert answer.status_code < 400
    again = visit.post("/api/v1/stops/resume", json={"scope": "tenant"}, headers=bearer(agency.tokens["owner"]))
    assert again.status_code < 400
