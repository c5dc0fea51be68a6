"""Content rules by their well-known names: what each measures, and the finding when it is over, with by how much."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from saas.channels import Article, ContentRule, Finding, Limits, Message
from saas.content.draft import CampaignDraft
from saas.content.faults import Words, graded, in_file
from saas.content.written import words_in

CAMPAIGN = "campaign.yaml"


@dataclass(frozen=True, slots=True)
class Measured:
    """One measured value and the field it belongs to."""

    value: int
    where: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Measure:
    """How a rule of one name is measured: its subject, its unit, and the values of a message."""

    subject: Words
    unit: Words
    values: Callable[[Message, CampaignDraft], Iterator[Measured]]


def _of_articles(
    field: str, read: Callable[[Article], str], size: Callable[[str], int]
) -> Callable[[Message, CampaignDraft], Iterator[Measured]]:
    def values(message: Message, draft: CampaignDraft) -> Iterator[Measured]:
        for article, source in zip(message.articles, draft.articles, strict=True):
            line = source.lines.get(field, 1) if field else source.line
            yield Measured(size(read(article)), in_file(source.file, field), line)

    return values


def _bodies(message: Message, draft: CampaignDraft) -> Iterator[Measured]:
    """Bodies by the characters a reader sees; markup is measured by ``html_chars`` and ``body_bytes``."""
    for _, source in zip(message.articles, draft.articles, strict=True):
        yield Measured(len(words_in(source)), source.file, source.line)


def _of_campaign(
    field: str, read: Callable[[Message], str], size: Callable[[str], int]
) -> Callable[[Message, CampaignDraft], Iterator[Measured]]:
    key = field.split(".")[0]

    def values(message: Message, draft: CampaignDraft) -> Iterator[Measured]:
        if text := read(message):
            yield Measured(size(text), in_file(CAMPAIGN, field), draft.lines.get(key, 0))

    return values


def _count(field: str, read: Callable[[Message], int]) -> Callable[[Message, CampaignDraft], Iterator[Measured]]:
    def values(message: Message, draft: CampaignDraft) -> Iterator[Measured]:
        yield Measured(read(message), in_file(CAMPAIGN, field), draft.lines.get(field, 0))

    return values


def _bytes(text: str) -> int:
    return len(text.encode("utf-8"))


_CHARS: Words = ("个字", "characters")
_BYTES: Words = ("字节", "bytes")
_TITLE: Words = ("标题", "the title")
_DIGEST: Words = ("摘要", "the digest")
_AUTHOR: Words = ("作者", "the author")
_BODY: Words = ("正文", "the body")
_HTML: Words = ("正文（含排版）", "the body with its markup")
_TEXT: Words = ("文字", "the text")
_LINK_TITLE: Words = ("链接标题", "the link's title")
_LINK_TEXT: Words = ("链接说明", "the link's description")


def _link(field: str) -> Callable[[Message], str]:
    return lambda message: str(getattr(message.link, field)) if message.link else ""


MEASURES: dict[str, Measure] = {
    "articles": Measure(("文章", "the send"), ("篇文章", "articles"), _count("articles", lambda m: len(m.articles))),
    "images": Measure(("图片", "the message"), ("张图片", "pictures"), _count("images", lambda m: len(m.images))),
    "title_chars": Measure(_TITLE, _CHARS, _of_articles("title", lambda a: a.title, len)),
    "title_bytes": Measure(_TITLE, _BYTES, _of_articles("title", lambda a: a.title, _bytes)),
    "digest_chars": Measure(_DIGEST, _CHARS, _of_articles("digest", lambda a: a.digest, len)),
    "digest_bytes": Measure(_DIGEST, _BYTES, _of_articles("digest", lambda a: a.digest, _bytes)),
    "author_chars": Measure(_AUTHOR, _CHARS, _of_articles("author", lambda a: a.author, len)),
    "author_bytes": Measure(_AUTHOR, _BYTES, _of_articles("author", lambda a: a.author, _bytes)),
    "source_url_bytes": Measure(("原文链接", "source_url"), _BYTES, _of_articles("source_url", lambda a: a.source_url, _bytes)),
    "body_chars": Measure(_BODY, _CHARS, _bodies),
    "html_chars": Measure(_HTML, _CHARS, _of_articles("", lambda a: a.html, len)),
    "body_bytes": Measure(_HTML, _BYTES, _of_articles("", lambda a: a.html, _bytes)),
    "article_bytes": Measure(_HTML, _BYTES, _of_articles("", lambda a: a.html, _bytes)),
    "text_chars": Measure(_TEXT, _CHARS, _of_campaign("text", lambda m: m.text, len)),
    "text_bytes": Measure(_TEXT, _BYTES, _of_campaign("text", lambda m: m.text, _bytes)),
    "link_title_chars": Measure(_LINK_TITLE, _CHARS, _of_campaign("link.title", _link("title"), len)),
    "link_title_bytes": Measure(_LINK_TITLE, _BYTES, _of_campaign("link.title", _link("title"), _bytes)),
    "link_description_chars": Measure(_LINK_TEXT, _CHARS, _of_campaign("link.description", _link("description"), len)),
    "link_description_bytes": Measure(_LINK_TEXT, _BYTES, _of_campaign("link.description", _link("description"), _bytes)),
    "link_url_bytes": Measure(("链接地址", "the link's url"), _BYTES, _of_campaign("link.url", _link("url"), _bytes)),
}


def measure(message: Message, draft: CampaignDraft, limits: Limits) -> list[Finding]:
    """A finding for every value over a content rule; of several rules on one value the gravest is told."""
    told: dict[tuple[str, str], Finding] = {}
    for rule in sorted(limits.content, key=lambda r: (r.severity != "block", r.amount)):
        known = MEASURES.get(rule.name)
        for got in known.values(message, draft) if known else ():
            if known and got.value > rule.amount:
                told.setdefault((rule.name, got.where), _over(rule, known, got))
    return list(told.values())


def _over(rule: ContentRule, known: Measure, got: Measured) -> Finding:
    over = got.value - rule.amount
    most: Words = ("最多", "at most") if rule.severity == "block" else ("建议最多", "advised: at most")
    message = (
        f"{known.subject[0]}有 {got.value:,} {known.unit[0]}，超出 {over:,}（{most[0]} {rule.amount:,}）",
        f"{known.subject[1]} has {got.value:,} {known.unit[1]}, {over:,} too many ({most[1]} {rule.amount:,})",
    )
    remedy = (f"减少 {over:,} {known.unit[0]}", f"take out {over:,} {known.unit[1]}")
    return replace(graded(rule.severity, rule.name, got.where, message, remedy, got.line), source=rule.source)
