"""Where a friend meets a message: the words a person copies, sent by hand, one friend at a time."""

from __future__ import annotations

from qunfa_personal.wording import copy_text
from saas.channels import Message, Piece, Screen, Text

_BY_HAND = Text("由人逐个复制发出，图片也由人附上", "a person copies it to one friend after the other, and adds the pictures")


def screens(message: Message) -> list[Screen]:
    """The one screen of a friend."""
    shown: tuple[Piece, ...] = ("text", "pictures") if message.images else ("text",)
    return [Screen("chat", Text("会话", "Chat"), "chat", "wechat", shown, copy_text(message), note=_BY_HAND)]
