"""Where members, customers and groups meet a message."""

from __future__ import annotations

import pytest

from qunfa_wecom.screens import screens
from saas.channels import Account, Article, Link, Message, Picture

CARD = Link("标题", "https://a.example/x", "说明")
COVER = Picture("a" * 64, "image/jpeg", 900, 383, 9)


def account(kind: str) -> Account:
    return Account(1, "a", "wecom", kind, "山岚")


@pytest.mark.parametrize(
    ("kind", "place", "skin"),
    [
        ("customer", "chat", "wechat"),
        ("app", "chat", "wecom"),
        ("moments", "feed", "wechat"),
        ("robot", "group", "wecom"),
        ("groups", "group", "wechat"),
        ("appchat", "group", "wecom"),
    ],
)
def test_each_kind_is_met_in_its_own_place(kind: str, place: str, skin: str) -> None:
    screen = screens(account(kind), Message("link", link=CARD))[0]
    assert (screen.place, screen.skin) == (place, skin)
    assert "link" in screen.shows


def test_customers_read_the_words_before_the_card() -> None:
    assert screens(account("customer"), Message("link", text="你好", link=CARD))[0].shows == ("text", "link")


def test_articles_with_covers_can_be_opened_and_others_are_pointers() -> None:
    with_cover = Message("articles", articles=(Article("t", "<p>x</p>", cover=COVER),))
    without = Message("articles", articles=(Article("t", "<p>x</p>"),))
    assert [screen.place for screen in screens(account("app"), with_cover)] == ["chat", "page"]
    (pointer,) = screens(account("app"), without)
    assert pointer.note
