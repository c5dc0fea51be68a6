"""check_15: a client's link decides once, for what it was made for, in the hands of whoever holds its secret."""

from __future__ import annotations

import psycopg
import pytest

from tests.review.conftest import Desk

Refused = psycopg.errors.CheckViolation


def by_link(desk: Desk, campaign: int, link: int, secret: str, **more: object) -> None:
    values = {
        "campaign_id": campaign,
        "link_id": link,
        "link_secret": secret,
        "decision": "approved",
        "digest": desk.digest(campaign),
    }
    values |= more
    marks = ", ".join(["%s"] * len(values))
    desk.house.run(f"INSERT INTO approvals ({', '.join(values)}) VALUES ({marks})", *values.values())


@pytest.fixture
def waiting(desk: Desk) -> int:
    """A campaign that waits for its client alone."""
    desk.flow("client")
    campaign = desk.campaign()
    desk.freeze(campaign)
    return campaign


def test_check_15_a_link_is_the_clients_word_once(desk: Desk, waiting: int) -> None:
    link, secret = desk.link(waiting)
    by_link(desk, waiting, link, secret)
    assert desk.house.rows("SELECT person, link_secret, member_id FROM approvals") == [
        {"person": "林小姐", "link_secret": None, "member_id": None}
    ]
    with pytest.raises(Refused, match="decides nothing"):
        by_link(desk, waiting, link, secret)
    for change in ("used_at = NULL", "used_at = now()"):
        with pytest.raises(Refused, match="stays so"):
            desk.house.run(f"UPDATE review_links SET {change}")
    desk.approve(waiting)


def test_check_15_without_the_secret_a_link_decides_nothing(desk: Desk, waiting: int) -> None:
    link, _ = desk.link(waiting)
    hashed = desk.house.one("SELECT hash FROM review_links")
    for guess in ("", hashed, "x" * 43):
        with pytest.raises(Refused, match="decides nothing"):
            by_link(desk, waiting, link, guess)


@pytest.mark.parametrize("end", ["revoked_at = now()", "used_at = now()"])
def test_check_15_a_link_that_is_over_decides_nothing(desk: Desk, waiting: int, end: str) -> None:
    link, secret = desk.link(waiting)
    desk.house.run(f"UPDATE review_links SET {end}")
    with pytest.raises(Refused, match="decides nothing"):
        by_link(desk, waiting, link, secret)


def test_check_15_an_expired_link_decides_nothing(desk: Desk, waiting: int) -> None:
    link, secret = desk.link(waiting, life="200 milliseconds")
    desk.house.rows("SELECT pg_sleep(0.3)")
    with pytest.raises(Refused, match="decides nothing"):
        by_link(desk, waiting, link, secret)


def test_check_15_a_link_of_one_campaign_is_none_of_another(desk: Desk, waiting: int) -> None:
    link, secret = desk.link(waiting)
    other = desk.campaign(desk.house.account("two"))
    with pytest.raises(Refused, match="decides nothing"):
        by_link(desk, other, link, secret)


def test_check_15_a_link_is_not_for_what_was_changed_since(desk: Desk, waiting: int) -> None:
    link, secret = desk.link(waiting)
    desk.house.run("UPDATE campaigns SET digest = %s WHERE id = %s", "d" * 64, waiting)
    with pytest.raises(Refused, match="decides nothing"):
        by_link(desk, waiting, link, secret)


def test_check_15_the_author_does_not_hand_out_the_link(desk: Desk, waiting: int) -> None:
    with pytest.raises(Refused, match="author does not hand out"):
        desk.link(waiting, maker="editor")


def test_check_15_a_link_is_for_the_clients_stage_and_does_not_jump_the_queue(desk: Desk) -> None:
    desk.flow("first", "client")
    campaign = desk.campaign()
    desk.freeze(campaign)
    with pytest.raises(Refused, match="approval of a client"):
        desk.link(campaign, stage=1)
    link, secret = desk.link(campaign, stage=2)
    with pytest.raises(Refused, match="whose turn it is"):
        by_link(desk, campaign, link, secret)
    desk.sign(campaign, desk.people["ann"])
    by_link(desk, campaign, link, secret)
    desk.approve(campaign)


def test_check_16_a_link_is_found_by_its_hash_and_by_nothing_else(desk: Desk, waiting: int) -> None:
    link, _ = desk.link(waiting)
    hashed = desk.house.one("SELECT hash FROM review_links")
    with desk.house.connect(0) as connection:
        assert connection.execute("SELECT * FROM review_links").fetchall() == []
        found = connection.execute("SELECT * FROM whose_review_link(%s)", (hashed,)).fetchall()
        assert found == [{"tenant_id": desk.house.tenant, "link_id": link}]
        assert connection.execute("SELECT * FROM whose_review_link('x')").fetchall() == []
