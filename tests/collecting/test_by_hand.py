"""Numbers that a person enters: marked, kept with who and why, below what a platform tells; and every fault of them is named."""

from __future__ import annotations

import asyncio
import json
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from saas.cli.figures import figures
from saas.delivery import news
from saas.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from saas.kernel.pool import Pool
from saas.kernel.settings import settings
from saas.reports.by_hand import days_of, enter_day, enter_figures
from tests.conftest import House

TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()
YESTERDAY = TODAY - timedelta(days=1)


def sent(house: House, accepted: int = 10) -> int:
    campaign = house.campaign()
    house.dispatch(campaign, house.account("one"), rows=1, people=10)
    house.as_owner(f"UPDATE dispatches SET accepted = {accepted}")
    return campaign


def test_a_day_is_marked_as_entered_and_a_correction_keeps_what_was_there(house: House) -> None:
    house.account("one")
    for gained in (5, 6):
        with house.within():
            enter_day(house.actor("editor"), "one", YESTERDAY, {"gained": gained, "lost": 2}, "screenshot")
    with house.within():
        found = days_of(house.actor("analyst"), "one")
    assert (found.days[0].day, found.days[0].figures) == (TODAY, {})
    known = found.days[1].figures
    assert {name: (one.value, one.source) for name, one in known.items()} == {"gained": (6, "hand"), "lost": (2, "hand")}
    assert house.rows("SELECT name, value, source FROM account_day_revisions") == [
        {"name": "gained", "value": 5, "source": "hand"}
    ]
    assert house.one("SELECT count(*) FROM audit_log WHERE action = 'figures.enter' AND detail ->> 'reason' = 'screenshot'") == 2


def test_a_platforms_own_number_stands_and_what_it_does_not_tell_may_be_entered(house: House) -> None:
    account = house.account("one")
    house.run("INSERT INTO account_days (account_id, day, name, source, value) VALUES (%s, %s, 'gained', 'statistics', 9)",
              account, YESTERDAY)  # fmt: skip
    with house.within():
        with pytest.raises(Conflict, match="the platform tells it: Gained"):
            enter_day(house.actor("editor"), "one", YESTERDAY, {"gained": 1, "lost": 1}, "x")
        enter_day(house.actor("editor"), "one", YESTERDAY, {"lost": 1}, "x")
        known = days_of(house.actor("editor"), "one").days[1].figures
    assert {name: (one.value, one.source) for name, one in known.items()} == {"gained": (9, "statistics"), "lost": (1, "hand")}


def test_figures_of_a_campaign_are_revisions_by_hand_until_the_platform_tells_them(house: House) -> None:
    campaign = sent(house)
    with house.within():
        for opened in (3, 4, 4):
            enter_figures(house.actor("editor"), campaign, "one", {"opened": opened}, "console")
    assert house.rows("SELECT revision, value, source FROM figures ORDER BY revision") == [
        {"revision": 1, "value": 3, "source": "hand"},
        {"revision": 2, "value": 4, "source": "hand"},
    ]
    assert house.rows("SELECT value, source FROM figures_now") == [{"value": 4, "source": "hand"}]
    dispatch = house.one("SELECT id FROM dispatches WHERE campaign_id = %s", campaign)
    for value in (4, 4, 5):
        asyncio.run(told(house, dispatch, value))
    assert house.rows("SELECT revision, value, source FROM figures WHERE revision > 2 ORDER BY revision") == [
        {"revision": 3, "value": 4, "source": "statistics"},
        {"revision": 4, "value": 5, "source": "statistics"},
    ]
    with house.within(), pytest.raises(Conflict, match="the platform tells it"):
        enter_figures(house.actor("editor"), campaign, "one", {"opened": 4}, "console")


async def told(house: House, dispatch: int, opened: int) -> None:
    """The platform's own statistics say so."""
    pool = Pool(settings().database_url, 1)
    await pool.open()
    try:
        async with pool.tenant(house.tenant) as connection:
            await news.figures(connection, dispatch, {"opened": opened}, "statistics")
    finally:
        await pool.close()


@pytest.mark.parametrize(
    ("day", "values", "reason", "kind"),
    [
        (TODAY + timedelta(days=1), {"gained": 1}, "x", Invalid),
        (TODAY - timedelta(days=401), {"gained": 1}, "x", Invalid),
        (YESTERDAY, {}, "x", Invalid),
        (YESTERDAY, {"opened": 1}, "x", Invalid),
        (YESTERDAY, {"gained": -1}, "x", Invalid),
        (YESTERDAY, {"gained": 10**10}, "x", Invalid),
        (YESTERDAY, {"gained": 1}, " ", Invalid),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(
    house: House, day: date, values: dict[str, int], reason: str, kind: type[Invalid]
) -> None:
    house.account("one")
    with house.within(), pytest.raises(kind):
        enter_day(house.actor("editor"), "one", day, values, reason)
    assert house.one("SELECT count(*) FROM account_days") == 0


def test_more_openers_than_people_nothing_out_and_other_hands_are_refused(house: House) -> None:
    campaign = sent(house, accepted=0)
    with house.within():
        with pytest.raises(Conflict, match="nothing of it is out"):
            enter_figures(house.actor("editor"), campaign, "one", {"opened": 1}, "x")
        with pytest.raises(NotFound):
            enter_figures(house.actor("editor"), campaign, "nobody", {"opened": 1}, "x")
        with pytest.raises(Forbidden):
            enter_figures(house.actor("reviewer"), campaign, "one", {"opened": 1}, "x")
    house.as_owner("UPDATE dispatches SET accepted = 10")
    with house.within(), pytest.raises(Invalid, match="meant for"):
        enter_figures(house.actor("editor"), campaign, "one", {"opened": 11}, "x")
    assert house.one("SELECT count(*) FROM figures") == 0


def test_more_sharers_than_anybody_could_be_are_refused_and_the_most_is_told(house: House) -> None:
    campaign = sent(house)
    house.as_owner("UPDATE dispatches SET delivered = 8, failed = 2, message = message || '{\"articles\": [{}, {}]}'")
    with house.within():
        actor = house.actor("editor")
        for name, value, most in (("opened", 9, "Delivered: 8"), ("shared", 17, "8 × 2 articles"), ("liked", 17, "8 ×")):
            with pytest.raises(Invalid, match=most) as refused:
                enter_figures(actor, campaign, "one", {name: value}, "x")
            assert (refused.value.field, "不能多于送达人数 8" in refused.value.message[0]) == (name, True)
        enter_figures(actor, campaign, "one", {"opened": 8, "shared": 16, "commented": 99}, "x")
        enter_figures(actor, campaign, "one", {"opened_all": 500, "shared": 1000}, "it was shared widely")
        with pytest.raises(Invalid, match="8 × 2 articles") as refused:
            enter_figures(actor, campaign, "one", {"opened_all": 5}, "a slip")
    assert refused.value.field == "shared", "what was entered when there were more readers"
    assert house.one("SELECT value FROM figures_now WHERE name = 'opened_all'") == 500


def run(*words: str) -> Result:
    return CliRunner().invoke(figures, [*words, "--as", "editor@house.test"], env={"LC_ALL": "en_US.UTF-8"})


def test_the_command_enters_lists_and_names_what_is_wrong(house: House) -> None:
    house.account("one")
    assert run("enter", "gained=3", "--account", "one", "--day", str(YESTERDAY), "--reason", "x").exit_code == 0
    listed = json.loads(run("days", "one", "--json").stdout)
    assert listed["days"][1]["figures"]["gained"]["value"] == 3
    assert "3 · entered by hand" in run("days", "one").stdout
    for words, said in (
        (("gained", "--account", "one", "--day", str(YESTERDAY)), "should read like"),
        (("gained=1", "--account", "one", "--day", "soon"), "is not a day"),
        (("gained=1", "--account", "one"), "only one of them"),
    ):
        result = run("enter", *words, "--reason", "x")
        assert (result.exit_code, said in result.stderr) == (2, True), result.stderr
