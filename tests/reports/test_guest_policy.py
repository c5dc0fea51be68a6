"""Whom one may ask whether they want a report, and how often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from saas.kernel.errors import Conflict, Invalid
from saas.reports.guests.policy import LATER, Asking, Room, check_email, check_may_ask, check_room, mailbox, masked

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)


def asking(days_ago: float, client: int = 1, yes: bool = False, stopped: float | None = None, **more: object) -> Asking:
    at = NOW - timedelta(days=days_ago)
    left = None if stopped is None else NOW - timedelta(days=stopped)
    period = more.pop("period", "month")
    values = {"refused": False, "removed_at": None, **more}
    return Asking(client, str(period), at, at + timedelta(days=7), at if yes else None, left, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("history", "code"),
    [
        ([], None),
        ([asking(1)], "guest_known"),
        ([asking(1, period="week")], None),
        ([asking(400, yes=True)], "guest_known"),
        ([asking(8)], "guest_asked"),
        ([asking(31)], None),
        ([asking(400, yes=True, stopped=2)], "guest_asked"),
        ([asking(400, yes=True, stopped=31)], None),
        ([asking(5, yes=True, removed_at=NOW)], None),
        ([asking(5, removed_at=NOW)], "guest_asked"),
        ([asking(900, client=7, stopped=900, refused=True)], "guest_refused"),
        ([asking(1, client=2), asking(9, client=3)], None),
        ([asking(1, client=2), asking(9, client=3), asking(29, client=4)], "guest_asked"),
        ([asking(1, client=2), asking(9, client=3), asking(31, client=4)], None),
    ],
)
def test_an_address_is_asked_seldom_and_never_again_once_it_says_so(history: list[Asking], code: str | None) -> None:
    if code is None:
        check_may_ask(history, 1, "month", NOW)
        return
    with pytest.raises(Conflict) as refused:
        check_may_ask(history, 1, "month", NOW)
    assert refused.value.code == code


def test_who_may_not_be_asked_yet_is_told_from_when_on() -> None:
    with pytest.raises(Conflict) as refused:
        check_may_ask([asking(1, client=2), asking(9, client=3), asking(29, client=4)], 1, "month", NOW)
    assert refused.value.detail["again_at"] == (NOW - timedelta(days=29) + LATER).isoformat()


@pytest.mark.parametrize(
    ("room", "code", "whose"),
    [
        (Room(20, 20, 0, 0), "guests_full", "一份定期报告"),
        (Room(0, 40, 0, 0), "guests_full", "一位客户"),
        (Room(0, 0, 10, 10), "guests_too_many", "为一位客户"),
        (Room(0, 0, 0, 20), "guests_too_many", "每天最多"),
    ],
)
def test_an_order_a_client_and_a_day_have_an_end(room: Room, code: str, whose: str) -> None:
    check_room(Room(19, 39, 9, 19))
    with pytest.raises(Conflict) as refused:
        check_room(room)
    assert refused.value.code == code and whose in refused.value.message[0]


@pytest.mark.parametrize(
    "email",
    [
        "",
        "x",
        "x@",
        "@x.test",
        "a@b",
        "a b@x.test",
        "a@x.test\r\nBcc: b@y.test",
        "a@b@x.test",
        "a@x.test,b@x.test",
        "<a@x.test>",
        "a@b..c",
        "a@.x.test",
        "a@x.test.",
    ],
)
def test_what_is_no_address_or_more_than_one_is_refused(email: str) -> None:
    with pytest.raises(Invalid):
        check_email(email)


@pytest.mark.parametrize(
    ("email", "whose"),
    [
        ("boss+10@x.test", "boss@x.test"),
        ("boss+a+b@x.test", "boss@x.test"),
        ("boss@x.test", "boss@x.test"),
        ("+@x.test", "+@x.test"),
    ],
)
def test_a_mailbox_is_one_under_all_its_tags(email: str, whose: str) -> None:
    assert mailbox(check_email(email)) == whose


def test_an_address_is_kept_in_one_spelling_and_shown_masked() -> None:
    assert check_email("  Boss@Client.TEST ") == "boss@client.test"
    assert masked("boss@client.test") == "b***@client.test"
