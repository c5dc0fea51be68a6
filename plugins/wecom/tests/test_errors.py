"""What each of the platform's errors means, and what is sure after a failure on the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from qunfa_wecom.errors import REASONS, STANDING, PlatformError, outcome_of
from saas.channels import Exhausted, Link, MaybeSent, Message, NotSent, Picture, Refused, Throttled, Unauthorized, Unknown

Play = Callable[..., None]

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
TEXT = Message("text", text="春分")
PICTURE = Picture("ab" * 32, "image/jpeg", 900, 500, 104)
LINK = Message("link", link=Link("春分", "https://www.example.com/spring", "", PICTURE))


def meaning(code: int, path: str = "externalcontact/add_msg_template", sure: bool = True) -> Any:
    return outcome_of(PlatformError(code, path, "some words, hint: [1]", sure), NOW, "Asia/Shanghai")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (40001, "credentials"),
        (40013, "credentials"),
        (40091, "credentials"),
        (93000, "credentials"),
        (42009, "revoked"),
        (40085, "revoked"),
        (48002, "no_right"),
        (84074, "no_right"),
        (301002, "no_right"),
        (701008, "no_right"),
        (60020, "ip_not_listed"),
    ],
)
def test_what_a_person_must_put_right_stops_the_account(code: int, reason: str) -> None:
    told = meaning(code)
    assert isinstance(told, Unauthorized) and (told.reason, told.code) == (reason, str(code))


@pytest.mark.parametrize("code", [41048, 81013, 82001, 60111, 40096, 84061])
def test_an_audience_that_is_not_there_is_refused_as_such(code: int) -> None:
    told = meaning(code)
    assert isinstance(told, Refused) and told.field == "audience"


def test_a_code_nobody_knows_is_refused_with_the_platforms_words_but_not_its_hint() -> None:
    assert meaning(99_999).reason == "errcode 99999: some words"


def test_frequency_blocks_for_the_window_that_was_overrun() -> None:
    assert meaning(45009) == Throttled(60.0, "45009", meaning(45009).reason)
    assert meaning(130101, "webhook/send").retry_after == 60
    day = meaning(45009, "message/send")
    assert isinstance(day, Exhausted) and day.resets_at == datetime(2026, 11, 22, 16, tzinfo=UTC)
    assert meaning(45009, "media/uploadimg").resets_at - NOW < timedelta(days=1)
    assert meaning(45033).retry_after < 60


def test_a_busy_platform_leaves_a_send_unknown_and_a_question_throttled() -> None:
    assert isinstance(meaning(-1, sure=False), Unknown)
    assert isinstance(meaning(-1, sure=True), Throttled)


def test_every_reason_is_told_in_both_languages() -> None:
    for code, (chinese, english) in REASONS.items():
        assert any("一" <= sign <= "鿿" for sign in chinese), code
        assert english.isascii(), code
    assert {code for code in STANDING if code not in REASONS} <= {40082, 40084, 40085}


def test_a_bad_gateway_after_the_request_left_is_unknown(play: Play) -> None:
    async def scene(stand: Any) -> None:
        stand.fault("http", "add_msg_template", "502")
        with pytest.raises(MaybeSent):
            await stand.send(TEXT, await stand.delivery())

    play("customer", 40, scene)


@pytest.mark.parametrize("path", ["gettoken", "media/uploadimg"])
def test_a_failure_before_the_send_itself_surely_sent_nothing(play: Play, path: str) -> None:
    async def scene(stand: Any) -> None:
        delivery = await stand.delivery()
        stand.platform.tokens.clear()
        stand.fault("drop_after", path, times=2)
        with pytest.raises(NotSent):
            await stand.send(LINK, delivery)
        assert not stand.effects("customer_task")

    play("customer", 40, scene)


def test_a_platform_that_is_not_there_surely_got_nothing(play: Play) -> None:
    async def scene(stand: Any) -> None:
        delivery = await stand.delivery()
        await stand.server.stop()
        with pytest.raises(NotSent):
            await stand.send(TEXT, delivery)

    play("robot", 1, scene)


def test_progress_that_cannot_be_asked_is_asked_again_not_counted_as_nothing(play: Play) -> None:
    async def scene(stand: Any) -> None:
        delivery = await stand.delivery()
        receipt = await stand.send(TEXT, delivery)
        stand.patch(ip_allowed=False)
        with pytest.raises(NotSent):
            await stand.finished(delivery, receipt)

    play("customer", 40, scene)
