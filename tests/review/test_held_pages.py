"""The pages of stages that are held in WeCom's own approval: set up, seen at the campaign, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest
from flask.testing import FlaskClient

from saas.app import create_app
from saas.kernel.database import db
from saas.tenants import sessions
from saas.tenants.models import Member
from saas.tenants.passwords import hash_password
from tests.review.conftest import Desk
from tests.review.held import PEOPLE, TEMPLATE, Office, office_on_stage

PASSWORD = "seven quiet lanterns drift"
PLACED = {"place-Text-01": "title", "place-Textarea-02": "accounts", "place-Date-03": "time", "place-Text-04": "link"}


@pytest.fixture
def office(desk: Desk, tmp_path: Path) -> Iterator[Office]:
    with office_on_stage(desk, tmp_path / "stage") as made:
        yield made


class Browser:
    """A member at the pages."""

    def __init__(self, office: Office, role: str) -> None:
        house = office.desk.house
        with house.within():
            db.session.get_one(Member, house.members[role]).password_hash = hash_password(PASSWORD)
            db.session.commit()
        with house.app.app_context():
            secret = sessions.sign_in(f"{role}@house.test", PASSWORD).secret
        self._app = create_app()
        self._client: FlaskClient = self._app.test_client()
        self._client.set_cookie("qunfa", secret)
        self._headers = {"X-CSRFToken": self._client.get("/api/v1/me").get_json()["csrf_token"]}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._app.app_context():
            db.engine.dispose()

    def see(self, path: str) -> str:
        """A page's text."""
        answer = self._client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def do(self, path: str, **form: str) -> int:
        """The status of a form."""
        return self._client.post(path, data=form, headers=self._headers).status_code


def test_an_admin_holds_a_stage_by_a_templates_controls_and_takes_it_back_at_a_campaign(office: Office) -> None:
    house = office.desk.house
    with Browser(office, "admin") as browser:
        asked = browser.see(f"/reviews/holds?account=office&template={TEMPLATE}")
        for shown in ("群发审批", 'name="place-Text-01"', "发送时间"):
            assert shown in asked
        wish = {
            "account": "office",
            "template": TEMPLATE,
            "kind": "review",
            "client": "",
            "applicant": "Member0004",
            "flow": "ours",
        }
        assert browser.do("/reviews/holds", **wish) == 422
        assert browser.do("/reviews/holds", **wish, **PLACED) == 303
        for name, person in PEOPLE.items():
            assert browser.do("/reviews/holds/people", account="office", member=f"{name}@house.test", person=person) == 303
        assert "Member0002" in browser.see("/reviews/holds")
        campaign = office.desk.campaign()
        assert "自动提交" in browser.see(f"/campaigns/{campaign}/review")
        number = office.asked(campaign)
        office.go()
        shown = browser.see(f"/campaigns/{campaign}/review")
        assert all(word in shown for word in (number, "ann、ben", "等待审批", "改为在这里签"))
        row = office.application(campaign)["id"]
        assert browser.do(f"/campaigns/{campaign}/applications/{row}/take-back", reason="审批人休假") == 303
        shown = browser.see(f"/campaigns/{campaign}/review")
        assert "审批人休假" in shown
        assert "签字同意" in shown
        office.decide(number, "approve", "Member0002")
        office.go()
        assert office.words(campaign) == []
        assert browser.do("/reviews/holds", kind="review", client="", end="1") == 303
        assert house.one("SELECT account_id FROM approval_lines ORDER BY id DESC LIMIT 1") is None
