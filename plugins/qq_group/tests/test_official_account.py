"""The official bot itself: its token, its rights, and the groups it knows."""

from __future__ import annotations

import dataclasses

import pytest

from qunfa_qq_group import plugin
from saas.channels import NotSent, Receipt, Unauthorized, Unreachable

INSECURE = [
    ("token_url", "http://bots.example.com"),
    ("base_url", "http://127.0.0.1:80@example.com"),
    ("base_url", "ftp://127.0.0.1"),
    ("base_url", "//example.com"),
    ("base_url", "https://"),
    ("base_url", "http://[::1"),
]


def test_an_address_that_is_not_listed_is_unauthorized(theatre):
    account = theatre.enrol("shop")
    theatre.record(account)["ip_list"] = ["203.0.113.9"]
    outcome = theatre.send(account)
    assert outcome == Unauthorized("ip_not_listed", "11298", outcome.detail)
    assert theatre.connect(account).reason == "ip_not_listed"
    assert theatre.platform(account).fetches == 1


def test_a_wrong_secret_is_unauthorized_before_anything_is_sent(theatre):
    account = theatre.enrol("shop")
    wrong = dataclasses.replace(account, credentials={**account.credentials, "client_secret": "x" * 32})
    outcome = theatre.send(wrong)
    assert (outcome.reason, outcome.code) == ("credentials", "100016")


def test_a_banned_bot_is_unauthorized(theatre):
    account = theatre.enrol("shop")
    theatre.send(account)
    theatre.record(account)["banned"] = True
    assert theatre.send(account).reason == "banned"


def test_a_stale_token_is_replaced_once_and_the_message_goes_out_once(theatre):
    account = theatre.enrol("shop")
    theatre.fault("token", path="/messages", times=1)
    assert isinstance(theatre.send(account), Receipt)
    assert theatre.platform(account).fetches == 2
    assert len(theatre.effects()) == 1


def test_a_stop_that_comes_while_a_token_is_replaced_reaches_the_second_try(theatre, monkeypatch):
    account = theatre.enrol("shop")
    theatre.fault("token", path="/messages", times=1)
    line = theatre.platform(account)

    async def leave():
        if line.fetches > 1:
            raise NotSent("stopped")

    monkeypatch.setattr(line, "go_ahead", leave)
    with pytest.raises(NotSent):
        theatre.send(account)
    assert theatre.effects() == []


def test_a_token_refused_twice_is_not_asked_for_a_third_time(theatre):
    account = theatre.enrol("shop")
    theatre.fault("token", path="/messages")
    assert theatre.send(account).reason == "credentials"
    assert theatre.platform(account).fetches == 2
    assert theatre.effects() == []


def test_a_token_stays_the_same_until_its_last_minute_and_overlaps_the_next(theatre):
    theatre.stand_still()
    account = theatre.enrol("shop")
    theatre.send(account)
    line = theatre.platform(account)
    first = line.tokens.pop("access")
    assert line.lifetimes["access"] == 7170
    theatre.send(account)
    assert line.tokens.pop("access") == first
    theatre.pass_seconds(7200 - 30)
    theatre.send(account)
    assert line.tokens["access"] != first
    line.tokens["access"] = first
    theatre.send(account)
    assert line.fetches == 3
    theatre.pass_seconds(61)
    theatre.send(account)
    assert line.fetches == 4


def test_connecting_sends_nothing(theatre):
    account = theatre.enrol("shop")
    assert theatre.connect(account) == Receipt({})
    assert theatre.effects() == []


def test_the_known_groups_are_reached_with_their_titles_and_lost_ones_are_not(theatre):
    account = theatre.enrol("shop")
    theatre.record(account)["gone"] = [theatre.groups(account)[1]]
    targets = theatre.reached(account)
    assert [target.ids[0] for target in targets] == [theatre.groups(account)[0], theatre.groups(account)[2]]
    assert targets[0].fields["title"] == "示例群 1"
    assert {target.people for target in targets} == {1}


def test_a_group_keeps_its_known_title_where_the_info_is_closed_to_the_bot(theatre):
    account = theatre.enrol("shop", groups=[{"id": "G1", "title": "老友群", "people": 1}])
    theatre.fault("error", path="/info", value="11253")
    assert [target.fields for target in theatre.reached(account)] == [{"title": "老友群"}]


def test_the_known_groups_do_while_the_platform_cannot_be_reached(theatre):
    account = theatre.enrol("shop", token_url="http://127.0.0.1:9")
    assert [target.fields["title"] for target in theatre.reached(account)] == ["示例群 1", "示例群 2", "示例群 3"]


def test_a_token_endpoint_that_is_down_means_that_nothing_went_out(theatre):
    account = theatre.enrol("shop")
    for name, value in (("http", "502"), ("drop_after", "")):
        theatre.fault(name, path="getAppAccessToken", value=value, times=1)
        assert isinstance(theatre.send(account), Unreachable)
    assert theatre.effects() == []
    assert isinstance(theatre.send(account), Receipt)


@pytest.mark.parametrize(("name", "url"), INSECURE)
def test_a_secret_never_travels_without_tls(theatre, name, url):
    account = theatre.enrol("shop", **{name: url})
    outcome = theatre.send(account)
    assert (type(outcome), outcome.code) == (Unauthorized, name)


def test_plain_http_on_this_machine_is_for_the_rehearsal_alone(theatre):
    account = theatre.enrol("shop", simulated=False)
    assert isinstance(theatre.send(account), Unauthorized)
    assert theatre.effects() == []


def test_groups_can_be_listed_with_their_names_and_members(theatre):
    official, onebot = theatre.enrol("bot", "official", 3), theatre.enrol("cats", "onebot", 3)
    for account in (official, onebot):
        listed = theatre.run(plugin.groups(account, theatre.platform(account)))
        assert [group.id for group in listed] == [target.ids[0] for target in theatre.reached(account)]
        assert [group.name for group in listed] == [target.fields["title"] for target in theatre.reached(account)]
    assert all(group.people > 0 for group in listed)


def test_groups_whose_owners_let_nobody_speak_unasked_are_named_in_a_note(theatre):
    account = theatre.enrol("bot", "official", 8)
    assert theatre.connect(account).progress.reason == ""
    groups = theatre.record(account)["groups"]
    theatre.record(account)["switched_off"] = [group["id"] for group in groups[1:3]]
    told = theatre.connect(account)
    assert isinstance(told, Receipt)
    assert groups[1]["title"] in told.progress.reason and groups[2]["title"] in told.progress.reason
    assert groups[0]["title"] not in told.progress.reason and told.progress.reason.count("40034105") == 2
    theatre.record(account)["switched_off"] = [group["id"] for group in groups]
    assert "等 8 个群" in theatre.connect(account).progress.reason and "and 3 more" in theatre.connect(account).progress.reason
    theatre.fault("error", path="bot_state", value="11253")
    assert theatre.connect(account).progress.reason == ""
