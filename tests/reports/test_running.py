"""A span that is not over is compared with as many days of the one before and of last year, and says so."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from saas.kernel import clock
from saas.reports.periods.service import agency_report
from saas.reports.periods.spans import Span, span
from tests.conftest import House


def days(one: Span) -> tuple[str, str]:
    return one.first.isoformat(), one.last.isoformat()


@pytest.mark.parametrize(
    ("written", "today", "before", "year"),
    [
        ("2026-11", date(2026, 11, 23), ("2026-10-01", "2026-10-23"), ("2025-11-01", "2025-11-23")),
        ("2026-11", date(2026, 11, 30), ("2026-10-01", "2026-10-31"), ("2025-11-01", "2025-11-30")),
        ("2026-10", date(2026, 11, 23), ("2026-09-01", "2026-09-30"), ("2025-10-01", "2025-10-31")),
        ("2026-03", date(2026, 3, 30), ("2026-02-01", "2026-02-28"), ("2025-03-01", "2025-03-30")),
        ("2026-W47", date(2026, 11, 16), ("2026-11-09", "2026-11-09"), ("2025-11-17", "2025-11-17")),
        ("2026-12", date(2026, 11, 23), ("2026-11-01", "2026-11-30"), ("2025-12-01", "2025-12-31")),
    ],
)
def test_one_that_is_not_over_is_compared_with_as_many_first_days(
    written: str, today: date, before: tuple[str, str], year: tuple[str, str]
) -> None:
    compared = span(written).compared(today)
    assert (days(compared[0]), days(compared[1])) == (before, year)


def sent(house: House, day: str, account: int) -> None:
    campaign = house.campaign(due=f"timestamptz '{day} 12:00+08'")
    house.dispatch(campaign, account, rows=1, people=10)
    house.as_owner("UPDATE campaigns SET released_at = due_at WHERE id = %s", campaign)
    house.as_owner("UPDATE deliveries SET state = 'sent', accepted = 10, delivered = 10 WHERE campaign_id = %s", campaign)


def test_a_report_of_the_running_month_tells_no_drop_that_is_none_and_says_until_when(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = house.account("one")
    for day in ("2025-08-02", "2025-08-20", "2026-07-05", "2026-07-20", "2026-08-05"):
        sent(house, day, account)
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 8, 10, 4, tzinfo=UTC))
    with house.within():
        running, over = (agency_report(house.actor("owner"), span(written)) for written in ("2026-08", "2026-07"))
    assert [one["sends"].value for one in (running.measures, running.before, running.year_before)] == [1, 1, 1]
    assert (running.before_days, over.before_days) == ("2026-07-01/2026-07-10", "2026-06-01/2026-06-30")
    assert running.changes[0][0] == "与上期相比没有明显变化"
    assert "截至 08-10，本期未结束" in running.period_words[0] and "until 10 Aug, not over yet" in running.period_words[1]
    assert running.conclusion[0].startswith("截至 08-10，本期未结束（只与上期的前 10 天相比）：发送 1 次")
    assert "compared with the first 10 days of the time before): 1 send" in running.conclusion[1]
    assert over.conclusion[0].startswith("发送 2 次") and over.period_words[0] == "2026年7月"
