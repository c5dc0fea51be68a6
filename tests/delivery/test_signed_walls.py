"""check_15, check_20: what was signed is closed, pictures too, and no row of one agency hangs on another's."""

from __future__ import annotations

import hashlib

import psycopg
import pytest

from saas.tenants.service import create_tenant
from tests.conftest import House

DISPATCH = "INSERT INTO dispatches (campaign_id, account_id, message) VALUES (%s, %s, '{}')"
DELIVERY = """INSERT INTO deliveries (campaign_id, dispatch_id, account_id, target, form, people)
              SELECT campaign_id, id, account_id, 'stranger', 'ids', 1 FROM dispatches"""


@pytest.mark.parametrize("state", ["approved", "released"])
def test_check_15_nobody_is_added_to_a_plan_after_it_was_signed(house: House, state: str) -> None:
    campaign = house.campaign(state=state)
    house.dispatch(campaign, house.account("one"), rows=1)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        house.run(DELIVERY)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        house.run(DISPATCH, campaign, house.account("two"))


def test_a_plan_is_written_before_it_is_signed(house: House) -> None:
    campaign = house.campaign(state="awaiting_approval")
    house.run(DISPATCH, campaign, house.account("one"))
    house.run(DELIVERY)
    assert house.one("SELECT intended FROM dispatches") == 1


@pytest.mark.parametrize("change", [
    "UPDATE campaigns SET draft = '{}'", "UPDATE campaigns SET max_lateness = interval '1 year'",
    "UPDATE campaigns SET name = 'x'", "UPDATE blobs SET data = ''", "DELETE FROM blobs",
    "UPDATE quota_windows SET starts_at = now()", "UPDATE quota_windows SET subject = 'x'", "DELETE FROM quota_windows",
])  # fmt: skip
def test_check_15_neither_words_nor_pictures_nor_windows_can_be_exchanged(house: House, change: str) -> None:
    house.campaign()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        house.run(change)


def test_a_picture_is_what_its_hash_says(house: House) -> None:
    insert = "INSERT INTO blobs (sha256, mime, data) VALUES (%s, 'image/png', %s)"
    house.run(insert, hashlib.sha256(b"cat").hexdigest(), b"cat")
    with pytest.raises(psycopg.errors.CheckViolation):
        house.run(insert, hashlib.sha256(b"cat").hexdigest()[::-1], b"dog")


def test_an_approval_of_one_who_was_shut_out_lets_nothing_go(house: House) -> None:
    campaign = house.campaign(state="approved")
    house.run("UPDATE members SET disabled_at = now() WHERE id = %s", house.members["reviewer"])
    with pytest.raises(psycopg.errors.CheckViolation, match="second person"):
        house.run("UPDATE campaigns SET state = 'released' WHERE id = %s", campaign)


def test_check_20_every_foreign_key_between_tenants_rows_names_the_tenant(house: House) -> None:
    loose = house.rows(
        """SELECT k.conname FROM pg_constraint k
           JOIN pg_attribute own ON own.attrelid = k.conrelid AND own.attname = 'tenant_id'
           JOIN pg_attribute their ON their.attrelid = k.confrelid AND their.attname = 'tenant_id'
           WHERE k.contype = 'f' AND NOT (own.attnum = ANY (k.conkey) AND their.attnum = ANY (k.confkey))"""
    )
    assert loose == []


def test_check_20_a_failure_cannot_hang_on_another_agencys_delivery(house: House) -> None:
    house.dispatch(house.campaign(), house.account("one"), rows=1)
    delivery = house.one("SELECT id FROM deliveries")
    with house.app.app_context():
        other = create_tenant("Other", "other")
    with pytest.raises(psycopg.errors.ForeignKeyViolation), house.connect(other) as connection:
        connection.execute(
            "INSERT INTO delivery_failures (delivery_id, target, code, reason) VALUES (%s, 't', '', '')", (delivery,)
        )


def test_functions_that_look_across_tenants_are_deaf_to_what_a_caller_puts_in_the_way(house: House) -> None:
    """A temporary view of the same name would otherwise be read with the rights of the function's owner."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        house.run("CREATE TEMP TABLE tenants (id bigint)")
    paths = house.rows("SELECT proname, proconfig FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace")
    assert {row["proconfig"][0] for row in paths} == {"search_path=pg_catalog, public, pg_temp"}
