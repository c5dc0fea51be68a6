"""OneBot over a WebSocket: the same promises as over HTTP, and what only a connection can do."""

from __future__ import annotations

import dataclasses

import pytest

from qunfa_qq_group.address import safe
from saas.channels import Account, Inbound, MaybeSent, Message, NotSent, Picture, Receipt, Refused, Unauthorized, Unknown

PICTURE = Picture("p" * 64, "image/gif", 8, 8, 72)
PROFILES = ["standard", "go-cqhttp", "napcat", "lagrange"]


def bot(theatre, profile="standard", path="", **settings):
    """An account that is spoken to over a WebSocket."""
    account = theatre.enrol("cats", "onebot", 4, profile=profile, **settings)
    theatre.record(account)["profile"] = profile
    address = str(account.settings["base_url"]).replace("http://", "ws://") + path
    return dataclasses.replace(account, settings={**account.settings, "base_url": address})


@pytest.mark.parametrize("path", ["", "/api"])
@pytest.mark.parametrize("profile", PROFILES)
def test_a_text_reaches_the_group_and_is_taken_back(theatre, profile, path):
    account = bot(theatre, profile, path)
    outcome = theatre.send(account, "周末见")
    assert isinstance(outcome, Receipt)
    [effect] = theatre.effects()
    assert (effect.platform_id, effect.detail["text"]) == (outcome.ids["message_id"], "周末见")
    assert isinstance(theatre.recall(account, dict(outcome.ids)), Receipt)


def test_gifs_flash_images_and_the_list_of_groups_come_over_it_as_well(theatre):
    account = bot(theatre, flash_images="yes")
    assert isinstance(theatre.connect(account), Receipt)
    theatre.send(account, Message("image", text="看", images=(PICTURE,)))
    assert theatre.effects()[0].detail["text"] == "看[flash]"
    assert len(theatre.reached(account)) == 4


@pytest.mark.parametrize("profile", PROFILES)
def test_silence_of_the_server_is_unknown_and_stops_the_account(theatre, profile):
    account = bot(theatre, profile)
    theatre.record(account)["silent"] = True
    assert isinstance(theatre.send(account), Unknown)
    theatre.record(account)["silent"] = False
    assert isinstance(theatre.send(account, place=1), Unauthorized)
    assert theatre.effects() == []


@pytest.mark.parametrize("profile", PROFILES)
def test_a_wrong_token_is_unauthorized(theatre, profile):
    account = bot(theatre, profile)
    wrong = dataclasses.replace(account, credentials={**account.credentials, "access_token": "wrong"})
    assert theatre.send(wrong).reason == "credentials"
    assert theatre.effects() == []


def test_a_connection_that_ends_before_the_answer_may_have_sent(theatre):
    account = bot(theatre)
    theatre.record(account)["lost"] = True
    with pytest.raises(MaybeSent):
        theatre.send(account)
    assert len(theatre.effects()) == 1


def test_a_server_that_is_not_there_has_surely_sent_nothing(theatre):
    account = bot(theatre)
    gone = dataclasses.replace(account, settings={**account.settings, "base_url": "ws://127.0.0.1:1/"})
    with pytest.raises(NotSent):
        theatre.send(gone)


def test_an_answer_quotes_the_message_and_uses_no_count_of_sends(theatre):
    account = bot(theatre)
    group = theatre.groups(account)[0]
    heard = Inbound("1", "10001", "text", "几点开门", 0.0, {"group": group, "msg_id": "77"})
    assert isinstance(theatre.reply(account, heard, "九点"), Receipt)
    assert [(effect.key, effect.detail["target"]) for effect in theatre.effects("reply")] == [("77", group)]
    alone = Inbound("2", "10002", "text", "几点开门", 0.0, {"msg_id": "78"})
    assert isinstance(theatre.reply(account, alone, "九点"), Receipt)
    assert theatre.effects("reply")[1].key == "10002"
    theatre.record(account)["muted"] = [group]
    assert isinstance(theatre.reply(account, heard, "九点"), Refused)


@pytest.mark.parametrize(
    ("url", "fits"),
    [("ws://192.168.1.9:3001", True), ("wss://bot.example.com", True), ("ws://bot.example.com", False), ("ws://", False)],
)
def test_a_token_travels_without_tls_only_within_the_house(url, fits):
    assert safe(url, Account(1, "cats", "qq_group", "onebot", "示例")) is fits
    assert safe(url, Account(1, "cats", "qq_group", "official", "示例")) is False
