"""Groups that a send leaves out are told by name, in a dry run as in the plan: closed by their owners, or named and not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from saas.channels.platform import Finding
from saas.delivery.planning import prepare_campaign
from saas.kernel import clock
from saas.reports.forecast import forecast
from saas.reports.report import CampaignReport
from saas.reports.sheet import campaign_findings
from tests.conftest import House
from tests.delivery.test_chosen_groups import Town


@pytest.fixture
def town(house: House, tmp_path: Path) -> Iterator[Town]:
    with ExitStack() as opened:
        yield Town(house, tmp_path, opened)


def foretold(town: Town, keys: list[str]) -> tuple[CampaignReport, list[Finding]]:
    """What a dry run says of the folder that was planned last, once it is for everybody."""
    path = town.folder / "everybody"
    path.mkdir(exist_ok=True)
    (path / "campaign.yaml").write_text(f"name: all\nkind: text\ntext: 春分之后\naccounts: {keys}\n", encoding="utf-8")
    with town.house.within():
        return forecast(town.house.actor("editor"), path)


def planned_for(town: Town, keys: list[str]) -> tuple[int, list[str]]:
    """The same folder as a campaign, and what its findings say of groups left out."""
    with town.house.within():
        campaign = prepare_campaign(town.house.actor("editor"), town.folder / "everybody")
        return campaign, [one.message[1] for one in campaign_findings(campaign) if one.rule == "account_warning"]


def close(town: Town, group: str) -> None:
    town.house.run("UPDATE contacts SET muted = true WHERE target = %s", group)


def test_a_group_whose_owner_has_switched_it_off_is_told_in_the_dry_run_and_in_the_plan(town: Town) -> None:
    key = town.account("qq_group", "official", 3)
    closed = town.groups(key)[1]
    close(town, closed.id)
    report, told = foretold(town, [key])
    assert report.accounts[0].intended == 2
    (said,) = [one.message[1] for one in told if one.rule == "account_warning"]
    assert "left out" in said
    title = town.house.one("SELECT title FROM contacts WHERE target = %s", closed.id)
    assert str(title) in said
    campaign, noted = planned_for(town, [key])
    assert noted == [said]
    assert closed.id not in {row[1] for row in town.planned(campaign)}


def test_an_account_whose_groups_are_all_closed_or_left_sends_to_none_of_them(town: Town) -> None:
    key = town.account("qq_group", "official", 2)
    first, second = town.groups(key)
    close(town, first.id)
    town.house.run("UPDATE contacts SET left_at = %s WHERE target = %s", clock.now(), second.id)
    report, _ = foretold(town, [key])
    account = report.accounts[0]
    assert (account.state, account.in_progress) == ("skipped", 0)
    assert "关闭了主动消息" in account.reason or "switched messages off" in account.reason


def test_a_dry_run_tells_of_the_named_groups_that_are_none_as_the_plan_does(town: Town) -> None:
    key = town.account("qq_group", "official", 2)
    campaign = town.plan([key], [town.groups(key)[0].id, "gone-group"])
    path = max((one for one in town.folder.iterdir() if one.name.startswith("campaign-")), key=lambda one: one.name)
    with town.house.within():
        _, told = forecast(town.house.actor("editor"), path)
    assert [one.message[1] for one in told if one.rule == "group_unknown"] == town.told(campaign) != []
