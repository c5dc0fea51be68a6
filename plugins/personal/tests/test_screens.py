"""What a friend reads is what a person copies."""

from __future__ import annotations

from qunfa_personal.screens import screens
from qunfa_personal.wording import copy_text
from saas.channels import Link, Message


def test_a_friend_reads_what_a_person_copies() -> None:
    message = Message("link", text="你好", link=Link("标题", "https://a.example", "说明"))
    (screen,) = screens(message)
    assert screen.text == copy_text(message)
    assert screen.note
