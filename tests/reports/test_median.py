"""The agency's median is of its accounts' rates; what a client reads of it tells no other client's rate."""

from __future__ import annotations

from saas.reports.periods.lines import medians
from saas.reports.periods.rows import Sent
from tests.reports.test_telling import sent

OWN, OTHER = 1, 2


def others(count: int, opened: int | None = 123) -> list[Sent]:
    return [sent("ABCDEFGH"[n], delivered=1000, opened=opened, client_id=OTHER) for n in range(count)]


def test_a_client_is_told_a_median_only_of_a_rate_that_five_accounts_of_others_have() -> None:
    four = [sent(opened=9), *others(4), *others(8, None)[4:]]
    assert "open" not in medians(four, OWN), "four accounts without a rate do not stand behind it"
    assert medians(four, OWN)["delivery"] == 0.99, "of that rate eight do"
    assert "open" in medians([sent(opened=9), *others(5)], OWN)


def test_a_client_is_told_it_in_whole_percents_and_the_agency_as_it_is() -> None:
    rows = [sent(opened=9), *others(6)]
    assert medians(rows, OWN)["open"] == 0.12
    assert medians(rows)["open"] == 0.123
