"""Findings of this channel's own, beyond the limits every channel shares."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qunfa_official_account.standing import verified
from saas.channels import Account, Article, Finding, Message, Template

HREF = re.compile(r"""<a\b[^<>]*?\bhref\s*=\s*["']([^"']+)""", re.IGNORECASE)
IMG = re.compile(r"""<img\b[^<>]*?\bsrc\s*=\s*["']([^"']*)""", re.IGNORECASE)
OWN_LINKS = ("https://mp.weixin.qq.com/", "http://mp.weixin.qq.com/")
TYPED = re.compile(r"^([a-z_]+?)(\d+)$")
LONGEST = {
    "thing": 20,
    "character_string": 32,
    "number": 32,
    "letter": 32,
    "symbol": 5,
    "phrase": 5,
    "car_number": 8,
    "phone_number": 17,
    "const": 20,
}
MARKUP, ADDRESS = 20_000, 110
DOCS = "D/service/api/draftbox/draftmanage/api_draft_add"


def check(account: Account, message: Message) -> list[Finding]:
    """All findings on a message for one account."""
    found = [] if verified(account) else [_unverified()]
    for number, article in enumerate(message.articles, 1):
        found += _article(article, f"articles[{number}]")
    if message.kind == "image":
        found += _image(message)
    if message.template:
        found += _template(message.template, message.kind == "notice")
    if message.kind == "link":
        found.append(_link_becomes_text())
    return found


def _unverified() -> Finding:
    said = ("账号未认证，不能通过接口群发", "the account is not verified and cannot send by interface")
    return Finding(
        "unverified", "warn", "account", said, ("只会存为草稿，由人在公众平台群发", "only a draft is made; a person sends it")
    )


def _link_becomes_text() -> Finding:
    said = ("公众号不能群发链接卡片", "an Official Account cannot mass-send a link card")
    return Finding("link_as_text", "note", "link", said, ("将以文字加网址发出", "it goes out as text with the address"))


def _article(article: Article, where: str) -> Iterator[Finding]:
    if not article.cover:
        said = ("图文必须有封面", "an article needs a cover")
        yield Finding("cover_missing", "block", f"{where}.cover", said, ("请上传封面图", "upload a cover"), source=DOCS)
    if not re.sub(r"<(?!img\b)[^<>]*>|\s|&nbsp;", "", article.html):
        yield Finding("body_empty", "block", f"{where}.body", ("正文为空", "the body is empty"), ("请填写正文", "write a body"))
    if article.original:
        said = ("接口不能声明原创", "original work cannot be declared by interface")
        remedy = ("如需声明，请在公众平台后台操作", "declare it in the platform's console if you need it")
        yield Finding("original", "note", f"{where}.original", said, remedy)
    yield from _pictures(article, where)
    yield from _grown(article, where)
    yield from _links(article, where)


def _pictures(article: Article, where: str) -> Iterator[Finding]:
    for found in IMG.finditer(article.html):
        if not found[1].startswith("media:"):
            said = ("正文外链图片会被平台删除", "the platform drops pictures from other sites")
            remedy = ("请上传这张图片", "upload the picture")
            yield Finding("external_picture", "block", f"{where}.body", said, remedy, marks=(found.span(1),), source=DOCS)
    for picture in article.pictures:
        if picture.mime not in ("image/jpeg", "image/png"):
            said = (f"正文图片只收 JPG、PNG，这张是 {picture.mime}", f"body pictures must be JPG or PNG, this is {picture.mime}")
            yield Finding("picture_format", "block", f"{where}.pictures", said, ("请转换格式", "convert it"), source="uploadimg")


def _grown(article: Article, where: str) -> Iterator[Finding]:
    """The platform's addresses are longer than ours: many pictures make a body outgrow its limit at upload."""
    grown = len(article.html) + ADDRESS * article.html.count("media:")
    if grown >= MARKUP:
        said = (f"图片上传后正文代码约 {grown} 字，须少于 {MARKUP}", f"with uploaded pictures the markup has {grown} characters")
        remedy = ("减少图片或拆成两篇", "use fewer pictures, or split the article")
        yield Finding("html_chars", "block", f"{where}.body", said, remedy, source=DOCS)


def _links(article: Article, where: str) -> Iterator[Finding]:
    for found in HREF.finditer(article.html):
        if not found[1].startswith(OWN_LINKS):
            said = ("正文外部链接在手机上不能点开", "a link to another site cannot be tapped in an article")
            remedy = ("改用“阅读原文”或公众号文章链接", "use the source link, or link to an Official Account article")
            yield Finding("external_link", "warn", f"{where}.body", said, remedy, marks=(found.span(1),))


def _image(message: Message) -> Iterator[Finding]:
    if not message.images:
        yield Finding(
            "images_missing", "block", "images", ("没有图片", "there is no picture"), ("请上传图片", "upload a picture")
        )


def _template(template: Template, notice: bool) -> Iterator[Finding]:
    said = ("模板消息不得用于营销", "template messages must not be used for marketing")
    yield Finding("template_use", "note", "template", said, ("只发服务通知", "send service notices only"))
    if notice:
        yield _only_subscribers()
    if not template.id:
        yield Finding(
            "template_id", "block", "template.id", ("缺少模板 ID", "the template id is missing"), ("请填写", "fill it in")
        )
    for name, value in template.data.items():
        yield from _value(name, value)


def _only_subscribers() -> Finding:
    said = (
        "只发给订阅过这个模板的人，每条用掉一次订阅；应答丢失的不会重发，由人确认",
        "it goes to who subscribed to this template, one consent each; one that gets lost is never repeated, a person decides",
    )
    remedy = ("没有订阅或已用完的人记为失败（43101）", "who has not, or has none left, counts as failed (43101)")
    return Finding("notice_use", "note", "template.by", said, remedy)


def _value(name: str, value: str) -> Iterator[Finding]:
    where = f"template.data.{name}"
    if not value.strip():
        yield Finding("template_value", "block", where, ("模板字段为空", "a template value is empty"), ("请填写", "fill it in"))
    typed = TYPED.match(name)
    most = LONGEST.get(typed[1]) if typed else None
    if most and "{" not in value and len(value) > most:
        said = (f"模板字段超过 {most} 字（现 {len(value)}）", f"a template value is over {most} characters ({len(value)})")
        yield Finding("template_value", "block", where, said, ("请缩短", "shorten it"))
