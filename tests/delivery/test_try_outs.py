"""Test sends: to registered people alone, once for each wish, never over the cap, and honest about what nobody knows."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from saas.accounts.channels import registry
from saas.accounts.credentials import seal
from saas.accounts.models import Account
from saas.channels.simulator import Effect, Enrolment, Fault
from saas.channels.simulator.server import Server
from saas.delivery.quota_verify import verify
from saas.delivery.testers import add_tester, list_testers, remove_tester
from saas.delivery.try_outs import Tried, list_try_outs, try_out
from saas.kernel.database import transaction
from saas.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from saas.kernel.sealing import Sealer
from saas.kernel.settings import settings
from tests.conftest import House

TESTER = "lin_xiaoyu"
PROGRAM = """
import sys
from flask import Flask
from saas.delivery.try_outs import try_out
from saas.kernel.database import db, tenant_scope
from saas.kernel.settings import settings, sqlalchemy_url
from saas.tenants.service import member_by_email
app = Flask("one")
app.config["SQLALCHEMY_DATABASE_URI"] = sqlalchemy_url(settings().database_url)
db.init_app(app)
with app.app_context(), tenant_scope(int(sys.argv[1])):
    told = try_out(member_by_email("editor@house.test"), int(sys.argv[2]), "shop", sys.argv[3], sys.argv[4])
    print(told.state)
"""


class Platform:
    """A rehearsal Official Account with one account, on a loop of its own."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house = house
        self.runner = asyncio.Runner()
        self.server = Server(registry().get("official_account").hook.simulator(), folder)  # type: ignore[union-attr]
        self.runner.run(self.server.start())
        self.pool = ThreadPoolExecutor(8)
        self.loop = self.runner.get_loop()
        self.turning = self.pool.submit(self.loop.run_forever)
        enrolled = self.server.simulator.enrol(Enrolment("shop", "service", "山岚", 50, ""), self.server.stage.address)
        self.server.stage.keep(enrolled.id, {**enrolled.record, "key": "shop", "callback_path": ""})
        self.id = enrolled.id
        client = house.client("Moon")
        with house.within(), transaction() as session:
            row = Account(client_id=client, key="shop", channel="official_account", kind="service", name="山岚", audience_size=50)
            row.settings = dict(enrolled.settings)
            session.add(row)
            session.flush()
            row.credentials = seal(Sealer(settings().encryption_keys), house.tenant, row.id, enrolled.credentials)
            session.flush()
            self.account = row.id

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.turning.result(10)
        self.runner.run(self.server.stop())
        self.runner.close()
        self.pool.shutdown()

    @property
    def seen(self) -> list[Effect]:
        """What testers have on their phones."""
        return self.server.stage.effects_of(self.id, "preview")

    def fault(self, name: str, value: str = "", times: int = 1) -> None:
        self.server.stage.faults.add(Fault(name, "", "/mass/preview", value, times))  # type: ignore[arg-type]


@pytest.fixture
def platform(house: House, tmp_path: Path) -> Iterator[Platform]:
    made = Platform(house, tmp_path)
    yield made
    made.close()


@pytest.fixture
def campaign(house: House, platform: Platform) -> int:
    """A campaign nobody has approved, on the account, with one tester registered."""
    made = house.campaign(state="awaiting_approval")
    house.dispatch(made, platform.account, route="mass")
    with house.within():
        add_tester(house.actor("admin"), "shop", TESTER, "林晓雨")
    return made


Try = Callable[..., Tried]


@pytest.fixture
def shown(house: House, campaign: int) -> Try:
    def ask(request: str, person: str = TESTER, role: str = "editor") -> Tried:
        with house.within():
            return try_out(house.actor(role), campaign, "shop", person, request)

    return ask


def books(house: House) -> list[tuple[int, int]]:
    with house.within():
        assert verify(house.actor("owner")).differences == []
    return [
        (row["used"], row["reserved"])
        for row in house.rows("SELECT used, reserved FROM quota_windows WHERE rule = 'preview_day'")
    ]


def test_a_message_nobody_approved_reaches_one_tester_and_is_counted(house: House, platform: Platform, shown: Try) -> None:
    told = shown("one")
    assert (told.state, told.name, told.changed) == ("done", "林晓雨", False)
    assert [effect.key for effect in platform.seen] == [TESTER]
    assert books(house) == [(1, 0)]
    assert house.one("SELECT count(*) FROM deliveries") == 0


def test_the_same_wish_twice_is_sent_once(house: House, platform: Platform, shown: Try) -> None:
    assert shown("one").id == shown("one").id
    assert len(platform.seen) == 1
    assert books(house) == [(1, 0)]


def test_check_06_the_same_wish_from_eight_sides_at_once_is_sent_once(
    house: House, platform: Platform, campaign: int, shown: Try
) -> None:
    with ThreadPoolExecutor(8) as hands:
        told = list(hands.map(lambda _: shown("one"), range(8)))
    assert len({one.id for one in told}) == 1
    assert len(platform.seen) == 1
    assert books(house) == [(1, 0)]


def test_a_wish_cannot_be_used_again_for_somebody_else(house: House, platform: Platform, shown: Try) -> None:
    with house.within():
        add_tester(house.actor("admin"), "shop", "wang_jianguo")
    shown("one")
    with pytest.raises(Conflict, match="another test send"):
        shown("one", "wang_jianguo")
    assert len(platform.seen) == 1


def test_who_is_not_registered_or_no_longer_is_gets_nothing(house: House, platform: Platform, shown: Try) -> None:
    with pytest.raises(Conflict, match="not registered"):
        shown("one", "somebody_else")
    with house.within():
        remove_tester(house.actor("admin"), "shop", TESTER)
    with pytest.raises(Conflict, match="not registered"):
        shown("two")
    assert platform.seen == []
    assert books(house) in ([], [(0, 0)])


def test_check_12_no_more_go_out_than_the_cap_whoever_asks_at_once(
    house: House, platform: Platform, campaign: int, shown: Try
) -> None:
    house.run('UPDATE accounts SET settings = settings || \'{"overrides": {"preview_day": {"value": 3, "reason": "few"}}}\'')

    def ask(number: int) -> str:
        try:
            return shown(f"wish {number}").state
        except Conflict as full:
            return full.code

    with ThreadPoolExecutor(8) as hands:
        told = sorted(hands.map(ask, range(10)))
    assert told == ["done"] * 3 + ["try_out_exhausted"] * 7
    assert len(platform.seen) == 3
    assert books(house) == [(3, 0)]


def test_over_the_cap_it_says_when_there_is_room_again(house: House, platform: Platform, shown: Try) -> None:
    house.run('UPDATE accounts SET settings = settings || \'{"overrides": {"preview_day": {"value": 1, "reason": "few"}}}\'')
    shown("one")
    with pytest.raises(Conflict) as full:
        shown("two")
    assert full.value.detail["rule"] == "preview_day"
    assert full.value.detail["free_at"] > "2026"


def test_the_platforms_own_cap_is_a_refusal_that_costs_nothing(house: House, platform: Platform, shown: Try) -> None:
    platform.server.stage.keep(
        platform.id, {**platform.server.stage.accounts[platform.id], "daily_limits": {"/cgi-bin/message/mass/preview": 1}}
    )
    assert shown("one").state == "done"
    told = shown("two")
    assert (told.state, told.code) == ("refused", "45009")
    assert books(house) == [(1, 0)]


def test_check_05_a_lost_answer_is_unknown_and_nobody_repeats_it(house: House, platform: Platform, shown: Try) -> None:
    platform.fault("drop_after")
    told = shown("one")
    assert told.state == "unknown"
    assert shown("one").state == "unknown"
    assert len(platform.seen) == 1
    assert books(house) == [(1, 0)]


def test_check_01_a_process_killed_between_its_row_and_the_answer_leaves_an_unknown(
    house: House, platform: Platform, campaign: int, shown: Try, environment: dict[str, str]
) -> None:
    platform.fault("delay", "30")
    line = [sys.executable, "-c", PROGRAM, str(house.tenant), str(campaign), TESTER, "one"]
    child = subprocess.Popen(line, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not house.rows("SELECT FROM try_outs") and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(child.pid, signal.SIGKILL)
    child.wait(10)
    assert shown("one").state == "calling", "who asks again asks no platform"
    assert books(house) == [(0, 1)]
    house.as_owner("UPDATE try_outs SET asked_at = asked_at - interval '10 minutes'")
    with house.within():
        (told,) = list_try_outs(house.actor("editor"), campaign)
    assert told.state == "unknown"
    assert shown("one").state == "unknown"
    assert len(platform.seen) <= 1
    assert books(house) == [(1, 0)]


def test_what_is_stopped_is_not_tried_either(house: House, platform: Platform, shown: Try) -> None:
    house.run("UPDATE accounts SET status = 'stopped'")
    with pytest.raises(Conflict, match="stopped"):
        shown("one")
    assert platform.seen == []


@pytest.mark.parametrize("state", ["rejected", "cancelled"])
def test_what_was_sent_back_is_not_tried(house: House, campaign: int, shown: Try, state: str) -> None:
    house.run(f"UPDATE campaigns SET state = '{state}'")
    with pytest.raises(Conflict, match="cannot be tried"):
        shown("one")


@pytest.mark.parametrize("role", ["analyst", "client_approver", "client_viewer"])
def test_who_may_not_send_may_not_try(shown: Try, role: str) -> None:
    with pytest.raises(Forbidden):
        shown("one", role=role)


@pytest.mark.parametrize("role", ["editor", "reviewer", "analyst", "client_viewer"])
def test_testers_are_registered_by_whoever_manages_accounts(house: House, campaign: int, role: str) -> None:
    with house.within(), pytest.raises(Forbidden):
        add_tester(house.actor(role), "shop", "wang_jianguo")


@pytest.mark.parametrize("person", ["@all", "a b", "x", "ab|cd", "全体成员", "o" * 80, ""])
def test_a_name_that_is_none_is_not_registered(house: House, campaign: int, person: str) -> None:
    with house.within(), pytest.raises(Invalid):
        add_tester(house.actor("admin"), "shop", person)


def test_an_account_whose_platform_has_no_way_says_so(house: House) -> None:
    house.account("hand", "personal", "assisted")
    with house.within(), pytest.raises(Conflict, match="no way"):
        add_tester(house.actor("admin"), "hand", "somebody")


def test_a_tester_is_taken_off_and_put_back(house: House, campaign: int) -> None:
    with house.within():
        admin = house.actor("admin")
        assert remove_tester(admin, "shop", TESTER) == []
        with pytest.raises(NotFound):
            remove_tester(admin, "shop", TESTER)
        add_tester(admin, "shop", TESTER, "小雨")
        assert [one.name for one in list_testers(admin, "shop")] == ["小雨"]


def test_the_application_cannot_unsend_or_move_a_test_send(house: House, platform: Platform, shown: Try) -> None:
    shown("one")
    for statement in ("DELETE FROM try_outs", "UPDATE try_outs SET request = 'two'", "UPDATE testers SET person = 'x'"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            house.run(statement)
