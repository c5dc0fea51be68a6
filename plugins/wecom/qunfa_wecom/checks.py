"""The channel's own content findings, beyond the measured limits: what is missing, and what a route leaves out."""

from __future__ import annotations

from collections.abc import Iterator

from qunfa_wecom.application import as_pages
from saas.channels import Account, Finding, Limits, Message

PICTURES = frozenset({"image/jpeg", "image/png"})


def findings(account: Account, message: Message, limits: Limits) -> list[Finding]:
    """Everything about ``message`` that the platform would refuse, cut or leave out on this account."""
    return [*_card_title(message, limits), *_missing(account, message), *_kinds(message), *_left_out(account, message)]


def _card_title(message: Message, limits: Limits) -> Iterator[Finding]:
    limit = limits.content_rule("miniprogram_title_bytes")
    title = message.template.data.get("title", "") if message.kind == "miniprogram" and message.template else ""
    over = len(title.encode()) - (limit or 0)
    if limit is not None and over > 0:
        what = (f"小程序卡片标题超出 {over} 字节（最多 {limit}）", f"The card's title is {over} bytes too long (at most {limit})")
        how = (f"请缩短 {over} 字节（一个汉字占 3 字节）", f"Shorten it by {over} bytes")
        yield Finding("wecom.miniprogram_title_bytes", "block", "template.data.title", what, how)


def _missing(account: Account, message: Message) -> Iterator[Finding]:
    if account.kind in ("app", "appchat") and message.kind == "articles" and not as_pages(message):
        for number, article in enumerate(message.articles, 1):
            if not article.source_url:
                what = ("图文没有封面也没有原文链接", "The article has neither a cover nor a source address")
                how = ("请给每篇图文加封面，或填写原文链接", "Give every article a cover, or a source_url")
                yield Finding("wecom.article_address", "block", f"articles[{number}]", what, how)
    if message.kind == "miniprogram" and not _whole_card(message):
        what = ("小程序卡片缺少 appid、页面、标题或封面", "The mini-program card lacks its appid, page, title or cover")
        yield Finding("wecom.miniprogram", "block", "template", what, ("请补齐四项", "Give all four"))
    if account.kind in ("customer", "groups", "moments") and message.kind == "text" and not message.text.strip():
        yield Finding("wecom.empty", "block", "text", ("正文为空", "The text is empty"), ("请填写正文", "Write a text"))


def _whole_card(message: Message) -> bool:
    card = message.template
    return bool(card and card.id and card.url and card.data.get("title") and message.images)


def _kinds(message: Message) -> Iterator[Finding]:
    for picture in message.pictures():
        if picture.mime not in PICTURES:
            what = (
                f"图片是 {picture.mime}，企业微信只收 JPG 和 PNG",
                f"The picture is {picture.mime}; WeCom takes JPG and PNG alone",
            )
            yield Finding(
                "wecom.picture_kind", "block", picture.name or "images", what, ("请换成 JPG 或 PNG", "Make it JPG or PNG")
            )


def _left_out(account: Account, message: Message) -> Iterator[Finding]:
    if account.kind not in ("app", "appchat", "robot") or not message.text or message.kind not in ("link", "image"):
        return
    if message.kind == "link" and message.link and not message.link.description:
        return
    what = (
        "此渠道一次只能发一种内容，附带的文字不会发出",
        "This route carries one thing at a time: the accompanying text is not sent",
    )
    how = ("需要时请另发一条文字，或写入链接描述", "Send the text by itself, or put it into the link's description")
    yield Finding("wecom.text_left_out", "note", "text", what, how)
