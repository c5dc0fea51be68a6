"""A campaign's way at the API alone: a Markdown folder, two people, the client's link, its release; and every way round it."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import text

from saas.kernel.database import db, tenant_scope, transaction
from tests.web.conftest import DIGEST, Agency, bearer

LISTED = "name: 春天的第一杯\nkind: articles\narticles: [1.md]\naccounts: [moon-one]\nschedule: now\n"
BODY = "---\ntitle: 春天的第一杯\ndigest: 新豆子到了\ncover: cover.jpg\n---\n\n云南保山的春天到了，我们的豆子是最好的。\n"
PEOPLE = """INSERT INTO contacts (account_id, target, title)
  SELECT :account, 'wx' || n, '客人' || n FROM generate_series(1, 3) n ON CONFLICT DO NOTHING"""
STAGES = [{"kind": "first", "roles": ["reviewer"]}, {"kind": "final", "roles": ["owner"]}, {"kind": "client", "hours": 48}]


def folder() -> io.BytesIO:
    picture, packed = io.BytesIO(), io.BytesIO()
    Image.effect_noise((900, 500), 40).convert("RGB").save(picture, "JPEG")
    with zipfile.ZipFile(packed, "w") as box:
        box.writestr("campaign.yaml", LISTED)
        box.writestr("1.md", BODY)
        box.writestr("cover.jpg", picture.getvalue())
    return io.BytesIO(packed.getvalue())


class Programs:
    """Programs that speak for the members of an agency."""

    def __init__(self, app: Flask, agency: Agency) -> None:
        self._app, self._agency = app, agency

    def ask(self, role: str, method: str, path: str, **body: Any) -> tuple[int, Any]:
        """The status and the answer."""
        headers = bearer(self._agency.tokens[role])
        answer = self._app.test_client().open(f"/api/v1{path}", method=method, headers=headers, **body)
        return answer.status_code, answer.get_json(silent=True)

    def sign(self, role: str, campaign: int, digest: str) -> int:
        """The status of a yes."""
        return self.ask(role, "POST", f"/campaigns/{campaign}/approve", json={"digest": digest})[0]


@pytest.fixture
def programs(app: Flask, agency: Agency) -> Programs:
    with app.app_context(), tenant_scope(agency.tenant), transaction():
        db.session.execute(text(PEOPLE), {"account": agency.pieces[0].account})
    programs = Programs(app, agency)
    status, _ = programs.ask("admin", "PUT", "/review/flows", json={"client": "moon", "stages": STAGES})
    assert status < 300
    return programs


def test_a_folder_goes_over_two_people_and_the_client_to_its_release(
    app: Flask, agency: Agency, neighbour: Agency, programs: Programs
) -> None:
    status, made = programs.ask("editor", "POST", "/campaigns", data={"folder": (folder(), "spring.zip")})
    assert (status, made["state"]) == (201, "awaiting_approval")
    campaign, digest = made["campaign"], made["digest"]
    assert programs.ask("editor", "POST", f"/campaigns/{campaign}/send")[0] == 409
    assert programs.sign("editor", campaign, digest) == 403
    assert programs.sign("owner", campaign, digest) == 409, "the first stage is not hers"
    assert Programs(app, neighbour).sign("reviewer", campaign, digest) == 404
    assert programs.sign("reviewer", campaign, DIGEST) == 409, "that is not what it says"
    assert programs.sign("reviewer", campaign, digest) == 200
    assert programs.sign("reviewer", campaign, digest) == 409, "one person, one stage"
    assert programs.sign("owner", campaign, digest) == 409, "a warning stands that nobody has let pass"
    passed = {"reason": "客户有 2025 年金奖证书"}
    assert programs.ask("owner", "POST", f"/campaigns/{campaign}/pass", json=passed)[0] < 300
    assert programs.sign("owner", campaign, digest) == 200
    assert programs.ask("editor", "POST", f"/campaigns/{campaign}/send")[0] == 409, "the client has not said a word"
    status, link = programs.ask("owner", "POST", f"/campaigns/{campaign}/links", json={"person": "林小姐"})
    assert status == 201
    address, phone = "/r/" + link["url"].rsplit("/", 1)[1], app.test_client()
    assert phone.post(address, data={"digest": DIGEST, "decision": "approve"}).status_code == 409
    assert phone.post(address, data={"digest": digest, "decision": "approve"}).status_code == 200
    assert phone.post(address, data={"digest": digest, "decision": "reject", "note": "no"}).status_code == 409, (
        "a link decides once"
    )
    assert programs.ask("editor", "GET", f"/campaigns/{campaign}")[1]["state"] == "approved"
    status, released = programs.ask("editor", "POST", f"/campaigns/{campaign}/send")
    assert status == 202
    assert {account["key"]: account["intended"] for account in released["accounts"]} == {"moon-one": 3}
