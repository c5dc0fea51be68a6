"""What no platform tells is said only of sends that have no such number, whoever gave it."""

from __future__ import annotations

import pytest

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
