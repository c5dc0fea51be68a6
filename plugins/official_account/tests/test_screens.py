"""Where followers meet a message."""

from __future__ import annotations

import pytest

from qunfa_official_account.screens import screens
from saas.channels import Account, Article, Link, Message, Template


def account(kind: str) -> Account:
    return Account(1, "a", "official_account", kind, "山岚")


def test_articles_of_a_subscription_account_are_met_in_the_folded_list_first() -> None:
    found = screens(account("subscription"), Message("articles", articles=(Article("t", "<p>x</p>"),)))
    assert [screen.place for screen in found] == ["fold", "chat", "chat", "page"]


def test_articles_of_a_service_account_stand_in_the_list_of_chats() -> None:
    found = screens(account("service"), Message("articles", articles=(Article("t", "<p>x</p>"),)))
    assert [screen.place for screen in found] == ["chat", "chat", "page"]
    assert found[0].note


def test_a_link_is_shown_as_the_words_that_go_out() -> None:
    (screen,) = screens(account("service"), Message("link", link=Link("标题", "https://a.example/x", "说明")))
    assert (screen.shows, screen.text) == (("text",), "标题\n说明\nhttps://a.example/x")


@pytest.mark.parametrize(("kind", "shown"), [("template", "template"), ("image", "pictures"), ("text", "text")])
def test_every_other_kind_is_one_conversation(kind: str, shown: str) -> None:
    message = Message(kind, text="x", template=Template("T", {"thing1": "x"}))  # type: ignore[arg-type]
    (screen,) = screens(account("service"), message)
    assert screen.shows == (shown,)
