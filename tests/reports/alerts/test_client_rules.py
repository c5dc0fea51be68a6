"""Rules of one client: its own threshold, people and places, beside the agency's or instead of it, and nobody hears twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from saas.kernel.errors import Forbidden, Invalid, NotFound
from saas.reports.alerts import client_rules, ruling, service
from saas.reports.alerts.client_rules import ClientRuleView, Wish
from saas.reports.alerts.finding import Found
from saas.reports.alerts.kinds import KINDS, Rule
from saas.reports.alerts.scoping import ClientRule, noticed
from tests.reports.alerts.conftest import Listener, PostOffice, Watch
from tests.reports.alerts.test_noticing import send

NOON = datetime.fromisoformat("2026-11-23T04:00:00+00:00")
NUMBERS = {("Moon", "one"): 2.0, ("Moon", "two"): 9.0, ("Sun", "one"): 2.0, ("Sun", "two"): 9.0}
CLIENTS, ACCOUNTS = {"Moon": 1, "Sun": 2}, {"one": 11, "two": 12}


def found_from(threshold: float) -> list[Found]:
    """Whatever lies at the threshold or above it."""
    return [
        Found(f"{client} {account}", NOON, CLIENTS[client], ACCOUNTS[account], None, {})
        for (client, account), number in NUMBERS.items()
        if number >= threshold
    ]


def rule(number: int, threshold: float, accounts: tuple[int, ...] | None = None, instead: bool = False) -> ClientRule:
    return ClientRule(number, "failed", CLIENTS["Moon"], accounts, Rule(True, threshold, (), None, 15, False, ()), (1,), instead)


OWN = KINDS["failed"].usual
OFF = Rule(False, 5, (), None, 15, False)


@pytest.mark.parametrize(
    ("own", "rules", "expected"),
    [
        (OWN, [], {"Moon two": (0,), "Sun two": (0,)}),
        (OFF, [], {}),
        (OWN, [rule(7, 1)], {"Moon one": (7,), "Moon two": (0, 7), "Sun two": (0,)}),
        (OFF, [rule(7, 1)], {"Moon one": (7,), "Moon two": (7,)}),
        (OWN, [rule(7, 1, instead=True)], {"Moon one": (7,), "Moon two": (7,), "Sun two": (0,)}),
        (OWN, [rule(7, 50, instead=True)], {"Sun two": (0,)}),
        (OWN, [rule(7, 1, accounts=(12,), instead=True)], {"Moon two": (7,), "Sun two": (0,)}),
        (OWN, [rule(7, 1), rule(8, 5)], {"Moon one": (7,), "Moon two": (0, 7, 8), "Sun two": (0,)}),
    ],
)
def test_each_thing_is_noticed_once_by_every_rule_it_falls_under(
    own: Rule, rules: list[ClientRule], expected: dict[str, tuple[int, ...]]
) -> None:
    assert {one.subject: one.rules for one in noticed(own, rules, found_from)} == expected


def add(watch: Watch, kind: str = "failed", client: str = "Moon", **more: Any) -> ClientRuleView:
    house = watch.house
    more.setdefault("members", [house.members["analyst"]])
    with house.within():
        return client_rules.add_client_rule(house.actor("owner"), Wish(kind, house.client(client), quiet="", **more))


def test_a_clients_team_hears_from_its_own_threshold_on_the_others_from_the_agencys_and_nobody_twice(
    mailed: Watch, mailbox: PostOffice
) -> None:
    house = mailed.house
    add(mailed, threshold=1, members=[house.members["analyst"], house.members["owner"]])
    few, many = house.account("moon-1"), house.account("moon-2")
    send(house, few, failed=2), send(house, many, failed=20), send(house, house.account("sun-1", client="Sun"), failed=2)
    assert mailed.round("failed") == 4, "one letter for each who is named, one for each other who hears of the great one"
    told = {letter["To"].partition("@")[0]: letter.get_content() for letter in mailbox.letters}
    assert set(told) == {"analyst", "owner", "admin", "editor"}
    assert all("moon-1" in told[who] and "moon-2" in told[who] for who in ("analyst", "owner"))
    assert all("moon-1" not in told[who] and "moon-2" in told[who] for who in ("admin", "editor"))
    assert "sun-1" not in str(told)
    mailed.later(hours=3)
    assert mailed.round("failed") == 0
    with house.within():
        service.silence(house.actor("owner"), 4, "maintenance", "failed", client_id=house.client("Moon"))
    send(house, house.account("moon-3"), failed=2)
    assert mailed.round("failed") == 0, "what is silenced is silenced for the client's rule as well"


def test_a_rule_instead_of_the_agencys_keeps_that_clients_alerts_with_its_team(mailed: Watch, mailbox: PostOffice) -> None:
    add(mailed, threshold=50, instead=True)
    for key, client in (("moon-1", "Moon"), ("sun-1", "Sun")):
        send(mailed.house, mailed.house.account(key, client=client), failed=20)
    mailed.round("failed")
    assert {letter["To"].partition("@")[0] for letter in mailbox.letters} == {"owner", "admin", "editor"}
    assert all("sun-1" in letter.get_content() and "moon-1" not in letter.get_content() for letter in mailbox.letters)
    send(mailed.house, mailed.house.account("moon-2"), failed=60)
    mailed.later(hours=1)
    assert mailed.round("failed") == 1
    assert mailbox.letters[-1]["To"] == "analyst@house.test"


def test_a_robot_kept_to_rules_that_name_it_hears_of_its_client_alone_and_of_the_end(watch: Watch, listener: Listener) -> None:
    house = watch.house
    robot = watch.destination("robot", listener.robot())
    house.as_owner("UPDATE alert_destinations SET named_only = true WHERE id = %s", robot)
    ours = add(watch, "account", members=[], destinations=[robot], tell_end=True)
    moon, sun = house.account("moon-1"), house.account("sun-1", client="Sun")
    for account in (moon, sun):
        house.run("UPDATE accounts SET status = 'broken', trouble = 'revoked', checked_at = now() WHERE id = %s", account)
    assert watch.round("account") == 1
    assert "moon-1" in str(listener.told()) and "sun-1" not in str(listener.told())
    watch.mend(moon)
    watch.look("account")
    watch.later(minutes=3)
    watch.look("account")
    assert watch.tell() == 1
    assert "账号又能发送了" in str(listener.told()[-1])
    house.run("UPDATE accounts SET status = 'broken' WHERE id = %s", moon)
    watch.later(hours=1)
    with house.within():
        client_rules.end_client_rule(house.actor("owner"), ours.id)
        with pytest.raises(NotFound):
            client_rules.end_client_rule(house.actor("owner"), ours.id)
    watch.look("account")
    watch.later(minutes=5)
    assert watch.tell() == 0, "a rule that was ended tells nothing more"


def test_what_only_an_ended_rule_had_noticed_closes_without_a_word(mailed: Watch, mailbox: PostOffice) -> None:
    house = mailed.house
    ours = add(mailed, "unknown", threshold=0, tell_end=True)
    with house.within():
        ruling.save_rule(house.actor("owner"), "unknown", Rule(False, 5, (), None, 15, True))
    send(house, house.account("moon-1"), unknown=3)
    assert mailed.round("unknown") == 1
    with house.within():
        client_rules.end_client_rule(house.actor("owner"), ours.id)
    mailed.look("unknown")
    assert house.one("SELECT closed_for FROM alerts") == "off"
    mailed.later(minutes=5)
    assert mailed.round("unknown") == 0


def test_a_rule_names_things_of_that_client_and_members_of_the_agency(watch: Watch) -> None:
    house = watch.house
    house.account("moon-1"), house.account("sun-1", client="Sun")
    for wrong in ({"accounts": ["sun-1"]}, {"members": [house.members["client_viewer"]]}, {"destinations": [2**31]}):
        with pytest.raises(NotFound):
            add(watch, **wrong)
    for wrong, error in ((("report", "Moon"), NotFound), (("reminder", "Moon"), NotFound)):
        with pytest.raises(error):
            add(watch, *wrong)
    with pytest.raises(Invalid):
        add(watch, members=[])
    with pytest.raises(Invalid):
        add(watch, threshold=101)
    with pytest.raises(Invalid, match="above 0") as refused:
        add(watch, "quota", threshold=0)
    assert (refused.value.field, refused.value.remedy[1]) == ("threshold", "such as 80")
    with house.within(), pytest.raises(Forbidden):
        client_rules.add_client_rule(house.actor("editor"), Wish("failed", house.client("Moon"), members=[1]))
    made = add(watch, accounts=["moon-1"], threshold=1.5)
    assert (made.client, made.accounts, made.people, made.threshold, made.window) == ("Moon", ["moon-1"], ["analyst"], 1.5, 15)
    assert house.one("SELECT count(*) FROM audit_log WHERE action = 'alerts.client_rule'") == 1
