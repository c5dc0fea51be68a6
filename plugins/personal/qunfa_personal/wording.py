"""The ready-to-copy text of a message."""

from __future__ import annotations

from html.parser import HTMLParser

from saas.channels import Article, Message

TEXT_CHARS = 20_000
DIGEST_CHARS = 120


def copy_text(message: Message) -> str:
    """What a person copies: the words, then link and articles (title, digest, address), then which pictures go with it."""
    blocks = [message.text.strip(), _link(message), *(_article(article) for article in message.articles), _pictures(message)]
    return "\n\n".join(block for block in blocks if block)


def _link(message: Message) -> str:
    link = message.link
    return "\n".join(line for line in (link.title, link.description, link.url) if line) if link else ""


def _article(article: Article) -> str:
    digest = article.digest.strip() or _opening(article.html)
    return "\n".join(line for line in (f"《{article.title}》", digest, article.source_url) if line)


def _pictures(message: Message) -> str:
    if not message.images:
        return ""
    names = "、".join(picture.name or picture.sha256[:8] for picture in message.images)
    return f"（附图 {len(message.images)} 张：{names}）"


def _opening(html: str) -> str:
    """The first words of an article's body."""
    reader = _Words()
    reader.feed(html)
    reader.close()
    words = " ".join("".join(reader.words).split())
    return words if len(words) <= DIGEST_CHARS else words[:DIGEST_CHARS] + "…"


class _Words(HTMLParser):
    """Collects what a reader sees."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("script", "style")
        self.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style") and self._hidden > 0
        self.words.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)
