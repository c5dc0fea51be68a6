"""What an article says, whether it was written in Markdown or in HTML: its pictures and links, its words, its HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html.parser import HTMLParser

from saas.channels import Finding
from saas.content.draft import ArticleSource
from saas.content.library.bodies import clean, words_of
from saas.content.library.policy import IN_HTML
from saas.content.markdown import Placed, plain_text, scan
from saas.content.rendering import render_article
from saas.content.sanitise import inspect
from saas.content.theme import Theme

Parts = tuple[list[Finding], list[Placed], list[Placed]]


def parts_of(article: ArticleSource) -> Parts:
    """Faults of the article's HTML, its pictures and its links, footers and variants included, each with its line."""
    found, images, links = _body(article)
    for html, line in footers(article):
        more = inspect(_pieces(html, line), article.file, IN_HTML)
        found, images, links = [*found, *more[0]], [*images, *more[1]], [*links, *more[2]]
    return found, images, links


def _body(article: ArticleSource) -> Parts:
    if article.form == "html":
        found, images, links = inspect(_pieces(article.body, article.line), article.file, IN_HTML)
        return found, [*images, *_elsewhere(article)], links
    everything = scan(article.body, article.line)
    found, images, links = inspect(everything.raw, article.file)
    return found, [*everything.images, *images], [*everything.links, *links]


def _pieces(html: str, line: int) -> list[Placed]:
    return [Placed(html, line)] if html else []


class _Elsewhere(HTMLParser):
    """Pictures whose address was put aside because they lie on another site."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "img" and values.get("data-src") and not values.get("src"):
            self.found.append((values["data-src"], self.getpos()[0], values.get("alt", "")))


def _elsewhere(article: ArticleSource) -> list[Placed]:
    reader = _Elsewhere()
    if "data-src" in article.body:
        reader.feed(article.body)
    return [Placed(address, article.line + line - 1, alt) for address, line, alt in reader.found]


def footers(article: ArticleSource) -> Iterator[tuple[str, int]]:
    """Every footer the article may have, with its line."""
    if article.footer:
        yield article.footer, article.lines.get("footer", 1)
    for own in article.variants.values():
        if own.footer:
            yield own.footer, article.lines.get("variants", 1)


def words_in(article: ArticleSource) -> str:
    """What a reader reads of the article, one line a block, with the footer."""
    body = words_of(article.body) if article.form == "html" else plain_text(article.body)
    return f"{body}\n{words_of(article.footer)}".strip() if article.footer else body


def html_in(article: ArticleSource, pictures: Mapping[str, str], theme: Theme) -> str:
    """The HTML that goes out. ``pictures`` maps each address as written to the SHA-256 of its fitted bytes.

    Markdown is given the theme; HTML carries its writer's own styles.
    """
    body = clean(article.body, pictures=pictures) if article.form == "html" else render_article(article.body, pictures, theme)
    return body + (clean(article.footer, "footer", pictures) if article.footer else "")
