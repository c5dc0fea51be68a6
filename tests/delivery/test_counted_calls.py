"""The platform's own count of calls is shown, and cleared only by a person, ten times a month, each in the audit trail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from saas.accounts.channels import installed
from saas.accounts.line import Lines
from saas.accounts.opening import run_with_lines
from saas.accounts.service import account_by_key
from saas.audience.labels import as_seen
from saas.cli.quota import quota
from saas.delivery import calls
from saas.delivery.quota_verify import verify
from saas.kernel.errors import Conflict, Forbidden, Invalid
from saas.kernel.settings import settings
from tests.conftest import House
from tests.delivery.test_chosen_groups import Town

DRAFTS = "/cgi-bin/draft/batchget"


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def town(house: House, tmp_path: Path) -> Iterator[Town]:
    with ExitStack() as opened:
        yield Town(house, tmp_path, opened)


@pytest.fixture
def moon(town: Town) -> str:
    return town.account("official_account", "subscription", 500)


def cleared(town: Town, key: str, role: str = "owner") -> None:
    with town.house.within():
        calls.clear(town.house.actor(role), key, "草稿接口用完，客户今晚要发")


def look_into_drafts(town: Town, key: str) -> None:
    """One call that the platform counts."""
    with town.house.within():
        seen, tenant = as_seen(account_by_key(key)), town.house.tenant

        async def ask(lines: Lines) -> None:
            hook = installed("official_account").hook.drafts
            assert [page async for page in hook(account=seen, platform=lines.of(tenant, seen))] == []

        run_with_lines(settings(), ask)


def used(town: Town, key: str) -> dict[str, int]:
    with town.house.within():
        return {one.interface: one.used for one in calls.calls_of(town.house.actor("analyst"), key)}


def times(town: Town, key: str) -> int:
    """How often the platform was asked and did."""
    record = town.theatres["official_account"].server.stage.accounts[town.ids[key]]
    return sum((record.get("clears") or {}).values())


def booked(town: Town) -> int:
    return int(town.house.one("SELECT coalesce(sum(external), 0) FROM quota_windows WHERE rule = 'clear_calls_month'"))


def trail(town: Town) -> list[str]:
    return [row["action"] for row in town.house.rows("SELECT action FROM audit_log WHERE action LIKE 'quota.%%' ORDER BY id")]


def test_a_person_sees_the_platforms_own_count_and_has_it_count_anew(town: Town, moon: str) -> None:
    look_into_drafts(town, moon)
    assert used(town, moon)[DRAFTS] == 1
    cleared(town, moon)
    assert used(town, moon)[DRAFTS] == 0
    assert (times(town, moon), booked(town), trail(town)) == (1, 1, ["quota.clear"])
    with town.house.within():
        assert not verify(town.house.actor("owner"), moon).differences


def test_the_eleventh_in_a_month_is_refused_before_the_platform_is_asked(town: Town, moon: str) -> None:
    for _ in range(10):
        cleared(town, moon)
    with pytest.raises(Conflict) as refused:
        cleared(town, moon)
    assert refused.value.code == "calls_cleared_up" and refused.value.detail["free_at"]
    assert (times(town, moon), booked(town), len(trail(town))) == (10, 10, 10)


def test_what_was_cleared_in_the_console_is_the_platforms_word_and_stays_in_the_books(town: Town, moon: str) -> None:
    theatre = town.theatres["official_account"]
    month = theatre.server.stage.now().astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m")
    town.change(moon, clears={month: 10})
    for _ in range(2):
        with pytest.raises(Conflict) as refused:
            cleared(town, moon)
        assert refused.value.code == "calls_cleared_up"
    assert (times(town, moon), booked(town)) == (10, 10)
    assert trail(town) == ["quota.clear", "quota.not_cleared"]


def test_a_refusal_gives_the_unit_back_and_a_lost_answer_keeps_it(town: Town, moon: str) -> None:
    theatre = town.theatres["official_account"]
    theatre.fault("error", "clear_quota", "48001", times=1)
    with pytest.raises(Conflict) as refused:
        cleared(town, moon)
    assert (refused.value.code, booked(town)) == ("calls_refused", 0)
    theatre.fault("drop_after", "clear_quota", times=1)
    with pytest.raises(Conflict) as lost:
        cleared(town, moon)
    assert (lost.value.code, booked(town), times(town, moon)) == ("calls_unknown", 1, 1)


def test_whoever_dies_right_before_the_call_has_used_the_unit_and_said_why(
    town: Town, moon: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*given: object) -> None:
        raise Killed

    monkeypatch.setattr(calls, "run_with_lines", dies)
    with pytest.raises(Killed):
        cleared(town, moon)
    assert (times(town, moon), booked(town), trail(town)) == (0, 1, ["quota.clear"])


def test_who_may_why_and_where_is_asked_first(town: Town, moon: str) -> None:
    with pytest.raises(Forbidden):
        cleared(town, moon, role="editor")
    other = town.account("wecom", "customer", 4)
    with pytest.raises(Invalid):
        cleared(town, other)
    with town.house.within(), pytest.raises(Invalid):
        calls.clear(town.house.actor("owner"), moon, " ")
    assert (times(town, moon), trail(town)) == (0, [])


def test_at_a_shell_the_count_is_shown_and_cleared(town: Town, moon: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")

    def run(*words: str) -> str:
        done = CliRunner().invoke(quota, [*words, "--as", "owner@house.test"])
        assert done.exit_code == 0, done.output
        return done.output

    told = {one["interface"]: one for one in json.loads(run("calls", moon, "--json"))}
    assert told["/cgi-bin/draft/add"]["limit"] == 1000 and "/cgi-bin/message/template/send" not in told
    assert "New drafts" in run("calls", moon)
    assert "anew" in run("clear", moon, "--reason", "drafts used up")
    assert times(town, moon) == 1
