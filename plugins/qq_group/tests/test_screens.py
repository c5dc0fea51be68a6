"""How a group meets a message."""

from __future__ import annotations

from qunfa_qq_group.screens import screens
from saas.channels import Account, Link, Message, Picture

PICTURE = Picture("a" * 64, "image/jpeg", 900, 383, 9)


def account(**settings: str) -> Account:
    return Account(1, "a", "qq_group", "onebot", "猫友群", settings=settings)


def test_a_link_is_shown_as_the_words_that_go_out() -> None:
    (screen,) = screens(account(), Message("link", text="你好", link=Link("标题", "https://a.example", "")))
    assert (screen.place, screen.shows, screen.text) == ("group", ("text",), "你好\n标题\nhttps://a.example")


def test_flash_images_are_called_that() -> None:
    message = Message("image", images=(PICTURE,))
    assert screens(account(flash_images="yes"), message)[0].note
    assert screens(account(), message)[0].note is None
