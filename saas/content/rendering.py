"""Markdown to the HTML platforms keep: sanitised by an allow-list, styled inline, pictures named by their hash."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from html import escape
from html.parser import HTMLParser

import nh3

from saas.channels.message import MEDIA_SCHEME
from saas.content.links import link_fault
from saas.content.markdown import to_html
from saas.content.sanitise import ATTRIBUTES, DEADLY, STYLE_PROPERTIES, TAGS, style_runs
from saas.content.theme import PLAIN, Theme

_VOID = {"br", "hr", "img", "col"}


def render_article(body: str, pictures: Mapping[str, str], theme: Theme = PLAIN) -> str:
    """The HTML of a Markdown body. ``pictures`` maps each address as written to the SHA-256 of its fitted bytes.

    A picture that is not in the map, a link that may not go out, and anything that runs are left out;
    ``articles.check_body`` is what names them.
    """
    return style_inline(sanitise(to_html(body), pictures), theme)


def sanitise(html: str, pictures: Mapping[str, str]) -> str:
    """Only allowed tags, attributes and addresses; pictures become ``media:SHA256``."""

    def keep(tag: str, attribute: str, value: str) -> str | None:
        if tag == "img" and attribute == "src":
            return f"{MEDIA_SCHEME}{pictures[value]}" if value in pictures else None
        if tag == "a" and attribute == "href":
            return None if link_fault(value) and not value.startswith("#") else value
        return None if attribute == "style" and style_runs(value) else value

    return nh3.clean(
        html,
        tags=TAGS,
        clean_content_tags=DEADLY,
        attributes=deepcopy(ATTRIBUTES),
        attribute_filter=keep,
        url_schemes={"http", "https", "media"},
        filter_style_properties=STYLE_PROPERTIES,
        link_rel=None,
        strip_comments=True,
    )


class _Styler(HTMLParser):
    """Writes sanitised HTML again with the theme's style in each tag; drops pictures that have no bytes."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(convert_charrefs=False)
        self.theme = theme
        self.out: list[str] = []
        self.pre = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "img" and not values.get("src", "").startswith(MEDIA_SCHEME):
            return
        style = self.theme.style(tag, self.pre > 0, values.pop("style", ""))
        if style:
            values["style"] = style
        self.pre += tag == "pre"
        self.out.append(f"<{tag}" + "".join(f' {name}="{escape(value)}"' for name, value in values.items()) + ">")

    def handle_endtag(self, tag: str) -> None:
        self.pre -= tag == "pre"
        if tag not in _VOID:
            self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.out.append(data if self.pre else data.replace("\n\n", "\n"))

    def handle_entityref(self, name: str) -> None:
        self.out.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.out.append(f"&#{name};")


def style_inline(html: str, theme: Theme = PLAIN) -> str:
    """Already sanitised HTML with the theme in every tag, inside one section that carries the type."""
    styler = _Styler(theme)
    styler.feed(html.strip())
    styler.close()
    return f'<section style="{theme.style("section", False)}">{"".join(styler.out).strip()}</section>'
