"""A group robot of the rehearsed WeCom hears alerts and ordered reports: once, and a lost answer is not told again."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qunfa_wecom.simulator import WecomSimulator
from saas.channels.simulator import Enrolment, Fault
from saas.channels.simulator.server import Server
from saas.reports import orders
from tests.reports.alerts.conftest import Watch


@dataclass
class Group:
    """A group with a robot in it."""

    server: Server
    key: str

    @property
    def address(self) -> str:
        """What its members paste into the product."""
        return f"{self.server.stage.address}/cgi-bin/webhook/send?key={self.key}"

    def heard(self) -> list[str]:
        """What stands in the group."""
        return [str(effect.detail["text"]) for effect in self.server.stage.effects_of(self.key, "robot")]


@pytest.fixture
def group(tmp_path: Path) -> Iterator[Group]:
    server, loop = Server(WecomSimulator(), tmp_path), asyncio.new_event_loop()
    loop.run_until_complete(server.start())
    made = server.simulator.enrol(Enrolment("ops", "robot", "运营群", 20, ""), server.stage.address)
    server.stage.keep(made.id, {**made.record, "key": made.id, "callback_path": ""})
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield Group(server, made.id)
    asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


def test_an_alert_stands_in_the_group_once(watch: Watch, group: Group) -> None:
    watch.destination("robot", group.address)
    watch.break_account("moon-1")
    assert watch.round("account") == 1
    assert watch.round("account") == 0
    (text,) = group.heard()
    assert "账号不能发送" in text and "moon-1" in text
    assert watch.notices() == ["told"]


def test_a_robot_whose_answer_was_lost_has_told_it_once_and_is_not_asked_again(watch: Watch, group: Group) -> None:
    watch.destination("robot", group.address)
    group.server.stage.faults.add(Fault("drop_after", group.key, times=1))
    watch.break_account("moon-1")
    watch.round("account")
    watch.later(hours=2)
    assert watch.round("account") == 0
    assert len(group.heard()) == 1 and watch.notices() == ["perhaps"]


def test_a_robot_that_is_asked_too_fast_is_told_later(watch: Watch, group: Group) -> None:
    watch.destination("robot", group.address)
    group.server.stage.faults.add(Fault("error", group.key, value="45009", times=1))
    watch.break_account("moon-1")
    watch.round("account")
    assert group.heard() == [] and watch.notices() == ["due"]
    watch.later(minutes=30)
    assert watch.tell() == 1
    assert len(group.heard()) == 1 and watch.notices() == ["told"]


def test_an_ordered_report_reaches_the_group_with_its_link(watch: Watch, group: Group) -> None:
    house, robot = watch.house, watch.destination("robot", group.address)
    house.as_owner("UPDATE alert_destinations SET at = '2026-11-01T00:00:00Z'")
    with house.within():
        orders.add_order(house.actor("owner"), "day", [], [robot], client_id=house.client("Moon"), hour=0)
    house.as_owner("UPDATE report_orders SET at = '2026-11-14T00:00:00Z'")
    watch.now = datetime(2026, 11, 23, 2, tzinfo=UTC)
    assert watch.round("report") == 1
    (text,) = group.heard()
    assert "报告已生成" in text and "Moon 2026年11月22日" in text
    house.as_owner("UPDATE report_links SET made_at = now(), expires_at = now() + interval '14 days'")
    with house.app.app_context():
        found = orders.open_link(text.split("/d/")[1].split()[0])
    assert (found.actor.client_id, found.period) == (house.client("Moon"), "2026-11-22")
