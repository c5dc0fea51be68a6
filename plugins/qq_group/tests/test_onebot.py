"""OneBot v11: what goes out, how each kind of server fails, and when everything stops."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from qunfa_qq_group.address import safe
from saas.channels import Account, Link, MaybeSent, Message, Picture, Receipt, Refused, Throttled, Unauthorized, Unknown

PICTURE = Picture("p" * 64, "image/gif", 8, 8, 72)
PROFILES = ["standard", "go-cqhttp", "napcat", "lagrange"]


def bot(theatre, profile="standard", **settings):
    account = theatre.enrol("cats", "onebot", 4, profile=profile, **settings)
    theatre.record(account)["profile"] = profile
    return account


@pytest.mark.parametrize("profile", PROFILES)
def test_a_text_reaches_the_group_and_its_id_is_the_proof(theatre, profile):
    account = bot(theatre, profile)
    outcome = theatre.send(account, "[公告] 周末 & 见")
    assert isinstance(outcome, Receipt)
    assert (outcome.progress.delivered, outcome.progress.final) == (1, True)
    [effect] = theatre.effects()
    assert (effect.platform_id, effect.key, effect.people) == (outcome.ids["message_id"], "", 1)
    assert (effect.detail["target"], effect.detail["text"]) == (theatre.groups(account)[0], "[公告] 周末 & 见")


def test_pictures_and_links_go_out_as_segments(theatre):
    account = bot(theatre)
    theatre.send(account, Message("image", text="看", images=(PICTURE, PICTURE)))
    theatre.send(account, Message("link", link=Link("新品", "https://www.example.com/a")))
    assert [e.detail["text"] for e in theatre.effects()] == ["看[image][image]", "新品\nhttps://www.example.com/a"]


def test_pictures_go_out_as_flash_images_where_the_setting_says_so(theatre):
    theatre.send(bot(theatre, "go-cqhttp", flash_images="yes"), Message("image", images=(PICTURE,)))
    assert theatre.effects()[0].detail["text"] == "[flash]"


@pytest.mark.parametrize("profile", PROFILES)
def test_silence_of_the_server_is_unknown_and_stops_the_account(theatre, profile):
    account = bot(theatre, profile)
    theatre.record(account)["silent"] = True
    first = theatre.send(account)
    assert isinstance(first, Unknown)
    assert "停发" in first.reason
    theatre.record(account)["silent"] = False
    second = theatre.send(account, place=1)
    assert isinstance(second, Unauthorized)
    assert second.reason == "no_right"
    assert isinstance(theatre.connect(account), Unauthorized)
    assert theatre.effects() == []


def test_a_stop_ends_by_time_or_by_the_setting(theatre):
    account = bot(theatre, "napcat")
    theatre.record(account)["silent"] = True
    theatre.send(account)
    theatre.record(account)["silent"] = False
    lifted = dataclasses.replace(account, settings={**account.settings, "risk_pause_minutes": "0"})
    assert isinstance(theatre.send(lifted), Receipt)
    theatre.platform(account).clock = datetime.now(UTC) + timedelta(hours=24, minutes=1)
    assert isinstance(theatre.send(account), Receipt)


@pytest.mark.parametrize("profile", ["standard", "napcat"])
def test_a_group_that_muted_the_account_is_left_alone_and_the_others_are_not(theatre, profile):
    account = bot(theatre, profile)
    muted = theatre.groups(account)[0]
    theatre.record(account)["muted"] = [muted]
    first = theatre.send(account)
    assert isinstance(first, Refused)
    assert first.field == "target"
    theatre.record(account)["muted"] = []
    assert isinstance(theatre.send(account), Refused)
    assert isinstance(theatre.send(account, place=1), Receipt)


def test_a_muted_group_cannot_be_told_from_risk_control_on_some_servers(theatre):
    account = bot(theatre, "go-cqhttp")
    theatre.record(account)["muted"] = [theatre.groups(account)[0]]
    assert isinstance(theatre.send(account), Unknown)


def test_a_group_the_account_is_not_in_is_refused_by_name(theatre):
    account = bot(theatre, "go-cqhttp")
    theatre.record(account)["gone"] = [theatre.groups(account)[0]]
    outcome = theatre.send(account)
    assert (type(outcome), outcome.code, outcome.field) == (Refused, "100", "target")


def test_a_queued_answer_without_an_id_is_unknown(theatre):
    account = bot(theatre)
    theatre.record(account)["queued"] = True
    outcome = theatre.send(account)
    assert isinstance(outcome, Unknown)
    assert "async" in outcome.reason
    assert len(theatre.effects()) == 1


def test_a_lost_answer_after_the_effect_is_never_called_not_sent(theatre):
    account = bot(theatre)
    theatre.fault("drop_after", path="send_group_msg", times=1)
    with pytest.raises(MaybeSent):
        theatre.send(account)
    assert len(theatre.effects()) == 1


@pytest.mark.parametrize("profile", PROFILES)
def test_a_wrong_token_is_unauthorized(theatre, profile):
    account = bot(theatre, profile)
    for token in ("", "wrong"):
        wrong = dataclasses.replace(account, credentials={**account.credentials, "access_token": token})
        assert theatre.send(wrong).reason == "credentials"
        assert theatre.connect(wrong).reason == "credentials"


@pytest.mark.parametrize("profile", PROFILES)
def test_a_message_is_taken_back_within_two_minutes_and_later_only_by_an_admin(theatre, profile):
    theatre.stand_still()
    account = bot(theatre, profile)
    first, second = theatre.send(account), theatre.send(account)
    theatre.pass_seconds(119)
    assert isinstance(theatre.recall(account, dict(first.ids)), Receipt)
    theatre.pass_seconds(2)
    assert not isinstance(theatre.recall(account, dict(second.ids)), Receipt)
    theatre.record(account)["role"] = "admin"
    assert isinstance(theatre.recall(account, dict(second.ids)), Receipt)
    assert [e.platform_id for e in theatre.effects("recall")] == [first.ids["message_id"], second.ids["message_id"]]


def test_a_message_that_is_gone_cannot_be_taken_back_again(theatre):
    account = bot(theatre, "go-cqhttp")
    receipt = theatre.send(account)
    assert isinstance(theatre.recall(account, dict(receipt.ids)), Receipt)
    again = theatre.recall(account, dict(receipt.ids))
    assert (type(again), again.field) == (Refused, "recall")


def test_message_numbers_go_on_after_a_restart(theatre):
    account = bot(theatre)
    first = theatre.send(account)
    theatre.restart()
    account = bot(theatre)
    second = theatre.send(account)
    assert first.ids["message_id"] != second.ids["message_id"]
    assert isinstance(theatre.recall(account, dict(first.ids)), Receipt)


def test_the_groups_are_read_with_their_titles(theatre):
    account = bot(theatre)
    targets = theatre.reached(account)
    assert [target.ids[0] for target in targets] == theatre.groups(account)
    assert targets[0].fields == {"title": "示例群 1"}
    assert {target.people for target in targets} == {1}


def test_connecting_tells_an_account_that_is_offline_or_another(theatre):
    account = bot(theatre)
    assert theatre.connect(account) == Receipt({})
    other = dataclasses.replace(account, settings={**account.settings, "self_id": "12345"})
    assert theatre.connect(other).code == "self_id"
    theatre.record(account)["online"] = False
    assert theatre.connect(account).reason == "revoked"


def test_a_group_that_is_no_number_is_refused_before_any_call(theatre):
    account = bot(theatre)
    theatre.record(account)["groups"][0]["id"] = "7x; drop"
    assert isinstance(theatre.send(account), Refused)
    assert theatre.effects() == []


def test_a_busy_server_is_asked_again_later(theatre):
    account = bot(theatre)
    theatre.fault("http", path="send_group_msg", value="429", times=1)
    assert isinstance(theatre.send(account), Throttled)
    assert isinstance(theatre.send(account), Receipt)


def test_a_muted_group_is_tried_again_after_an_hour(theatre):
    account = bot(theatre, "napcat")
    theatre.record(account)["muted"] = [theatre.groups(account)[0]]
    theatre.send(account)
    theatre.record(account)["muted"] = []
    theatre.platform(account).clock = datetime.now(UTC) + timedelta(minutes=61)
    assert isinstance(theatre.send(account), Receipt)


@pytest.mark.parametrize("url", ["http://bot.example.com", "http://8.8.8.8:3000", "", "http://"])
def test_a_token_travels_without_tls_only_within_the_house(theatre, url):
    account = bot(theatre, base_url=url)
    assert theatre.send(account).reason == "credentials"
    assert theatre.connect(account).reason == "credentials"


@pytest.mark.parametrize(
    "url", ["http://192.168.1.9:3000", "http://onebot:3000", "https://bot.example.com", "http://127.0.0.1:1"]
)
def test_a_server_on_a_private_network_may_do_without_tls(url):
    assert safe(url, Account(1, "cats", "qq_group", "onebot", "示例"))


def test_a_picture_that_is_missing_is_refused_on_either_way(theatre):
    message = Message("image", images=(dataclasses.replace(PICTURE, sha256="0" * 64),))
    for account in (bot(theatre), theatre.enrol("shop")):
        outcome = theatre.send(account, message)
        assert (type(outcome), outcome.field) == (Refused, "images")
