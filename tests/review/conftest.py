"""An agency whose clients have review flows: more reviewers, a campaign with its plan, a client's link."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import pytest

from tests.conftest import House

WARNING = {
    "rule": "absolute", "severity": "warn", "where": "articles/1.md", "line": 3, "marks": [[0, 2]], "source": "广告法第九条",
    "message": ["“最好”是绝对化用语", "'best' is absolute"], "remedy": ["换一种说法", "say it differently"],
}  # fmt: skip
THREE = ("first", "second", "final")


@dataclass
class Desk:
    """The house, and the people of its review."""

    house: House
    people: dict[str, int] = field(default_factory=dict)

    def member(self, name: str, role: str = "reviewer", client: int | None = None) -> int:
        """Another member."""
        found = self.house.one(
            "INSERT INTO members (email, name, role, client_id, password_hash) VALUES (%s, %s, %s, %s, '-') RETURNING id",
            f"{name}@house.test", name, role, client,
        )  # fmt: skip
        self.people[name] = int(found)
        return int(found)

    def flow(
        self, *kinds: str, client: str | None = "Moon", reasons: bool = False, distinct: bool = True, **named: list[int]
    ) -> None:
        """A flow of the client (None: the agency's own); ``named`` gives a stage its members by id instead of roles."""
        stages = [
            {"kind": kind, "roles": [] if kind in named or kind == "client" else ["owner", "admin", "reviewer"],
             "members": named.get(kind, []), "hours": 24, "remind": [12]}
            for kind in kinds
        ]  # fmt: skip
        whose = self.house.client(client) if client else None
        self.house.run(
            "INSERT INTO review_flows (client_id, stages, distinct_people, reasons, member_id) VALUES (%s, %s, %s, %s, %s)",
            whose, json.dumps(stages), distinct, reasons, self.house.members["owner"],
        )  # fmt: skip

    def campaign(self, *accounts: int, findings: list[dict[str, Any]] | None = None) -> int:
        """A campaign of the editor's that waits, with its plan and what the machine found."""
        campaign = self.house.campaign(state="awaiting_approval")
        for account in accounts or (self.house.account("one"),):
            self.house.dispatch(campaign, account, rows=1)
        if findings is not None:
            self.house.run(
                "INSERT INTO checks (campaign_id, digest, findings) VALUES (%s, %s, %s)",
                campaign, self.digest(campaign), json.dumps(findings),
            )  # fmt: skip
        return campaign

    def digest(self, campaign: int) -> str:
        """What an approval of it signs."""
        return str(self.house.one("SELECT digest FROM campaigns WHERE id = %s", campaign))

    def sign(self, campaign: int, member: int, **more: Any) -> None:
        """A word as the application's role would write it, past every service."""
        values = {"campaign_id": campaign, "member_id": member, "decision": "approved", "digest": self.digest(campaign), **more}
        columns, marks = ", ".join(values), ", ".join(["%s"] * len(values))
        self.house.run(f"INSERT INTO approvals ({columns}) VALUES ({marks})", *values.values())

    def approve(self, campaign: int) -> None:
        """Say that it is approved, as the application's role would."""
        self.house.run("UPDATE campaigns SET approved_digest = digest, state = 'approved' WHERE id = %s", campaign)

    def link(self, campaign: int, stage: int = 1, maker: str = "owner", life: str = "1 day") -> tuple[int, str]:
        """A client's link and its secret."""
        secret = secrets.token_urlsafe(32)
        found = self.house.one(
            "INSERT INTO review_links (campaign_id, stage, digest, hash, person, made_by, expires_at)"
            f" VALUES (%s, %s, %s, %s, '林小姐', %s, now() + interval '{life}') RETURNING id",
            campaign, stage, self.digest(campaign), sha256(secret.encode()).hexdigest(), self.house.members[maker],
        )  # fmt: skip
        return int(found), secret

    def freeze(self, campaign: int) -> None:
        """As planning does."""
        self.house.rows("SELECT freeze_flow(%s)", campaign)


def version(desk: Desk, campaign: int, text: str = "hello again") -> int:
    """Another version of a campaign, as revising makes it."""
    desk.house.run("UPDATE campaigns SET state = 'cancelled' WHERE id = %s", campaign)
    fresh = desk.house.campaign(state="awaiting_approval")
    desk.house.dispatch(fresh, desk.house.one("SELECT account_id FROM dispatches WHERE campaign_id = %s", campaign), rows=1)
    desk.house.as_owner(
        "UPDATE dispatches SET message = jsonb_set(message, '{text}', to_jsonb(%s::text)) WHERE campaign_id = %s", text, fresh
    )
    desk.house.as_owner("UPDATE campaigns SET revises = %s, root_id = %s, version = 2 WHERE id = %s", campaign, campaign, fresh)
    return fresh


@pytest.fixture
def desk(house: House) -> Desk:
    found = Desk(house, dict(house.members))
    for name in ("ann", "ben", "cem"):
        found.member(name)
    return found
