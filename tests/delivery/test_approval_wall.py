"""check_15: whatever the application believes, the database lets out only what a second person approved as it stands."""

from __future__ import annotations

import psycopg
import pytest

from saas.campaigns.approving import approve, reject
from saas.delivery.release import cancel, release
from saas.kernel.errors import Conflict, Forbidden, NotFound
from tests.conftest import House

OTHER = "f" * 64


@pytest.mark.parametrize("state", ["approved", "released"])
def test_check_15_no_statement_of_the_application_makes_an_unapproved_campaign_sendable(house: House, state: str) -> None:
    campaign = house.campaign(state="awaiting_approval")
    for change in ("state = %s", "state = %s, approved_digest = digest"):
        with pytest.raises(psycopg.errors.CheckViolation):
            house.run(f"UPDATE campaigns SET {change} WHERE id = {campaign}", state)
    with pytest.raises(psycopg.errors.CheckViolation):
        house.run(
            "INSERT INTO campaigns (name, kind, draft, author_id, digest, approved_digest, state, due_at, max_lateness)"
            " VALUES ('x', 'text', '{}', %s, %s, %s, %s, now(), interval '1 hour')",
            house.members["editor"], OTHER, OTHER, state,
        )  # fmt: skip


@pytest.mark.parametrize("role", ["editor", "analyst", "client_approver"])
def test_check_15_an_approval_by_the_author_or_without_the_right_does_not_count(house: House, role: str) -> None:
    campaign = house.campaign(state="awaiting_approval")
    digest = house.one("SELECT digest FROM campaigns WHERE id = %s", campaign)
    with pytest.raises(psycopg.errors.CheckViolation, match="second person"), house.connect() as connection:
        house.sign(connection, campaign, digest, role)
    with pytest.raises(psycopg.errors.CheckViolation, match="second person"):
        house.run("UPDATE campaigns SET approved_digest = digest, state = 'approved' WHERE id = %s", campaign)


def test_check_15_a_change_after_approval_drops_it(house: House) -> None:
    campaign = house.campaign(state="approved")
    house.run("UPDATE campaigns SET digest = %s WHERE id = %s", OTHER, campaign)
    found = house.rows("SELECT state, approved_digest FROM campaigns")
    assert found == [{"state": "awaiting_approval", "approved_digest": None}]


def test_check_15_what_is_being_sent_cannot_change_nor_its_author(house: House) -> None:
    campaign = house.campaign()
    with pytest.raises(psycopg.errors.CheckViolation, match="released"):
        house.run("UPDATE campaigns SET digest = %s WHERE id = %s", OTHER, campaign)
    with pytest.raises(psycopg.errors.CheckViolation, match="author"):
        house.run("UPDATE campaigns SET author_id = %s WHERE id = %s", house.members["reviewer"], campaign)


@pytest.mark.parametrize("change", [
    "UPDATE dispatches SET message = '{}'", "UPDATE dispatches SET route = 'other'", "UPDATE deliveries SET ids = '[\"x\"]'",
    "UPDATE deliveries SET people = 9", "UPDATE deliveries SET target = 'x'", "UPDATE deliveries SET fields = '{}'",
    "UPDATE deliveries SET key = repeat('0', 32)", "UPDATE approvals SET note = 'x'", "DELETE FROM approvals",
    "DELETE FROM deliveries", "DELETE FROM quota_ledger", "UPDATE quota_ledger SET units = 1", "UPDATE leases SET caps = '[]'",
])  # fmt: skip
def test_check_15_what_was_signed_and_what_is_history_is_beyond_the_applications_reach(house: House, change: str) -> None:
    house.dispatch(house.campaign(), house.account("one"), rows=2)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        house.run(change)


def test_a_cancelled_campaign_stays_cancelled(house: House) -> None:
    campaign = house.campaign()
    house.run("UPDATE campaigns SET state = 'cancelled'")
    with pytest.raises(psycopg.errors.CheckViolation, match="cancelled"):
        house.run("UPDATE campaigns SET state = 'released' WHERE id = %s", campaign)


def test_a_campaign_can_be_stopped_even_when_its_reviewer_has_left(house: House) -> None:
    campaign = house.campaign()
    house.dispatch(campaign, house.account("one"), rows=3)
    house.run("UPDATE members SET role = 'analyst' WHERE id = %s", house.members["reviewer"])
    with house.within():
        cancel(house.actor("owner"), campaign)
    assert house.rows("SELECT DISTINCT state FROM deliveries") == [{"state": "cancelled"}]


def test_an_approval_of_one_who_lost_the_right_lets_nothing_go(house: House) -> None:
    campaign = house.campaign(state="approved")
    house.run("UPDATE members SET role = 'analyst' WHERE id = %s", house.members["reviewer"])
    with pytest.raises(psycopg.errors.CheckViolation):
        house.run("UPDATE campaigns SET state = 'released' WHERE id = %s", campaign)


def test_the_author_the_late_and_the_stranger_do_not_approve(house: House) -> None:
    campaign = house.campaign(state="awaiting_approval")
    digest = house.one("SELECT digest FROM campaigns")
    with house.within():
        owner, reviewer, editor = house.actor("owner"), house.actor("reviewer"), house.actor("editor")
        with pytest.raises(Forbidden):
            approve(editor, campaign, digest)
        with pytest.raises(Conflict, match="changed"):
            approve(reviewer, campaign, OTHER)
        with pytest.raises(NotFound):
            approve(reviewer, campaign + 1, digest)
        with pytest.raises(Conflict, match="not approved"):
            release(owner, campaign)
        reject(reviewer, campaign, digest, "no")
        with pytest.raises(Conflict, match="not waiting"):
            approve(owner, campaign, digest)
        with pytest.raises(Conflict):
            release(owner, campaign)


def test_a_released_campaign_is_not_released_again(house: House) -> None:
    campaign = house.campaign(state="awaiting_approval")
    dispatch = house.dispatch(campaign, house.account("one"), rows=1)
    with house.within():
        approve(house.actor("reviewer"), campaign, house.one("SELECT digest FROM campaigns"))
        release(house.actor("editor"), campaign)
        with pytest.raises(Conflict, match="already"):
            release(house.actor("editor"), campaign)
        cancel(house.actor("editor"), campaign)
        cancel(house.actor("editor"), campaign)
    assert house.rows("SELECT state, skipped FROM deliveries WHERE dispatch_id = %s", dispatch) == [
        {"state": "cancelled", "skipped": 1}
    ]
