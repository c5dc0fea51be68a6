"""What comes in: schemas that refuse what they do not know, zips that are no folders, errors in the caller's language."""

from __future__ import annotations

import io
import zipfile

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.conftest import DIGEST, PASSWORD, Agency, bearer, browser_of

EXTRA = ("tenant_id", "role_id", "is_admin", "approved_at", "id")
BODIES = {
    "POST /api/v1/members": {"email": "x@house.test", "name": "X", "role": "analyst", "password": PASSWORD},
    "PATCH /api/v1/members/1": {"disabled": False},
    "POST /api/v1/tokens": {"name": "x", "scopes": ["read"]},
    "POST /api/v1/me/password": {"current": PASSWORD, "password": PASSWORD},
    "POST /api/v1/campaigns/1/approve": {"digest": DIGEST},
    "POST /api/v1/campaigns/1/reject": {"digest": DIGEST},
    "POST /api/v1/campaigns/1/send": {},
    "POST /api/v1/campaigns/1/cancel": {},
    "POST /api/v1/campaigns/1/recall": {},
    "POST /api/v1/unknowns/1/settle": {"happened": True, "reason": "seen"},
    "POST /api/v1/unknowns/1/again": {"reason": "not in its list"},
    "PUT /api/v1/channels/x": {"on": True},
    "PATCH /api/v1/accounts/moon-one": {"settings": {}},
    "POST /api/v1/portals": {"channel": "x", "name": "x"},
    "POST /api/v1/portals/1/scans": {"client": "x"},
    "POST /api/v1/rules/overrides": {"pack": "x", "rule": "x", "reason": "x"},
    "POST /api/v1/inbox/read": {"ids": [1]},
    "PUT /api/v1/inbox/days": {"days": 90},
    "POST /api/v1/inbox/rules": {"client": "x", "name": "x", "occasion": "follow", "says": {"kind": "text", "text": "x"}},
    "PUT /api/v1/inbox/rules/1": {"client": "x", "name": "x", "occasion": "follow", "says": {"kind": "text", "text": "x"}},
    "POST /api/v1/inbox/rules/1/approve": {"digest": DIGEST},
    "POST /api/v1/inbox/rules/1/reject": {"digest": DIGEST},
    "POST /api/v1/inbox/rules/1/turn": {"on": True},
    "PUT /api/v1/rules/trades": {"client": "x", "trades": []},
    "POST /api/v1/deliveries/1/tick": {"done": 1},
    "POST /api/v1/accounts/moon-one/quota": {"rule": "x", "units": 1, "at": "2026-03-20T09:00:00+08:00", "reason": "x"},
    "PUT /api/v1/accounts/moon-one/days/2026-03-20": {"figures": {"gained": 1}, "reason": "x"},
    "PUT /api/v1/campaigns/1/accounts/moon-one/figures": {"figures": {"opened": 1}, "reason": "x"},
    "POST /api/v1/recalls": {"client": "moon"},
    "POST /api/v1/campaigns/1/preview/links": {"days": 3},
    "POST /api/v1/campaigns/1/preview/sends": {"account": "x", "to": "x"},
    "POST /api/v1/accounts/x/testers": {"person": "x"},
    "POST /api/v1/stops": {"scope": "tenant", "reason": "x"},
    "POST /api/v1/campaigns": {"items": [1], "accounts": ["x"]},
    "POST /api/v1/campaigns/check": {"items": [1], "accounts": ["x"]},
    "POST /api/v1/library/items": {"client_id": 1, "kind": "text", "content": {"text": "x"}},
    "PATCH /api/v1/library/items/1": {"archived": False},
    "POST /api/v1/library/items/1/versions": {"base_version": 1, "content": {"text": "x"}},
    "POST /api/v1/library/items/1/restore": {"number": 1, "base_version": 1},
    "PUT /api/v1/library/items/1/draft": {"base_version": 1, "content": {"text": "x"}},
    "POST /api/v1/library/accounts/x/drafts": {"ids": ["x"]},
    "POST /api/v1/library/folders": {"client_id": 1, "path": "x"},
    "PATCH /api/v1/library/folders/1": {"name": "x"},
    "POST /api/v1/stops/resume": {"scope": "tenant"},
    "PUT /api/v1/alerts/rules/failed": {"is_on": True},
    "POST /api/v1/alerts/client-rules": {"kind": "failed", "client_id": 1, "members": [1]},
    "POST /api/v1/alerts/destinations": {"kind": "webhook", "name": "x", "address": "https://example.com/"},
    "POST /api/v1/alerts/destinations/1/test": {},
    "POST /api/v1/alerts/silences": {"hours": 1, "reason": "x"},
    "POST /api/v1/reports/orders": {"period": "month", "members": [1]},
    "POST /api/v1/reports/orders/1/guests": {"email": "boss@x.test"},
    "PUT /api/v1/reports/clients/1/figures": {"hidden": []},
    "POST /api/v1/campaigns/1/accounts/moon-one/incidents": {"kind": "folded", "note": "x"},
    "POST /api/v1/experiments": {"client_id": 1, "name": "x", "hypothesis": "x", "campaigns": [1, 2]},
    "POST /api/v1/experiments/1/withdraw": {"reason": "x"},
    "POST /api/v1/campaigns/1/pass": {"reason": "x"},
    "POST /api/v1/campaigns/1/remind": {},
    "POST /api/v1/campaigns/1/comments": {"body": "x"},
    "POST /api/v1/comments/1/answers": {"body": "x"},
    "POST /api/v1/comments/1/resolve": {},
    "POST /api/v1/campaigns/1/links": {"person": "x"},
    "POST /api/v1/campaigns/1/amendments": {"account": "x", "field": "title", "after": "x", "evidence": "x"},
    "PUT /api/v1/review/flows": {"stages": []},
    "PUT /api/v1/review/holds": {"kind": "first"},
    "PUT /api/v1/review/people": {"account": "x", "member": "a@b.test", "person": "x"},
    "POST /api/v1/campaigns/1/applications/1/take-back": {"reason": "x"},
    "POST /api/v1/review/delegations": {
        "substitute": "x@y.example",
        "from_at": "2026-03-20T09:00:00Z",
        "until_at": "2026-03-21T09:00:00Z",
    },
}


@pytest.mark.parametrize("extra", EXTRA)
@pytest.mark.parametrize("name", sorted(BODIES))
def test_check_41_a_field_nobody_asked_for_is_refused(app: Flask, agency: Agency, name: str, extra: str) -> None:
    browser, headers = browser_of(app, agency, "owner")
    method, path = name.split()
    answer = browser.open(path, method=method, json={**BODIES[name], extra: 1}, headers=headers)
    assert answer.status_code == 422
    assert answer.json["error"]["field"] == extra


def test_check_41_every_body_in_the_documents_is_closed(visit: FlaskClient) -> None:
    contract = visit.get("/api/openapi.json").json
    bodies = [
        o["requestBody"]["content"]
        for path in contract["paths"].values()
        for o in path.values()
        if isinstance(o, dict) and "requestBody" in o
    ]
    names = [
        content["application/json"]["schema"]["$ref"].rsplit("/", 1)[1] for content in bodies if "application/json" in content
    ]
    assert len(names) == len(BODIES)
    assert all(contract["components"]["schemas"][name].get("additionalProperties") is False for name in names)


@pytest.mark.parametrize("path", ["/api/v1/campaigns", "/api/v1/campaigns/1/deliveries"])
@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "cursor=0", "order=name"])
def test_a_page_is_asked_for_within_bounds(visit: FlaskClient, agency: Agency, path: str, query: str) -> None:
    assert visit.get(f"{path}?{query}", headers=bearer(agency.tokens["owner"])).status_code == 422


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no zip at all", b"%PDF-1.7"])
def test_check_37_what_is_no_zip_is_refused(visit: FlaskClient, agency: Agency, data: bytes) -> None:
    answer = visit.post(
        "/api/v1/campaigns", data={"folder": (io.BytesIO(data), "../../folder.zip")}, headers=bearer(agency.tokens["editor"])
    )
    assert answer.status_code == 422
    assert answer.json["error"]["field"] == "folder"


@pytest.mark.parametrize("name", ["../campaign.yaml", "/etc/campaign.yaml", "a\\..\\..\\campaign.yaml"])
def test_check_37_a_zip_that_climbs_out_is_reported_and_not_followed(visit: FlaskClient, agency: Agency, name: str) -> None:
    answer = _checked(visit, agency, {name: b"name: x"})
    assert answer["blocked"] is True
    assert [finding["rule"] for finding in answer["findings"]] == ["path_leaves_folder"]


def test_check_37_a_bomb_is_reported_and_not_opened(visit: FlaskClient, agency: Agency) -> None:
    assert "zip_bomb" in [
        finding["rule"] for finding in _checked(visit, agency, {"campaign.yaml": b"\0" * 20_000_000})["findings"]
    ]


@pytest.mark.parametrize(
    ("language", "word"), [("zh-CN", "没有这个地址"), ("en-US", "there is nothing"), ("fr", "没有这个地址"), ("", "没有这个地址")]
)
def test_an_error_speaks_the_callers_language(visit: FlaskClient, language: str, word: str) -> None:
    headers = {"Accept-Language": language} if language else {}
    assert word in visit.get("/api/v1/nothing", headers=headers).json["error"]["message"]


def test_every_error_of_the_api_has_one_shape(app: Flask, agency: Agency) -> None:
    program, headers = app.test_client(), bearer(agency.tokens["owner"])
    answers = [
        program.get("/api/v1/me"),
        program.get("/api/v1/nothing", headers=headers),
        program.put("/api/v1/me", headers=headers),
        program.get("/api/v1/campaigns/987654321", headers=headers),
        program.post("/api/v1/members", data=b"{", content_type="application/json", headers=headers),
        program.post("/api/v1/members", json=[], headers=headers),
        program.post("/api/v1/campaigns", headers=headers),
    ]
    assert [answer.status_code for answer in answers] == [401, 404, 405, 404, 422, 422, 422]
    for answer in answers:
        assert list(answer.json) == ["error"]
        assert set(answer.json["error"]) == {"code", "message", "remedy", "field", "detail", "request_id"}


def test_a_number_larger_than_any_id_names_nothing(visit: FlaskClient, agency: Agency) -> None:
    answer = visit.get(f"/api/v1/campaigns/{2**63}", headers=bearer(agency.tokens["owner"]))
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")


def test_what_platforms_push_to_an_unknown_address_is_not_found(visit: FlaskClient) -> None:
    assert visit.get("/callbacks/unknown?echostr=1").status_code == 404
    assert visit.post("/callbacks/unknown", data=b"<xml/>").status_code == 404


def test_the_documents_need_no_inline_script_and_no_other_host(visit: FlaskClient) -> None:
    page = visit.get("/api/docs").text
    assert page.count("<script") == page.count("<script src=") == 2
    assert "//" not in page.replace("<!doctype", "")
    assert visit.get("/api/openapi.json").json["openapi"] == "3.1.0"


def _checked(visit: FlaskClient, agency: Agency, files: dict[str, bytes]) -> dict[str, object]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    packed.seek(0)
    answer = visit.post(
        "/api/v1/campaigns/check", data={"folder": (packed, "folder.zip")}, headers=bearer(agency.tokens["editor"])
    )
    assert answer.status_code == 200
    return dict(answer.json)
