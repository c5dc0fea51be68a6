"""What no platform tells is said only of sends that have no such number, whoever gave it."""

from __future__ import annotations

import pytest

from saas.reports.definitions import OF_FIGURES
from saas.reports.periods.rows import Sent
from saas.reports.periods.untold import untold
from saas.reports.report import Figure
from tests.reports.test_telling import NOW, sent

SHARED = Figure(2, "hand", NOW.isoformat())


def of(channel: str, **figures: Figure) -> Sent:
    row = sent(channel=channel)
    return sent(channel=channel, figures={**row.figures, **figures}) if figures else sent(channel=channel, opened=None)


@pytest.mark.parametrize(("channel", "platform"), [("wecom", "企业微信"), ("qq_group", "QQ")])
def test_a_platform_that_tells_no_readers_is_not_named_once_they_are_entered_by_hand(channel: str, platform: str) -> None:
    without, by_hand = of(channel), of(channel, shared=SHARED)
    assert untold([by_hand], [], frozenset()) == []
    assert platform in untold([by_hand, without], [], frozenset())[0][0]
    assert untold([of("official_account")], [], frozenset()) == [], "a platform that tells them is not named"


def test_a_report_says_whose_numbers_are_of_retired_statistics_and_only_to_whom_they_are_shown() -> None:
    old, moved = (of("official_account", retired_statistics=Figure(mark, "statistics", NOW.isoformat())) for mark in (1, 0))
    (said,) = untold([old, moved, of("official_account")], [], frozenset())
    assert "1 次发送" in said[0] and "旧版统计" in said[0] and old.account_name in said[0]
    assert said[1].startswith("1 send whose readers")
    assert untold([moved], [], frozenset()) == []
    assert untold([old], [], frozenset(OF_FIGURES)) == []
