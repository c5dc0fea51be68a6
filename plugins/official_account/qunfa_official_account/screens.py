"""Where followers meet a message: the folded list, the conversation, the card that is passed on, the article."""

from __future__ import annotations

from qunfa_official_account.mass import plain_text
from saas.channels import Account, Message, Screen, Text

_FOLDED = Text(
    "订阅号的消息折叠在“订阅号消息”里，按推荐排序，不一定在最上面",
    "folded into one list, ranked by the platform: it need not be at the top",
)
_SERVICE = Text("服务号消息直接出现在聊天列表，并有提醒", "a service account stands in the list of chats itself, with a notice")
_FRIEND = Text("好友", "A friend")
_TEMPLATE = Text(
    "模板的标题和字段名在平台登记，此处只有我们填写的内容",
    "the template's title and labels are registered with the platform; here is what we fill in",
)

_NOTICE = Text(
    "只有订阅过这个模板的人收到，每条用掉一次订阅；标题和字段名在平台登记",
    "only who subscribed to this template receives it, and one consent is used up; title and labels are the platform's",
)


def screens(account: Account, message: Message) -> list[Screen]:
    """The screens of this account's followers."""
    if message.kind in ("template", "notice"):
        told = _NOTICE if message.kind == "notice" else _TEMPLATE
        return [Screen("chat", Text("会话", "Chat"), "chat", "wechat", ("template",), note=told)]
    if message.kind == "articles":
        return _articles(account)
    if message.kind == "image":
        return [Screen("chat", Text("会话", "Chat"), "chat", "wechat", ("pictures",))]
    return [Screen("chat", Text("会话", "Chat"), "chat", "wechat", ("text",), plain_text(message))]


def _articles(account: Account) -> list[Screen]:
    chat = Screen("chat", Text("会话卡片", "Card in the chat"), "chat", "wechat", ("articles",))
    passed_on = Screen("share", Text("转发卡片", "Card passed on"), "chat", "wechat", ("article",), sender=_FRIEND)
    page = Screen("page", Text("正文", "Article"), "page", "wechat")
    if account.kind == "service":
        told = Screen("chat", chat.title, "chat", "wechat", ("articles",), note=_SERVICE)
        return [told, passed_on, page]
    fold = Screen("fold", Text("订阅号列表", "Folded list"), "fold", "wechat", ("articles",), note=_FOLDED)
    return [fold, chat, passed_on, page]
