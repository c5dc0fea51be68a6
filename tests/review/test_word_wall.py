"""check_15: the database refuses every way round the people who sign, whoever writes to it and however."""

from __future__ import annotations

import psycopg
import pytest

from saas.tenants.service import create_tenant
from tests.conftest import House
from tests.review.conftest import THREE, WARNING, Desk

Refused = psycopg.errors.CheckViolation


def test_check_15_three_stages_need_three_people_in_order(desk: Desk) -> None:
    desk.flow(*THREE)
    campaign = desk.campaign()
    for name in ("ann", "ben", "cem"):
        with pytest.raises(Refused, match="second person at every stage"):
            desk.approve(campaign)
        desk.sign(campaign, desk.people[name])
    desk.approve(campaign)
    desk.house.run("UPDATE campaigns SET state = 'released' WHERE id = %s", campaign)
    words = desk.house.rows("SELECT stage, kind, member_id FROM approvals ORDER BY id")
    assert [(word["stage"], word["kind"]) for word in words] == [(1, "first"), (2, "second"), (3, "final")]


def test_check_15_a_stage_cannot_be_skipped(desk: Desk) -> None:
    desk.flow(*THREE)
    campaign = desk.campaign()
    for stage in (2, 3, 9):
        with pytest.raises(Refused, match="whose turn it is"):
            desk.sign(campaign, desk.people["ann"], stage=stage)


def test_check_15_the_author_signs_no_stage_and_lets_no_warning_pass(desk: Desk) -> None:
    desk.flow(*THREE)
    campaign = desk.campaign(findings=[WARNING])
    with pytest.raises(Refused, match="author never signs"):
        desk.sign(campaign, desk.people["editor"])
    with pytest.raises(Refused, match="author never signs"):
        desk.sign(campaign, desk.people["ann"], on_behalf_of=desk.people["editor"])
    with pytest.raises(Refused, match="not the author"):
        override(desk, campaign, "editor")


def test_check_15_one_person_signs_one_stage_unless_the_flow_says_otherwise(desk: Desk) -> None:
    desk.flow("first", "second")
    campaign = desk.campaign()
    desk.sign(campaign, desk.people["ann"])
    with pytest.raises(Refused, match="does not sign two stages"):
        desk.sign(campaign, desk.people["ann"])
    desk.flow("first", "second", distinct=False)
    other = desk.campaign(desk.house.account("two"))
    desk.sign(other, desk.people["ann"])
    desk.sign(other, desk.people["ann"])
    desk.approve(other)


def test_check_15_a_stage_is_signed_by_whom_it_names(desk: Desk) -> None:
    desk.flow("first", "final", final=[desk.people["cem"]])
    campaign = desk.campaign()
    desk.sign(campaign, desk.people["ann"])
    with pytest.raises(Refused, match="with the right"):
        desk.sign(campaign, desk.people["ben"])
    desk.sign(campaign, desk.people["cem"])
    desk.approve(campaign)


def test_check_15_a_stale_digest_is_not_signed(desk: Desk) -> None:
    campaign = desk.campaign()
    with pytest.raises(Refused, match="what the campaign says now"):
        desk.sign(campaign, desk.people["ann"], digest="f" * 64)


def test_check_15_a_change_voids_every_stage(desk: Desk) -> None:
    desk.flow("first", "final")
    campaign = desk.campaign()
    desk.sign(campaign, desk.people["ann"])
    desk.sign(campaign, desk.people["ben"])
    desk.approve(campaign)
    desk.house.run("UPDATE campaigns SET digest = %s WHERE id = %s", "e" * 64, campaign)
    assert desk.house.one("SELECT state FROM campaigns") == "awaiting_approval"
    with pytest.raises(Refused, match="at every stage"):
        desk.approve(campaign)


def test_check_15_a_plan_that_is_not_the_one_that_was_signed_is_not_released(desk: Desk) -> None:
    campaign = desk.campaign()
    desk.sign(campaign, desk.people["ann"])
    desk.approve(campaign)
    with pytest.raises(Refused, match="not the one that was signed"):
        desk.house.run("UPDATE campaigns SET state = 'released', due_at = now() + interval '1 day' WHERE id = %s", campaign)
    desk.house.as_owner('UPDATE dispatches SET message = \'{"text": "another"}\'')
    with pytest.raises(Refused, match="not the one that was signed"):
        desk.house.run("UPDATE campaigns SET state = 'released' WHERE id = %s", campaign)


def test_check_15_nothing_is_added_to_a_plan_once_the_first_has_signed(desk: Desk) -> None:
    desk.flow(*THREE)
    campaign = desk.campaign()
    desk.sign(campaign, desk.people["ann"])
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        desk.house.run(
            "INSERT INTO dispatches (campaign_id, account_id, message) VALUES (%s, %s, '{}')", campaign, desk.house.account("two")
        )


def test_check_15_a_flow_frozen_before_the_plan_grew_does_not_let_it_go(desk: Desk) -> None:
    desk.flow(*THREE)
    campaign = desk.campaign(desk.house.account("mild", client="Sun"))
    desk.freeze(campaign)
    desk.house.dispatch(campaign, desk.house.account("strict"))
    desk.sign(campaign, desk.people["ann"])
    with pytest.raises(Refused, match="whose flow was not followed"):
        desk.approve(campaign)


def test_check_15_a_campaign_keeps_the_flow_it_began_under(desk: Desk) -> None:
    desk.flow(*THREE)
    campaign = desk.campaign()
    desk.freeze(campaign)
    desk.flow("review")
    desk.sign(campaign, desk.people["ann"])
    with pytest.raises(Refused):
        desk.approve(campaign)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        desk.house.run("DELETE FROM campaign_stages")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        desk.house.run("UPDATE campaign_stages SET who = '[]'")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        desk.house.run("INSERT INTO campaign_flows VALUES (99)")


def test_check_15_of_several_clients_each_flow_is_followed(desk: Desk) -> None:
    desk.flow("first", "client", first=[desk.people["ann"], desk.people["ben"]])
    desk.flow("first", "second", client="Sun", first=[desk.people["ben"], desk.people["cem"]])
    campaign = desk.campaign(desk.house.account("one"), desk.house.account("two", client="Sun"))
    for name in ("ann", "cem"):
        with pytest.raises(Refused, match="with the right"):
            desk.sign(campaign, desk.people[name])
    desk.sign(campaign, desk.people["ben"])
    desk.sign(campaign, desk.people["ann"])
    with pytest.raises(Refused):
        desk.approve(campaign)
    desk.sign(campaign, desk.people["client_approver"])
    desk.approve(campaign)


def test_check_15_another_tenants_member_is_nobody_here(desk: Desk, house: House) -> None:
    campaign = desk.campaign()
    with house.app.app_context():
        other = create_tenant("Other", "other")
    with house.connect(other) as connection:
        stranger = connection.execute(
            "INSERT INTO members (email, name, role, password_hash) VALUES ('r@other.test', 'r', 'owner', '-') RETURNING id"
        ).fetchone()["id"]  # type: ignore[index]
    with pytest.raises(Refused, match="with the right"):
        desk.sign(campaign, stranger)
    digest = desk.digest(campaign)
    with (
        pytest.raises((psycopg.errors.ForeignKeyViolation, psycopg.errors.InsufficientPrivilege)),
        house.connect(other) as connection,
    ):
        connection.execute(
            "INSERT INTO approvals (campaign_id, member_id, decision, digest) VALUES (%s, %s, 'approved', %s)",
            (campaign, stranger, digest),
        )
    with pytest.raises(Refused):
        desk.approve(campaign)


def test_check_15_a_client_approver_signs_their_own_brand_alone(desk: Desk) -> None:
    desk.flow("client", client="Sun")
    campaign = desk.campaign(desk.house.account("two", client="Sun"))
    with pytest.raises(Refused, match="with the right"):
        desk.sign(campaign, desk.people["client_approver"])
    desk.sign(campaign, desk.member("sunny", "client_approver", desk.house.client("Sun")))
    desk.approve(campaign)


def override(desk: Desk, campaign: int, name: str) -> None:
    desk.house.run(
        "INSERT INTO finding_overrides (campaign_id, digest, finding, member_id, reason)"
        " SELECT campaign_id, digest, md5(f::text), %s, '客户有获奖证书'"
        " FROM checks, jsonb_array_elements(findings) f WHERE campaign_id = %s",
        desk.people[name], campaign,
    )  # fmt: skip


def test_check_15_a_warning_is_let_pass_with_a_reason_and_that_is_signed(desk: Desk) -> None:
    desk.flow("first", "final", "client", reasons=True)
    campaign = desk.campaign(findings=[WARNING])
    desk.sign(campaign, desk.people["ann"])
    with pytest.raises(Refused, match="nobody has let pass"):
        desk.sign(campaign, desk.people["ben"])
    desk.house.run("INSERT INTO checks (campaign_id, digest, findings) VALUES (%s, %s, '[]')", campaign, desk.digest(campaign))
    with pytest.raises(Refused, match="nobody has let pass"):
        desk.sign(campaign, desk.people["ben"])
    override(desk, campaign, "ben")
    desk.sign(campaign, desk.people["ben"])
    words = desk.house.rows("SELECT cardinality(overrides) AS n FROM approvals ORDER BY id")
    assert [word["n"] for word in words] == [0, 1]


def test_check_15_a_blocking_finding_is_let_pass_by_nobody(desk: Desk) -> None:
    campaign = desk.campaign(findings=[{**WARNING, "severity": "block"}])
    with pytest.raises(Refused, match="only a warning"):
        override(desk, campaign, "ann")


@pytest.mark.parametrize("change", [
    "UPDATE finding_overrides SET reason = 'x'", "DELETE FROM finding_overrides", "UPDATE review_flows SET stages = '[]'",
    "DELETE FROM review_links", "UPDATE review_links SET digest = 'x'", "DELETE FROM review_comments",
    "UPDATE review_comments SET body = 'x'", "UPDATE amendments SET after = 'x'", "DELETE FROM review_reminders",
    "UPDATE review_delegations SET substitute_id = 1", "UPDATE campaigns SET revises = 1", "UPDATE approvals SET seal = ''",
])  # fmt: skip
def test_check_15_what_was_said_in_review_is_beyond_the_applications_reach(desk: Desk, change: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        desk.house.run(change)


@pytest.mark.parametrize("stages", [
    '[{"kind": "first", "roles": [], "members": [], "hours": 1, "remind": []}]',
    '[{"kind": "fifth", "roles": ["owner"], "members": [], "hours": 1, "remind": []}]',
    '[{"kind": "first", "roles": ["owner"], "members": [], "hours": 0, "remind": []}]',
])  # fmt: skip
def test_a_flow_nobody_could_follow_is_not_stored(desk: Desk, stages: str) -> None:
    with pytest.raises(Refused, match="a stage has"):
        desk.house.run("INSERT INTO review_flows (stages, member_id) VALUES (%s, %s)", stages, desk.people["owner"])
    with pytest.raises(Refused, match="owner or an admin"):
        desk.house.run("INSERT INTO review_flows (stages, member_id) VALUES ('[]', %s)", desk.people["editor"])


def test_what_was_sent_stays_as_it_was_sent_for_the_owner_of_the_tables_too(desk: Desk) -> None:
    campaign = desk.campaign()
    desk.sign(campaign, desk.people["ann"])
    desk.house.run(
        "UPDATE campaigns SET approved_digest = digest, state = 'released', released_at = now() WHERE id = %s", campaign
    )
    for change in (
        "UPDATE dispatches SET message = '{}'",
        "UPDATE campaigns SET draft = '{\"a\": 1}'",
        "UPDATE campaigns SET name = 'x'",
    ):
        with pytest.raises(Refused, match="stays as it was sent"):
            desk.house.as_owner(change)
