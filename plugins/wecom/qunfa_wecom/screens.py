"""Where people meet a message: members in WeCom, customers in WeChat, a group of the corp, a wall of moments."""

from __future__ import annotations

from typing import Literal

from qunfa_wecom.application import as_pages
from saas.channels import Account, Message, Piece, Screen, Text

_MEMBER = Text("成员 · @企业", "a member · @the corp")
_CUSTOMER = Text(
    "由添加了客户的成员发出，显示该成员的姓名与头像",
    "it comes from the member the customer knows, under that member's name and portrait",
)
_OWNER = Text("由群主发出，显示群主的姓名与头像", "it comes from the group's owner, under that member's name and portrait")
_MOMENTS = Text("成员发表后出现在客户的朋友圈", "it stands among the customer's moments once a member has published it")
_POINTER = Text("没有封面的图文以链接发出，点开是原文地址", "articles without a cover go out as links to their source")
_PAGE = Screen("page", Text("正文", "Article"), "page", "wecom")


def screens(account: Account, message: Message) -> list[Screen]:
    """The screens of this account's people."""
    chat = Text("会话", "Chat")
    if account.kind == "app":
        return _app(message, "chat")
    if account.kind == "appchat":
        return _app(message, "group")
    if account.kind == "moments":
        return [Screen("feed", Text("朋友圈", "Moments"), "feed", "wechat", _pieces(message), sender=_MEMBER, note=_MOMENTS)]
    if account.kind == "robot":
        return [Screen("group", Text("群聊", "Group"), "group", "wecom", _robot(message))]
    if account.kind == "groups":
        title = Text("客户群", "Customer group")
        return [Screen("group", title, "group", "wechat", _pieces(message), sender=_MEMBER, note=_OWNER)]
    return [Screen("chat", chat, "chat", "wechat", _pieces(message), sender=_MEMBER, note=_CUSTOMER)]


def _app(message: Message, place: Literal["chat", "group"]) -> list[Screen]:
    chat = Text("应用会话", "The app's chat") if place == "chat" else Text("应用群聊", "A chat made by the app")
    if message.kind == "articles":
        pages = as_pages(message)
        card = Screen(place, chat, place, "wecom", ("articles",), note=None if pages else _POINTER)
        return [card, _PAGE] if pages else [card]
    shown: tuple[Piece, ...] = ("link",) if message.kind == "link" else ("pictures",) if message.kind == "image" else ("text",)
    return [Screen(place, chat, place, "wecom", shown)]


def _pieces(message: Message) -> tuple[Piece, ...]:
    """Words go ahead of what is attached."""
    words: tuple[Piece, ...] = ("text",) if message.text else ()
    attached: tuple[Piece, ...] = ("link",) if message.link else ("pictures",) if message.images else ()
    return words + attached


def _robot(message: Message) -> tuple[Piece, ...]:
    return ("link",) if message.link else ("pictures",) if message.kind == "image" else ("text",)
