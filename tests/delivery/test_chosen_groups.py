"""A campaign that names single groups: those are planned and sent to, by id or name, and unknown ones are told before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from saas.accounts.channels import installed
from saas.accounts.credentials import seal
from saas.accounts.models import Account
from saas.accounts.service import connect_account
from saas.audience.labels import account_groups
from saas.campaigns.models import Campaign
from saas.channels.choosing import Group
from saas.channels.conformance.theatre import Theatre
from saas.channels.simulator import Enrolment
from saas.content.library import service
from saas.content.library.exporting import Plan
from saas.delivery.from_library import prepare_from_library
from saas.delivery.planning import prepare_campaign
from saas.delivery.release import approve, release
from saas.kernel import clock
from saas.kernel.database import db, transaction
from saas.kernel.errors import Conflict, Invalid
from saas.kernel.sealing import Sealer
from saas.kernel.settings import settings
from saas.review.models import Check
from tests.conftest import House
from tests.delivery.test_portal_sends import work


@dataclass
class Town:
    """An agency's accounts on rehearsal platforms."""

    house: House
    folder: Path
    opened: ExitStack
    theatres: dict[str, Theatre] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def account(self, channel: str, kind: str, size: int) -> str:
        """An account with groups, by its key."""
        simulator = installed(channel).hook.simulator()
        if channel not in self.theatres:
            self.theatres[channel] = self.opened.enter_context(Theatre(simulator, self.folder / channel))
        theatre, key = self.theatres[channel], f"{kind}-{len(self.ids)}"
        server = theatre.server
        made = theatre.change(lambda: server.simulator.enrol(Enrolment(key, kind, "山岚", size, ""), server.stage.address))
        theatre.change(lambda: server.stage.keep(made.id, {**made.record, "key": key, "callback_path": ""}))
        self.ids[key] = made.id
        with self.house.within(), transaction() as session:
            client = self.house.client("Moon")
            account = Account(client_id=client, key=key, channel=channel, kind=kind, name=key, settings=made.settings)
            account.risk_accepted_at = clock.now()
            session.add(account)
            session.flush()
            account.credentials = seal(Sealer(settings().encryption_keys), self.house.tenant, account.id, made.credentials)
            session.flush()
            connect_account(key, {}, {})
        return key

    def groups(self, key: str) -> list[Group]:
        with self.house.within():
            return list(account_groups(self.house.actor("editor"), key))

    def change(self, key: str, **record: object) -> None:
        """What the platform believes of an account."""
        channel = next(name for name, theatre in self.theatres.items() if self.ids[key] in theatre.server.stage.accounts)
        theatre = self.theatres[channel]
        stage, id = theatre.server.stage, self.ids[key]
        theatre.change(lambda: stage.keep(id, {**stage.accounts[id], **record}))

    def plan(self, keys: list[str], ids: list[str], released: bool = False) -> int:
        """A campaign for those groups."""
        path = self.folder / f"campaign-{len(list(self.folder.iterdir()))}"
        path.mkdir()
        (path / "campaign.yaml").write_text(
            f"name: {path.name}\nkind: text\ntext: 春分之后\naccounts: {json.dumps(keys)}\n"
            f"audience: {{ids: {json.dumps(ids, ensure_ascii=False)}}}\n",
            encoding="utf-8",
        )
        with self.house.within():
            campaign = prepare_campaign(self.house.actor("editor"), path)
            if released:
                approve(self.house.actor("reviewer"), campaign, db.session.get_one(Campaign, campaign).digest)
                release(self.house.actor("editor"), campaign)
            return campaign

    def told(self, campaign: int) -> list[str]:
        with self.house.within():
            (check,) = db.session.query(Check).filter_by(campaign_id=campaign)
            return [one["message"][1] for one in check.findings if one["rule"] == "group_unknown"]

    def planned(self, campaign: int) -> list[tuple[str, str, int, str]]:
        query = (
            "SELECT a.key, e.target, e.people, e.state FROM deliveries e JOIN accounts a ON a.id = e.account_id"
            " WHERE e.campaign_id = %s ORDER BY e.id"
        )
        return [(row["key"], row["target"], row["people"], row["state"]) for row in self.house.rows(query, campaign)]


@pytest.fixture
def town(house: House, tmp_path: Path) -> Iterator[Town]:
    with ExitStack() as opened:
        yield Town(house, tmp_path, opened)


def test_customer_groups_are_chosen_by_id_or_name_and_go_by_their_owners(town: Town) -> None:
    key = town.account("wecom", "groups", 50)
    listed = town.groups(key)
    mine = [group for group in listed if group.through == listed[0].through]
    named = next(group for group in mine[1:] if [one.name for one in listed].count(group.name) == 1)
    other = next(group for group in listed if group.through != listed[0].through)
    campaign = town.plan([key], [mine[0].id, named.name, other.id, "wr-gone"])
    assert town.planned(campaign) == [(key, mine[0].through, 2, "due"), (key, other.through, 1, "due")]
    (said,) = town.told(campaign)
    assert "wr-gone" in said
    fields = [row["fields"] for row in town.house.rows("SELECT fields FROM deliveries ORDER BY id")]
    assert [one["groups"].split() for one in fields] == [[mine[0].id, named.id], [other.id]]


def test_chats_of_an_app_are_chosen_and_only_they_are_sent_to(town: Town) -> None:
    key = town.account("wecom", "appchat", 4)
    listed = town.groups(key)
    assert all(group.name and group.people for group in listed)
    campaign = town.plan([key], [listed[2].id, listed[0].name], released=True)
    for _ in range(30):
        work(town.house)
        if all(row[3] == "sent" for row in town.planned(campaign)):
            break
        town.house.run("UPDATE dispatches SET wake_at = now()")
    assert [row[3] for row in town.planned(campaign)] == ["sent", "sent"]
    shown = [effect.detail["target"] for effect in town.theatres["wecom"].server.stage.effects_of(town.ids[key], "appchat")]
    assert sorted(shown) == sorted([listed[0].id, listed[2].id])


def test_qq_groups_of_two_accounts_are_chosen_by_one_list(town: Town) -> None:
    keys = [town.account("qq_group", "official", 3), town.account("qq_group", "onebot", 3)]
    listed = [town.groups(key) for key in keys]
    assert all(group.name for groups in listed for group in groups) and all(group.people for group in listed[1])
    campaign = town.plan(keys, [listed[0][1].id, listed[1][2].id])
    assert town.planned(campaign) == [(keys[0], listed[0][1].id, 1, "due"), (keys[1], listed[1][2].id, 1, "due")]
    assert town.told(campaign) == []
    lone = town.plan(keys, [listed[0][1].id])
    assert [(row[0], row[3]) for row in town.planned(lone)] == [(keys[0], "due"), (keys[1], "skipped")]
    assert [keys[1] in said for said in town.told(lone)] == [True]


def test_a_group_that_was_dismissed_is_named_before_the_send_and_none_left_refuses_the_campaign(town: Town) -> None:
    key = town.account("wecom", "groups", 5)
    gone = town.groups(key)[3]
    town.change(key, left=[3])
    campaign = town.plan([key], [gone.id, town.groups(key)[0].id])
    assert [row[2] for row in town.planned(campaign)] == [1] and gone.id in town.told(campaign)[0]
    with pytest.raises(Invalid) as refused:
        town.plan([key], [gone.id])
    blocked = [one for one in refused.value.detail["findings"] if one["severity"] == "block"]
    assert {one["rule"] for one in blocked} == {"group_unknown"} and any(gone.id in one["message"][0] for one in blocked)


def test_a_silent_platform_leaves_the_groups_that_were_last_seen(town: Town) -> None:
    key = town.account("wecom", "groups", 5)
    listed = town.groups(key)
    town.theatres["wecom"].fault("http", value="503")
    campaign = town.plan([key], [listed[1].name])
    assert town.planned(campaign) == [(key, listed[1].through, 1, "due")]
    with pytest.raises(Conflict):
        town.groups(key)


def test_an_account_that_sends_to_no_groups_has_none_to_list(town: Town) -> None:
    key = town.account("wecom", "customer", 5)
    with pytest.raises(Invalid) as refused:
        town.groups(key)
    assert refused.value.code == "no_groups"


def test_a_campaign_of_library_items_names_groups_as_well(town: Town) -> None:
    key = town.account("wecom", "groups", 5)
    listed = town.groups(key)
    with town.house.within():
        editor = town.house.actor("editor")
        item = service.create(editor, town.house.client("Moon"), "text", {"text": "春分之后的三件小事"}).item_id
        campaign = prepare_from_library(editor, [item], Plan(accounts=[key], groups=[listed[1].name, listed[3].id]))
    assert town.planned(campaign) == [(key, listed[1].through, 2, "due")]
