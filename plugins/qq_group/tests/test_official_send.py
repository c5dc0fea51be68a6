"""The official API: what goes out, what is refused, and what nobody can know."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from qunfa_qq_group import plugin
from saas.channels import (
    Exhausted,
    Link,
    MaybeSent,
    Message,
    NotSent,
    Picture,
    Receipt,
    Refused,
    Throttled,
    Unauthorized,
    Unknown,
    Unreachable,
)

PICTURE = Picture("p" * 64, "image/png", 8, 8, 72)


def test_a_text_reaches_the_group_and_its_id_is_the_proof(theatre):
    account = theatre.enrol("shop")
    outcome = theatre.send(account, "周末见")
    assert isinstance(outcome, Receipt)
    assert (outcome.progress.delivered, outcome.progress.final) == (1, True)
    [effect] = theatre.effects()
    assert effect.platform_id == outcome.ids["message_id"]
    assert (effect.people, effect.key, effect.detail["target"]) == (1, "", theatre.groups(account)[0])


def test_an_answer_of_the_old_form_is_read_too(theatre):
    account = theatre.enrol("shop")
    theatre.record(account)["old_answers"] = True
    assert isinstance(theatre.send(account), Receipt)


def test_a_link_goes_out_as_title_description_and_address(theatre):
    account = theatre.enrol("shop")
    message = Message("link", text="看看", link=Link("春季新品", "https://www.example.com/spring", "九款"))
    assert isinstance(theatre.send(account, message), Receipt)
    assert theatre.effects()[0].detail["text"] == "看看\n春季新品\n九款\nhttps://www.example.com/spring"


def test_a_picture_is_uploaded_once_a_group(theatre):
    account = theatre.enrol("shop")
    message = Message("image", images=(PICTURE,))
    assert isinstance(theatre.send(account, message), Receipt)
    assert isinstance(theatre.send(account, message), Receipt)
    assert len(theatre.record(account)["files"]) == 1
    assert len(theatre.effects()) == 2


def test_a_picture_the_platform_has_forgotten_is_uploaded_again(theatre):
    account = theatre.enrol("shop")
    message = Message("image", images=(PICTURE,))
    theatre.send(account, message)
    theatre.record(account)["files"] = {}
    assert isinstance(theatre.send(account, message), Receipt)
    assert len(theatre.effects()) == 2


def test_a_picture_that_is_none_is_refused_at_the_upload(theatre):
    account = theatre.enrol("shop")
    theatre.pictures["f" * 64] = b"not a picture"
    outcome = theatre.send(account, Message("image", images=(dataclasses.replace(PICTURE, sha256="f" * 64),)))
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.field) == ("850026", "images")


def test_a_lost_answer_of_an_upload_means_that_nothing_went_out(theatre):
    account = theatre.enrol("shop")
    theatre.fault("drop_after", path="/files", times=1)
    assert isinstance(theatre.send(account, Message("image", images=(PICTURE,))), Unreachable)
    assert theatre.effects() == []


def test_a_group_whose_owner_left_the_switch_off_is_refused_with_the_remedy(theatre):
    account = theatre.enrol("shop")
    theatre.control("POST", "/play/switch", {"account": theatre.id_of(account), "group": theatre.groups(account)[0], "on": False})
    outcome = theatre.send(account)
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.field) == ("40034105", "target")
    assert "机器人主动在群聊内发言" in outcome.reason
    assert isinstance(theatre.send(account, place=1), Receipt)


@pytest.mark.parametrize(("mark", "code"), [("muted", "40054002"), ("gone", "40034101")])
def test_a_group_that_muted_or_removed_the_bot_is_refused_alone(theatre, mark, code):
    account = theatre.enrol("shop")
    theatre.record(account)[mark] = [theatre.groups(account)[0]]
    outcome = theatre.send(account)
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.field) == (code, "target")
    assert isinstance(theatre.send(account, place=1), Receipt)


def test_a_link_to_an_unregistered_domain_is_refused_and_names_the_link(theatre):
    account = theatre.enrol("shop")
    theatre.record(account)["allowed_domains"] = ["www.example.com"]
    outcome = theatre.send(account, "看 https://elsewhere.example.net/a")
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.field) == ("40054010", "link")
    assert isinstance(theatre.send(account, "看 https://www.example.com/a"), Receipt)


def test_a_lost_answer_after_the_effect_is_never_called_not_sent(theatre):
    account = theatre.enrol("shop")
    theatre.fault("drop_after", path="/messages", times=1)
    with pytest.raises(MaybeSent):
        theatre.send(account)
    assert len(theatre.effects()) == 1


def test_a_gateway_page_instead_of_an_answer_may_have_been_sent(theatre):
    account = theatre.enrol("shop")
    theatre.fault("http", path="/messages", value="502", times=1)
    with pytest.raises(MaybeSent):
        theatre.send(account)


def test_no_connection_means_that_nothing_went_out(theatre):
    account = theatre.enrol("shop", token_url="http://127.0.0.1:9", base_url="http://127.0.0.1:9")
    with pytest.raises(NotSent):
        theatre.send(account)


CODES = {
    "100001": Throttled,
    "22009": Exhausted,
    "40034102": Refused,
    "40054005": Unknown,
    "1100101": Refused,
    "11253": Unauthorized,
}


@pytest.mark.parametrize(("code", "kind"), CODES.items())
def test_a_code_of_the_table_becomes_its_outcome(theatre, code, kind):
    account = theatre.enrol("shop")
    theatre.fault("error", path="/messages", value=code)
    assert type(theatre.send(account)) is kind
    assert theatre.effects() == []


def test_a_message_under_review_is_accepted_and_told_by_callback(theatre):
    account = theatre.enrol("shop", size=1)
    theatre.record(account)["audit"] = "pass"
    theatre.settle(1)
    outcome = theatre.send(account)
    assert (outcome.progress.delivered, outcome.progress.awaiting, outcome.progress.final) == (0, 1, False)
    assert theatre.effects() == []
    theatre.settle(2)
    passed = theatre.events(account)[-1]
    assert (passed.id_name, passed.id_value) == ("audit_id", outcome.ids["audit_id"])
    assert (passed.progress.delivered, passed.progress.final) == (1, True)
    assert passed.progress.ids["message_id"] == theatre.effects()[0].platform_id


def test_a_message_the_review_rejects_has_failed(theatre):
    account = theatre.enrol("shop", size=1)
    theatre.record(account)["audit"] = "reject"
    theatre.settle(1)
    theatre.send(account)
    theatre.settle(2)
    assert theatre.events(account)[-1].progress.failed == 1
    assert theatre.effects() == []


def test_a_review_that_never_ends_is_given_up_after_a_day(theatre):
    account = theatre.enrol("shop")
    line = theatre.platform(account)
    line.clock = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
    young = theatre.delivery(account, started_at=line.clock - timedelta(hours=23))
    old = theatre.delivery(account, started_at=line.clock - timedelta(hours=25))
    assert theatre.run(plugin.progress(young, line)).poll_after == 60
    assert theatre.run(plugin.progress(old, line)).final


def test_a_message_is_taken_back_within_two_minutes_and_not_later(theatre):
    theatre.stand_still()
    account = theatre.enrol("shop")
    first, second = theatre.send(account), theatre.send(account)
    theatre.pass_seconds(119)
    assert isinstance(theatre.recall(account, dict(first.ids)), Receipt)
    theatre.pass_seconds(2)
    late = theatre.recall(account, dict(second.ids))
    assert isinstance(late, Refused)
    assert late.code == "40064004"
    assert [effect.platform_id for effect in theatre.effects("recall")] == [first.ids["message_id"]]


def test_a_lost_answer_of_a_recall_is_unknown(theatre):
    account = theatre.enrol("shop")
    receipt = theatre.send(account)
    theatre.fault("drop_after", path="/messages/")
    with pytest.raises(MaybeSent):
        theatre.recall(account, dict(receipt.ids))
    assert len(theatre.effects("recall")) == 1


def test_a_message_without_an_id_cannot_be_taken_back(theatre):
    account = theatre.enrol("shop")
    assert isinstance(theatre.recall(account, {"audit_id": "a", "group": "g"}), Refused)


def test_an_upload_the_platform_is_unsure_of_means_that_nothing_went_out(theatre):
    account = theatre.enrol("shop")
    theatre.fault("error", path="/files", value="50055001", times=1)
    assert isinstance(theatre.send(account, Message("image", images=(PICTURE,))), Unreachable)
    assert theatre.effects() == []


def test_two_pictures_are_refused_before_any_call(theatre):
    account = theatre.enrol("shop")
    outcome = theatre.send(account, Message("image", images=(PICTURE, PICTURE)))
    assert (type(outcome), outcome.field) == (Refused, "images")
    assert theatre.platform(account).fetches == 0
