"""``PATCH /api/v1/accounts/KEY``: what an account needs is entered beside what it has, by the same rules as at a shell."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.web.conftest import Agency, bearer

ACCOUNTS = "key,client,channel,kind,name,audience_size\nshop,Shop,official_account,service,Shop,10\n"


def entered(visit: FlaskClient, agency: Agency, body: dict[str, Any]) -> Any:
    """The answer for an Official Account of the agency's."""
    headers = bearer(agency.tokens["owner"])
    assert visit.post("/api/v1/accounts", data=ACCOUNTS, content_type="text/csv", headers=headers).status_code == 200
    return visit.patch("/api/v1/accounts/shop", json=body, headers=headers)


def test_a_program_enters_what_an_account_needs_and_is_shown_no_secret(visit: FlaskClient, agency: Agency) -> None:
    given = {"app_id": "wx0123456789abcdef", "app_secret": "0123456789abcdef0123456789abcdef"}
    assert entered(visit, agency, {"credentials": given, "settings": {"mass_speed": "2", "verified": True}}).status_code == 204
    answer = entered(visit, agency, {"settings": {"allowed_domains": ["example.com"]}, "clear": ["mass_speed"]})
    assert (answer.status_code, answer.data) == (204, b"")
    listed = visit.get("/api/v1/accounts", headers=bearer(agency.tokens["owner"]))
    assert given["app_secret"] not in listed.text


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"credentials": {"secret": "x"}}, "unknown_field", "credentials.secret"),
        ({"settings": {"mass_speed": "9"}}, "field_invalid", "settings.mass_speed"),
        ({"settings": {"mass_speed": {"a": 1}}}, "field_invalid", "settings.mass_speed"),
        ({"settings": {"mass_speed": None}}, "field_invalid", "settings.mass_speed"),
        ({"settings": {"groups": [{"id": "1", "title": 5}]}}, "setting_invalid", "settings.groups"),
        ({"settings": {"overrides": {"mass_dayz": {"value": 1, "reason": "x"}}}}, "unknown_rule", "settings.overrides.mass_dayz"),
        ({"clear": ["nothing"]}, "unknown_field", "settings.nothing"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(
    visit: FlaskClient, agency: Agency, body: dict[str, Any], code: str, field: str
) -> None:
    answer = entered(visit, agency, body)
    assert (answer.status_code, answer.json["error"]["code"], answer.json["error"]["field"]) == (422, code, field)
    assert answer.json["error"]["remedy"]
