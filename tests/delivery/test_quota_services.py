"""What people see of the ledger and put into it: entered, imported, explained, verified."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import psycopg
import pytest

from saas.delivery.quota import caps_left
from saas.delivery.quota_explain import CapExplained, explain
from saas.delivery.quota_external import External, enter, import_external
from saas.delivery.quota_verify import verify
from saas.kernel import clock
from saas.kernel.errors import Forbidden, Invalid
from tests.conftest import House
from tests.delivery.steps import claim, news, settle
from tests.delivery.test_quota_windows import at

Ready = Callable[..., int]
RULE = "mass_day"
LATELY = datetime.combine(clock.now().date() - timedelta(days=40), time())
DAY, NEXT = f"{LATELY:%Y-%m-%d}", f"{LATELY + timedelta(days=1):%Y-%m-%d}"


@pytest.fixture
def moon(house: House) -> int:
    """A subscription account: one mass send a day."""
    return house.account("moon", channel="official_account", kind="subscription")


def day_of(house: House, rule: str = RULE, key: str = "moon") -> CapExplained:
    with house.within():
        found = explain(house.actor("analyst"), key)
    return next(cap for cap in found.caps if cap.rule == rule)


def lines(*rows: str) -> bytes:
    return "\n".join(("account,rule,units,at,reason", *rows)).encode()


def test_what_a_person_enters_lowers_what_is_left_and_says_why(house: House, moon: int) -> None:
    now = clock.now()
    with house.within():
        enter(house.actor("admin"), "moon", External(RULE, 1, now, "群发自公众号后台"))
        left = next(cap for cap in caps_left(house.actor("analyst"))[moon] if cap.rule == RULE)
        assert verify(house.actor("analyst"), "moon").differences == []
    assert (left.external, left.left) == (1, 0)
    told = day_of(house)
    assert (told.amount, told.used, told.reserved, told.external, told.left) == (1, 0, 0, 1, 0)
    assert [(o.units, o.source, o.reason, o.member) for o in told.outside] == [
        (1, "hand", "群发自公众号后台", "admin@house.test")
    ]
    assert told.next_possible_at == told.resets_at > now
    assert house.one("SELECT subject FROM audit_log WHERE action = 'quota.enter'") == "moon"


def test_an_entry_can_be_corrected_down_to_nothing_and_no_further(house: House, moon: int) -> None:
    now = clock.now()
    with house.within():
        enter(house.actor("owner"), "moon", External(RULE, 1, now, "console"))
        enter(house.actor("owner"), "moon", External(RULE, -1, now, "it was a preview"))
        with pytest.raises(Invalid, match="less than nothing"):
            enter(house.actor("owner"), "moon", External(RULE, -1, now, "again"))
    told = day_of(house)
    assert (told.external, told.left) == (0, 1)
    assert house.one("SELECT count(*) FROM quota_ledger") == 2


def test_a_time_without_a_zone_is_the_accounts(house: House, moon: int) -> None:
    with house.within():
        enter(house.actor("owner"), "moon", External(RULE, 1, LATELY + timedelta(minutes=30), "console"))
    assert house.one("SELECT starts_at FROM quota_windows") == LATELY.replace(tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize(
    ("external", "field"),
    [
        (External("mass_year", 1, LATELY, "x"), "rule"),
        (External(RULE, 0, LATELY, "x"), "units"),
        (External(RULE, 10**7, LATELY, "x"), "units"),
        (External(RULE, 1, LATELY + timedelta(days=3650), "x"), "at"),
        (External(RULE, 1, LATELY - timedelta(days=365), "x"), "at"),
        (External(RULE, 1, LATELY.replace(year=1), "x"), "at"),
        (External(RULE, 1, datetime(1, 1, 1, tzinfo=UTC), "x"), "at"),
        (External(RULE, 1, datetime(9999, 12, 31, tzinfo=UTC), "x"), "at"),
        (External(RULE, 1, LATELY, " "), "reason"),
        (External(RULE, 1, LATELY, "x", "somebody"), "target"),
    ],
)
def test_an_entry_that_cannot_be_is_refused_with_its_field(house: House, moon: int, external: External, field: str) -> None:
    with house.within(), pytest.raises(Invalid) as refused:
        enter(house.actor("owner"), "moon", external)
    assert refused.value.field == field
    assert house.one("SELECT count(*) FROM quota_windows") == 0


@pytest.mark.parametrize("role", ["editor", "reviewer", "analyst"])
def test_only_who_manages_accounts_enters_or_imports(house: House, moon: int, role: str) -> None:
    with house.within():
        with pytest.raises(Forbidden):
            enter(house.actor(role), "moon", External(RULE, 1, clock.now(), "x"))
        with pytest.raises(Forbidden):
            import_external(house.actor(role), lines(f"moon,{RULE},1,{DAY}T09:00,x"))


def test_a_list_with_faults_names_them_all_and_stores_nothing(house: House, moon: int) -> None:
    bad = lines(
        f"moon,{RULE},1,{DAY}T09:00,fine",
        f"mars,{RULE},1,{DAY}T09:00,no such account",
        f"moon,mass_year,1,{DAY}T09:00,no such rule",
        f"moon,{RULE},many,yesterday,",
        f"moon,{RULE},-1,{DAY}T09:00,corrections are made one by one",
        f"moon,{RULE},{'9' * 20},0001-01-01T00:00,no number for a correction either",
    )
    with house.within(), pytest.raises(Invalid) as refused:
        import_external(house.actor("owner"), bad, "my list.csv")
    found = [(finding["line"], finding["rule"]) for finding in refused.value.detail["findings"]]
    assert found == [
        (3, "quota.account"),
        (4, "quota.rule"),
        (5, "quota.units"),
        (5, "quota.at"),
        (5, "quota.reason"),
        (6, "quota.units"),
        (7, "quota.units"),
        (7, "quota.at"),
    ]
    assert {finding["where"] for finding in refused.value.detail["findings"]} == {"my list.csv"}
    remedies = {
        finding["line"]: finding["remedy"][1] for finding in refused.value.detail["findings"] if "units" in finding["rule"]
    }
    assert "quota enter" in remedies[6]
    assert "from 1 to 1,000,000" in remedies[7]
    assert house.one("SELECT count(*) FROM quota_windows") == 0


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe",
        b"",
        b"account,rule\n",
        b"account,rule,units,at,reason,extra\n",
        b'account,rule,units,at,reason\n"' + b"x" * 200_000,
    ],
)
def test_what_is_no_such_list_is_refused_with_a_remedy(house: House, moon: int, data: bytes) -> None:
    with house.within(), pytest.raises(Invalid) as refused:
        import_external(house.actor("owner"), data)
    assert all(finding["remedy"][1] for finding in refused.value.detail["findings"])


def test_a_list_imported_twice_counts_once_and_equal_lines_count_each(house: House, moon: int) -> None:
    house.account("sun", channel="official_account", kind="service")
    data = lines(*[f"sun,mass_month,1,{DAY}T09:00,campaign of the brand"] * 2, f"moon,{RULE},1,{DAY}T09:00,console")
    with house.within():
        assert import_external(house.actor("owner"), data).noted == 3
        again = import_external(house.actor("owner"), data + f"\nmoon,{RULE},1,{NEXT}T09:00,console".encode())
        assert (again.noted, again.known) == (1, 3)
        assert verify(house.actor("owner")).differences == []
    assert house.one("SELECT sum(external) FROM quota_windows") == 4


def test_a_line_beyond_what_can_be_counted_is_named_and_nothing_is_stored(house: House, moon: int) -> None:
    much = f"moon,{RULE},1000000,{DAY}T09:00,much"
    with house.within():
        import_external(house.actor("owner"), lines(much))
        house.as_owner("UPDATE quota_windows SET external = 2146000000")
        with pytest.raises(Invalid) as refused:
            import_external(house.actor("owner"), lines(much, *[f"moon,{RULE},900000,{DAY}T09:00,more"] * 2), "much.csv")
    [found] = refused.value.detail["findings"]
    assert (found["line"], found["rule"], found["where"]) == (4, "quota.units", "much.csv")
    assert house.one("SELECT count(*) FROM quota_ledger WHERE change = 'external'") == 1


def test_explain_says_where_each_unit_went(house: House, ready: Ready, moon: int) -> None:
    now, first, second = clock.now(), ready(2, account=moon), ready(1, account=moon)
    house.run("UPDATE deliveries SET due_at = 'epoch'")
    caps = at(now, 100, rule="mass_calls_day")
    with house.connect() as connection:
        rows = claim(connection, first, caps, 1, now)
        settle(connection, rows[0]["lease"], [news(rows[0]["id"], a=1, d=1)], now)
        held = claim(connection, second, caps, now=now)[0]
    with house.within():
        enter(house.actor("owner"), "moon", External("mass_calls_day", 3, now, "another tool"))
    told = day_of(house, "mass_calls_day")
    assert (told.used, told.reserved, told.external, told.left) == (1, 1, 3, 95)
    assert told.amount == told.used + told.reserved + told.external + told.left
    assert [(use.dispatch, use.units) for use in told.uses] == [(first, 1)]
    assert told.uses[0].name.startswith("campaign ")
    assert [(hold.dispatch, hold.units, hold.worker) for hold in told.holds] == [(second, 1, "w")]
    assert told.holds[0].deliveries == [{"id": held["id"], "target": "r00001", "state": "sending", "code": ""}]
    assert told.source and told.title[0]


def test_explain_of_a_rolling_cap_says_when_the_first_unit_leaves(house: House, ready: Ready) -> None:
    robot, now = house.account("robot", channel="wecom", kind="robot"), clock.now()
    dispatch = ready(20, account=robot)
    with house.connect() as connection:
        claim(connection, dispatch, at(now, 20, "rolling 60 s", rule="robot_minute"), now=now)
    with house.within():
        told = explain(house.actor("analyst"), "robot")
    cap = next(cap for cap in told.caps if cap.window == "rolling 60 s")
    assert (cap.amount, cap.reserved) == (20, 20 if cap.rule == "robot_minute" else 0)
    assert timedelta(seconds=60) < cap.next_possible_at - now < timedelta(seconds=70)
    assert told.next_possible_at["robot"] == cap.next_possible_at


def test_verify_names_every_counter_that_its_lines_do_not_explain(house: House, ready: Ready, moon: int) -> None:
    now, dispatch = clock.now(), ready(2, account=moon)
    with house.connect() as connection:
        claim(connection, dispatch, at(now, 4, rule=RULE), now=now)
    house.run("UPDATE quota_windows SET cap = cap + 5, used = used + 1, reserved = reserved - 1, external = 7")
    with house.within():
        found = verify(house.actor("analyst"), "moon")
    told = {(one.counter, one.booked, one.recomputed) for one in found.differences}
    assert told == {("used", 1, 0), ("reserved", 1, 2), ("external", 7, 0), ("cap", 9, 4), ("held", 1, 2)}
    assert {(one.account, one.rule) for one in found.differences} == {("moon", RULE)}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE quota_ledger SET reason = 'x'",
        "DELETE FROM quota_ledger",
        "TRUNCATE quota_ledger",
        "TRUNCATE quota_windows CASCADE",
    ],
)
def test_the_database_refuses_to_change_or_forget_a_line(house: House, moon: int, statement: str) -> None:
    with house.within():
        enter(house.actor("owner"), "moon", External(RULE, 1, clock.now(), "console"))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        house.run(statement)
