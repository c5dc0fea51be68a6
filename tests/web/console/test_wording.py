"""How values become words and shapes: pure functions, no application."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from saas.channels import Finding
from saas.cli import following, showing
from saas.reports.report import COUNTS, AccountReport, CampaignReport, Figure
from saas.web.console import instants, shape, words
from saas.web.console.gate import local
from saas.web.console.pages import percent

NOW = datetime(2026, 11, 22, 9, 20, tzinfo=UTC)  # a Sunday, 17:20 in Beijing


def account(**changes: object) -> AccountReport:
    values: dict[str, object] = dict.fromkeys(COUNTS, 0)
    plain: dict[str, object] = {
        "key": "k", "name": "n", "client": "c", "channel": "official_account", "kind": "service", "unit": "person",
        "state": "sent", "receipts": [], "receipts_total": 0, "code": "", "reason": "", "next_possible_at": None,
    }  # fmt: skip
    return AccountReport(**{**values, **plain, **changes})  # type: ignore[arg-type]


def campaign(*accounts: AccountReport, state: str = "sending") -> CampaignReport:
    return CampaignReport(1, "n", "text", state, "a", [], "d", NOW.isoformat(), NOW.isoformat(), 60, False, list(accounts))


@pytest.mark.parametrize(
    ("at", "zh", "en"),
    [
        ("2026-11-22T16:00:00+00:00", "明天 00:00 北京时间", "tomorrow 00:00 Beijing time"),
        ("2026-11-22T09:20:00+00:00", "今天 17:20 北京时间", "today 17:20 Beijing time"),
        ("2026-11-21T15:59:00+00:00", "昨天 23:59 北京时间", "yesterday 23:59 Beijing time"),
        ("2026-11-25T00:00:00+00:00", "11月25日 周三 08:00 北京时间", "Wed 25 Nov 08:00 Beijing time"),
        ("2027-01-01T00:00:00+08:00", "2027年1月1日 周五 00:00 北京时间", "Fri 1 Jan 2027 00:00 Beijing time"),
    ],
)
def test_an_instant_is_said_as_people_say_it(at: str, zh: str, en: str) -> None:
    assert instants.in_words(at, NOW) == (zh, en)


def test_a_zone_without_a_name_shows_as_itself() -> None:
    assert instants.in_words(NOW, NOW, "Asia/Urumqi")[0] == "今天 15:20 Asia/Urumqi"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (120, ("2 分钟", "2 minutes")),
        (86400, ("24 小时", "24 hours")),
        (259200, ("3 天", "3 days")),
        (1, ("1 秒", "1 second")),
        (5400, ("1.5 小时", "1.5 hours")),
    ],
)
def test_a_length_of_time_is_said_in_the_unit_people_use(seconds: int, said: tuple[str, str]) -> None:
    assert instants.span(seconds) == said


def test_a_bar_fills_exactly_what_was_intended() -> None:
    parts = shape.segments({"intended": 7, "delivered": 3, "failed": 1, "unknown": 1, "awaiting": 2})
    assert [part.name for part in parts] == ["delivered", "awaiting", "unknown", "failed"]
    assert sum(part.width for part in parts) == pytest.approx(100, abs=0.01)
    assert parts[-1].x + parts[-1].width == pytest.approx(100, abs=0.01)


def test_an_empty_audience_draws_an_empty_bar() -> None:
    assert shape.segments(dict.fromkeys(COUNTS, 0)) == []


def test_what_has_not_begun_is_not_called_in_progress() -> None:
    waiting = account(state="waiting", intended=10, in_progress=10)
    going = account(state="sending", intended=5, delivered=2, in_progress=3)
    assert shape.counts_of(waiting)["planned"] == 10
    totals = shape.totals_of(campaign(waiting, going))["person"]
    assert (totals["planned"], totals["in_progress"], totals["delivered"]) == (10, 3, 2)


def test_a_campaigns_rate_weighs_each_account_by_its_people() -> None:
    large = account(intended=900, delivered=900, rates={"delivery": Figure(1.0, "callback", "")})
    small = account(intended=100, delivered=0, rates={"delivery": Figure(0.0, "answer", "")})
    without = account(intended=500)
    delivery, opened, _ = shape.overall_rates(campaign(large, small, without))
    assert delivery.value == pytest.approx(0.9)
    assert delivery.sources == ("answer", "callback")
    assert delivery.accounts == 2
    assert opened.value is None


def test_findings_stand_under_their_file_the_gravest_first() -> None:
    found = [
        Finding("a", "note", "images/x.jpg", ("z", "e")),
        Finding("b", "warn", "articles/1.md: title", ("z", "e"), line=2),
        Finding("c", "block", "articles/1.md", ("z", "e"), line=9),
        Finding("d", "block", "campaign.yaml: schedule", ("z", "e"), line=7),
    ]
    groups = shape.by_file(found)
    assert [group.file for group in groups] == ["campaign.yaml", "articles/1.md", "images/x.jpg"]
    assert [finding.rule for finding in groups[1].findings] == ["c", "b"]
    assert shape.field_of(groups[1].findings[1]) == "title"


@pytest.mark.parametrize("target", ["//evil.test/x", "https://evil.test", "/\\evil.test", "javascript:alert(1)", "", None, "x"])
def test_one_is_never_sent_to_another_host(target: str | None) -> None:
    assert local(target, "/campaigns") == "/campaigns"


def test_one_is_sent_back_to_where_one_was() -> None:
    assert local("/campaigns/7?before=3", "/campaigns") == "/campaigns/7?before=3"


@pytest.mark.parametrize(("value", "shown"), [(1.0, "100%"), (0.99999, "99.9%"), (0.982, "98.2%"), (0.5, "50%"), (0.0, "0%")])
def test_a_rate_is_never_rounded_up_to_all(value: float, shown: str) -> None:
    assert percent(value) == shown


def test_every_state_of_a_report_has_its_words() -> None:
    states = (
        "planned waiting sending accepted awaiting sent partly_sent failed skipped exhausted unauthorized unknown missed "
        "recalled cancelled"
    )
    assert set(states.split()) == set(words.ACCOUNT_STATES)
    assert set(words.SEGMENTS) - {"planned"} == set(COUNTS) - {"intended", "accepted"}


def test_a_code_nobody_has_named_shows_as_itself() -> None:
    assert words.label(words.KINDS, "hologram").words == ("hologram", "hologram")


def test_what_is_sent_to_people_and_groups_is_confirmed_and_followed_for_each_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    both = campaign(account(intended=1200, in_progress=600, delivered=600), account(unit="group", intended=8, delivered=8))
    assert shape.meant_for(both) == ("1,200 人和 8 群", "1,200 people and 8 groups")
    assert (both.totals["intended"], both.totals_by_unit["group"]["intended"]) == (1200, 8)
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    shown = following.bar(both)
    assert "600/1,200 people  delivered 600 · 8/8 groups  delivered 8" in shown and shown.count("█") == 22
    assert showing.reached(both.totals_by_unit) == "600 + 8 groups"
