"""The words of a report: one line, then what moved, each with who moved it the same way, and never more than is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from saas.reports.exports.words import mood, versus
from saas.reports.periods import lines, telling
from saas.reports.periods.measures import Measures, measures, ripe
from saas.reports.periods.rows import AccountDay, Sent
from saas.reports.report import Figure

NOW = datetime(2026, 8, 20, 4, 0, tzinfo=UTC)
ZONE = "Asia/Shanghai"
LAST = NOW.date() + timedelta(days=30)
GROWN = NOW + timedelta(days=30)


def sent(account: str = "a", delivered: int = 90, opened: int | None = 9, unit: str = "person", **more: int | str) -> Sent:
    figures = {} if opened is None else {"opened": Figure(opened, "statistics", NOW.isoformat())}
    numbers = {"intended": delivered + 10, "failed": 0, "skipped": 0, "unknown": 0, "awaiting": 0, "recalled": 0, "open_rows": 0}
    about = {
        "dispatch": 1,
        "campaign": 1,
        "campaign_name": "c",
        "message_kind": "text",
        "due_at": NOW,
        "campaign_state": "released",
    }
    who = {
        "account_id": ord(account[0]),
        "account": account,
        "account_name": account.upper(),
        "channel": "x",
        "account_kind": "y",
    }
    rest = {
        "client_id": 1,
        "client": "Moon",
        "unit": unit,
        "route": "",
        "accepted": delivered,
        "delivered": delivered,
        "code": "",
    }
    return Sent(
        **{**numbers, **about, **who, **rest, "reason": "", "wake_at": None, "counted_by": "callback", "figures": figures, **more}
    )  # type: ignore[arg-type]


def summed(*rows: Sent, days: tuple[AccountDay, ...] = ()) -> Measures:
    return measures(rows, days, ZONE, GROWN, LAST)


def test_nothing_sent_is_said() -> None:
    assert telling.conclusion(summed(), summed())[0] == "这段时间没有发送"


def test_an_unknown_open_rate_is_called_unknown() -> None:
    zh, en = telling.conclusion(summed(sent(opened=None)), summed())
    assert "打开率未知" in zh and "unknown" in en


def test_a_rate_is_reckoned_over_sends_of_which_both_numbers_are_known() -> None:
    found = summed(sent(delivered=100, opened=20), sent(delivered=1000, opened=None))["open"]
    assert (found.value, found.known, found.sends) == (0.2, 1, 2)
    assert found.sources == ("callback", "statistics")


def test_people_and_groups_are_never_added() -> None:
    found = summed(sent(delivered=100), sent(delivered=7, opened=None, unit="group"))
    assert (found["delivered"].value, found["groups"].value, found["sends"].value) == (100, 7, 2)
    assert "100 人" in telling.conclusion(found, found)[0] and "7 个群" in telling.conclusion(found, found)[0]


def test_who_waits_for_a_person_is_told_and_counts_for_no_rate_before_anything_is_settled() -> None:
    found = summed(sent(delivered=0, intended=517, awaiting=517, opened=None))
    zh, en = telling.conclusion(found, summed())
    assert "517 人等人操作" in zh and "517 people wait for a person" in en
    assert "送达 0" not in zh and "reached 0" not in en
    assert found["delivery"].value is None
    both = summed(sent(), sent(delivered=0, intended=517, awaiting=517, opened=None))
    assert (both["delivery"].value, both["delivery"].known, both["delivery"].sends) == (0.9, 1, 2)
    assert "送达 90 人，517 人等人操作" in telling.conclusion(both, summed())[0]
    assert summed(sent(delivered=0, intended=5, failed=5))["delivery"].value == 0


def test_an_agency_that_sends_to_groups_alone_is_told_of_groups_and_of_no_people() -> None:
    assert "送达 0 个群" in telling.conclusion(summed(sent(delivered=0, unit="group", unknown=3, opened=None)), summed())[0]


def test_groups_of_unknown_outcome_are_counted_beside_people_told_and_an_incident() -> None:
    rows = [sent(delivered=90, unknown=10), sent(delivered=0, intended=3, unit="group", unknown=2, awaiting=1, opened=None)]
    found = summed(*rows)
    names = ("unknown", "groups_intended", "groups", "groups_unknown", "groups_awaiting", "groups_failed")
    assert [found[name].value for name in names] == [10, 3, 0, 2, 1, 0]
    zh, en = telling.conclusion(found, summed())
    assert "10 人和 2 个群的结果还不清楚" in zh and "1 个群等人操作" in zh and "12" not in zh
    assert "nobody knows yet whether 10 people and 2 groups got it" in en and "1 group waits for a person" in en
    told = [(one.kind, one.people, one.unit) for one in lines.incidents(rows, NOW)]
    assert told == [("unknown", 10, "person"), ("unknown", 2, "group")]


def test_a_change_names_who_moved_the_same_way() -> None:
    now, before = [sent("a", 100), sent("b", 50)], [sent("a", 500), sent("b", 10)]
    told = telling.changes(summed(*now), summed(*before), now, before, GROWN)
    fell = next(zh for zh, _ in told if zh.startswith("送达人数下降"))
    assert "510 → 150" in fell and "“A”-400" in fell


def test_without_a_span_before_there_is_nothing_to_compare_with() -> None:
    assert "无法比较" in telling.changes(summed(sent()), summed(), [sent()], [], GROWN)[0][0]


def test_a_send_of_two_hours_is_compared_with_no_month_and_moves_no_comparison_of_older_ones() -> None:
    old, fresh = sent("a", opened=18), sent("a", opened=1, due_at=GROWN - timedelta(hours=2))  # type: ignore[arg-type]
    before, young, both = summed(sent(opened=18)), summed(fresh), summed(old, fresh)
    assert (young["open"].value, young["open"].compared, young["opened"].compared) == (0.011111, None, None)
    assert versus("open", young["open"], before["open"], 0) == versus("opened", both["opened"], before["opened"], 0) == "还早"
    assert versus("open", both["open"], before["open"], 1) == "0.0pp" and mood("open", young["open"], before["open"]) == ""
    assert (both["open"].value, both["open"].compared, both["open"].fresh) == (0.105556, 0.2, 1)
    assert "还在涨，不与上期比" in telling.conclusion(young, before)[0]
    assert "10.6%，满 72 小时的 20%，与上期持平" in telling.conclusion(both, before)[0]
    for now, rows in ((young, [fresh]), (both, [old, fresh])):
        assert not [zh for zh, _ in telling.changes(now, before, rows, [sent(opened=18)], GROWN) if "打开率" in zh]
    median = lines.medians(ripe([old, fresh], GROWN))
    against = {
        key: lines.account_lines(rows, [], median, ZONE, GROWN, LAST)[0].against
        for key, rows in (("f", [fresh]), ("o", [old, fresh]))
    }
    assert "open" not in against["f"] and against["o"]["open"] == 0


def test_who_leaves_after_two_sends_counts_once() -> None:
    days = tuple(
        AccountDay(ord("a"), 1, NOW.date() + timedelta(days=n), "lost", Figure(10, "callback", NOW.isoformat())) for n in range(6)
    )
    found = summed(sent("a"), sent("a", due_at=NOW + timedelta(days=1)), days=days)  # type: ignore[arg-type]
    assert found["lost_72h"].value == 40
    assert found["lost"].value == 60


def test_the_days_after_a_send_are_those_of_the_accounts_own_zone() -> None:
    days = [flow("a", n, "lost", 10 ** (n + 2)) for n in range(-2, 4)]
    last = NOW.date()
    for zone, lost in (("", 11100), ("Pacific/Honolulu", 1110), ("Asia/Tokyo", 11100)):
        found = measures([sent("a", zone=zone)], days, ZONE, GROWN, last, last)
        assert (found["lost_72h"].value, found["lost"].value) == (lost, 100), zone


def flow(account: str, day: int, name: str, value: int, source: str = "statistics") -> AccountDay:
    return AccountDay(ord(account), 1, NOW.date() + timedelta(days=day), name, Figure(value, source, NOW.isoformat()))


def test_growth_of_which_one_side_is_not_known_is_a_gap_and_never_reckoned_with_nought() -> None:
    for name in ("gained", "lost"):
        for source in ("statistics", "hand", "callback"):
            assert summed(days=(flow("a", 0, name, 5, source),))["growth"].value is None
    told = (flow("a", 0, "gained", 9), flow("a", 0, "lost", 4))
    assert summed(days=told)["growth"].value == 5
    assert summed(days=(*told, flow("a", 1, "gained", 9)))["growth"].value is None, "nobody knows how many left on the second day"
    found = summed(days=(*told, flow("b", 0, "gained", 70)))
    assert (found["growth"].value, found["growth"].known, found["gained"].value) == (5, 1, 79)


def test_a_day_on_which_nobody_was_pushed_to_leave_is_a_nought_of_an_account_that_pushes_both() -> None:
    pushed = (flow("a", 0, "gained", 3, "callback"), flow("a", 1, "gained", 2, "callback"), flow("a", 1, "lost", 1, "callback"))
    assert summed(days=pushed)["growth"].value == 4


def test_counted_days_are_known_until_the_day_ends_and_where_pushes_come_until_now() -> None:
    def until(*days: AccountDay, now: datetime = GROWN) -> str:
        return measures([], days, ZONE, now, NOW.date())["gained"].as_of

    told, pushed = flow("a", -19, "gained", 5), flow("b", -19, "gained", 5, "callback")
    assert until(told) == "2026-08-02T00:00:00+08:00", "and not the minute in which the first of its numbers was asked for"
    assert until(told, flow("a", -2, "gained", 1)) == "2026-08-19T00:00:00+08:00"
    assert until(pushed) == "2026-08-21T00:00:00+08:00", "nobody came since: that is known too"
    assert until(pushed, now=NOW) == NOW.isoformat(), "never longer than until now"
    assert until(pushed, told) == "2026-08-02T00:00:00+08:00", "until when both accounts are known"
    many = measures([], [flow("a", n, "followers", 90 + n) for n in (-9, -3)], ZONE, GROWN, NOW.date())["followers"]
    assert (many.value, many.as_of) == (87, "2026-08-18T00:00:00+08:00")


def test_best_and_worst_share_no_send() -> None:
    rows = [sent(opened=n, dispatch=n) for n in range(7)]
    best, worst = lines.ranked(rows)
    assert [row.dispatch for row in best] == [6, 5, 4, 3]
    assert [row.dispatch for row in worst] == [0, 1, 2]


def test_a_few_who_could_not_be_reached_are_no_incident_and_many_are() -> None:
    few, many = sent(failed=2, intended=100), sent(failed=30, intended=100, delivered=70)
    assert lines.incidents([few], NOW) == []
    assert [(one.kind, one.people) for one in lines.incidents([many], NOW)] == [("failed", 30)]


def test_what_was_missed_or_found_no_room_is_an_incident_with_its_reason() -> None:
    missed = sent(delivered=0, intended=50, skipped=50, code="missed", opened=None)
    full = sent(delivered=0, intended=50, skipped=50, code="exhausted", opened=None)
    found = lines.incidents([full, missed], NOW)
    assert [one.kind for one in found] == ["missed", "exhausted"]
    assert all(one.reason[0] and one.reason[1] for one in found)


def test_an_hour_of_the_week_is_in_the_agencys_zone() -> None:
    slot = lines.slots([sent(delivered=100, opened=25)], ZONE)[0]
    assert (slot.weekday, slot.hour, slot.open, slot.sends) == (3, 12, 0.25, 1)
