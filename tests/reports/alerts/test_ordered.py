"""Reports that go out by themselves: when, to whom, once, with a link that shows one brand and ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from saas.kernel.errors import Invalid, NotFound
from saas.reports import orders
from saas.reports.ordered import due
from saas.tenants.actor import Actor
from tests.reports.alerts.conftest import PostOffice, Watch

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def order(period: str, hour: int = 9, at: datetime = LONG_AGO) -> dict[str, Any]:
    whose = {"id": 1, "client_id": None, "subject": "House", "members": [1], "destinations": [], "link_days": 14}
    return {**whose, "guests": [], "period": period, "hour": hour, "at": at, "zone": "Asia/Shanghai"}


def beijing(year: int, month: int, day: int, hour: int) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize(
    ("period", "now", "over"),
    [
        ("day", beijing(2026, 11, 23, 9), "2026-11-22"),
        ("day", beijing(2026, 11, 23, 8), None),
        ("week", beijing(2026, 11, 23, 9), "2026-W47"),
        ("week", beijing(2026, 11, 24, 20), "2026-W47"),
        ("week", beijing(2026, 11, 25, 10), None),
        ("month", beijing(2026, 12, 1, 9), "2026-11"),
        ("month", beijing(2026, 12, 1, 0), None),
        ("quarter", beijing(2027, 1, 1, 12), "2026-Q4"),
    ],
)
def test_a_report_is_due_on_the_day_after_at_its_hour_and_not_days_later(period: str, now: datetime, over: str | None) -> None:
    assert [one.period for one in due([order(period)], now)] == ([over] if over else [])


def test_what_was_ordered_after_the_hour_waits_for_the_next() -> None:
    assert due([order("day", at=beijing(2026, 11, 23, 10))], beijing(2026, 11, 23, 11)) == []


def test_no_second_order_sends_the_same_report_to_the_same_person(mailed: Watch) -> None:
    house, owner = mailed.house, mailed.house.actor("owner")
    moon, me, other = house.client("Moon"), house.members["owner"], house.members["analyst"]
    with house.within():
        first = orders.add_order(owner, "day", [me], client_id=moon)
        for whom in ([me], [other, me]):
            with pytest.raises(Invalid, match=f"by order {first.id}") as refused:
                orders.add_order(owner, "day", whom, client_id=moon, hour=20)
            problem = refused.value
            assert (problem.code, problem.field, problem.detail) == ("order_known", "members", {"order": first.id})
            assert "去掉“owner”" in problem.remedy[0] and "leave 'owner' out" in problem.remedy[1]
        orders.add_order(owner, "day", [other], client_id=moon)
        orders.add_order(owner, "week", [me], client_id=moon)
        orders.add_order(owner, "day", [me])
        orders.end_order(owner, first.id)
        orders.add_order(owner, "day", [me], client_id=moon)


def test_an_ordered_report_reaches_each_once_and_its_link_shows_that_brand_alone(mailed: Watch, mailbox: PostOffice) -> None:
    house = mailed.house
    moon, sun = house.client("Moon"), house.client("Sun")
    with house.within():
        owner = house.actor("owner")
        viewer = house.members["client_viewer"]
        made = orders.add_order(owner, "day", [viewer, house.members["owner"]], client_id=moon, hour=0)
        for wrong in ({"client_id": sun}, {"client_id": None}):
            with pytest.raises(NotFound):
                orders.add_order(owner, "day", [viewer], **wrong)
        with pytest.raises(Invalid):
            orders.add_order(owner, "day", [])
    house.as_owner("UPDATE report_orders SET at = '2026-11-14T00:00:00Z'")
    mailed.now = beijing(2026, 11, 23, 10)
    mailed.look("report")
    mailed.look("report")
    mailed.later(seconds=30)
    assert mailed.tell() == 2
    assert {letter["To"] for letter in mailbox.letters} == {"client_viewer@house.test", "owner@house.test"}
    assert mailbox.letters[0]["Subject"] == "【群发】报告已生成：Moon 2026年11月22日"
    mailed.later(hours=3)
    assert mailed.round("report") == 0
    secret = mailbox.letters[0].get_content().split("/d/")[1].split()[0]
    assert secret not in str(house.rows("SELECT * FROM report_links"))
    shows_one_brand_until_it_ends(mailed, made.id, secret, mailbox.letters[1].get_content().split("/d/")[1].split()[0])


def shows_one_brand_until_it_ends(watch: Watch, order_id: int, secret: str, other: str) -> None:
    house, moon, sun = watch.house, watch.house.client("Moon"), watch.house.client("Sun")
    house.as_owner("UPDATE report_links SET made_at = now(), expires_at = now() + interval '14 days'")
    with house.app.app_context():
        found = orders.open_link(secret)
        assert (found.actor.client_id, found.actor.role, found.period) == (moon, "client_viewer", "2026-11-22")
    with house.within():
        report = orders.linked_report(found)
        assert (report.scope, report.subject) == ("client", "Moon")
        stranger = Actor(house.tenant, 0, "client_viewer", "", "x", sun)
        assert orders.linked_report(type(found)(found.tenant, stranger, found.period, found.expires_at)).subject == "Sun"
        owner = house.actor("owner")
        assert [link.views for link in orders.list_links(owner)] == [0, 1]
        opened = house.one("SELECT count(*) FROM audit_log WHERE action = 'reports.link_opened'")
        assert opened == 1
        orders.revoke_link(owner, orders.list_links(owner)[1].id)
        orders.end_order(owner, order_id)
    with house.app.app_context(), pytest.raises(NotFound):
        orders.open_link(secret)
    house.as_owner("UPDATE report_links SET made_at = now() - interval '20 days', expires_at = now() - interval '1 day'")
    with house.app.app_context(), pytest.raises(NotFound):
        orders.open_link(other)
