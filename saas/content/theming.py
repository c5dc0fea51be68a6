"""Themes for articles written in the editor: inline styles by tag, which platforms keep; put on, and taken off again.

A declaration that a theme has set is known by its tag, name and value. What the writer has set otherwise stays and wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser

from saas.content.theme import Theme, styles_of
from saas.kernel.errors import Invalid, Words

_VOID = {"br", "hr", "img", "col", "wbr", "area", "input"}
_UNTOUCHED = "section"


@dataclass(frozen=True, slots=True)
class NamedTheme:
    """A theme with its name for people and its accent for the list."""

    title: Words
    accent: str
    theme: Theme


def _theme(title: Words, accent: str, ink: str, soft: str, line: str) -> NamedTheme:
    return NamedTheme(title, accent, Theme(styles_of(accent, ink, soft, line)))


THEMES: Mapping[str, NamedTheme] = {
    "spring": _theme(("青绿", "Green"), "#0f766e", "#1f2937", "#f3f6f5", "#d8dedc"),
    "ink": _theme(("水墨", "Ink"), "#3f3f46", "#27272a", "#f5f5f4", "#d6d3d1"),
    "sky": _theme(("晴空", "Sky"), "#1d5fbf", "#1e293b", "#f1f5fb", "#d5deec"),
    "coffee": _theme(("咖啡", "Coffee"), "#9a5b23", "#3b2f27", "#faf5ef", "#e6dacb"),
    "peony": _theme(("牡丹", "Peony"), "#b42352", "#33252b", "#fcf3f6", "#efd6de"),
}
PLAIN: Words = ("不用主题", "No theme")


def themed(html: str, name: str) -> str:
    """The same article in another theme; ``""`` takes every theme off. Invalid for a theme there is not."""
    if name and name not in THEMES:
        known = ", ".join(THEMES)
        raise Invalid("theme", (f"没有主题“{name[:30]}”", f"no theme '{name[:30]}'"), (known, known), "theme")
    dresser = _Dresser(THEMES[name].theme if name else None)
    dresser.feed(html)
    dresser.close()
    return "".join(dresser.out)


class _Dresser(HTMLParser):
    """Writes the HTML again, tag by tag; inside ``svg`` and platform tags nothing is touched."""

    def __init__(self, theme: Theme | None) -> None:
        super().__init__(convert_charrefs=False)
        self.theme, self.out = theme, [""]
        self.pre = self.foreign = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        raw = self.get_starttag_text() or ""
        self.foreign += tag == "svg"
        if self.foreign or "-" in tag or tag == _UNTOUCHED or tag not in _KNOWN:
            self.out.append(raw)
            return
        values = {name: value or "" for name, value in attrs}
        style = _dressed(tag, values.pop("style", ""), self.theme, self.pre > 0)
        self.pre += tag == "pre"
        written = "".join(f' {name}="{escape(value)}"' for name, value in values.items())
        self.out.append(f"<{tag}{written}" + (f' style="{escape(style)}"' if style else "") + ">")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.foreign or tag not in _KNOWN:
            self.out.append(self.get_starttag_text() or "")
        else:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        self.foreign -= tag == "svg" and self.foreign > 0
        self.pre -= tag == "pre" and self.pre > 0
        if tag not in _VOID:
            self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.out.append(data)

    def handle_entityref(self, name: str) -> None:
        self.out.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.out.append(f"&#{name};")


def _dressed(tag: str, style: str, theme: Theme | None, inside_pre: bool) -> str:
    own = [part for part in _parts(style) if part not in _KNOWN.get(tag, set())]
    names = {part.partition(":")[0] for part in own}
    given = _parts(theme.style(tag, inside_pre)) if theme else []
    return ";".join([part for part in given if part.partition(":")[0] not in names] + own)


def _parts(style: str) -> list[str]:
    """Declarations, written one way: ``name:value``, no spaces around the colon."""
    pairs = (part.partition(":") for part in style.split(";") if part.strip())
    return [f"{name.strip()}:{value.strip()}" for name, _, value in pairs]


_KNOWN: dict[str, set[str]] = {}
for _named in THEMES.values():
    for _tag, _style in _named.theme.styles.items():
        _KNOWN.setdefault(_tag, set()).update(_parts(_style), _parts(_named.theme.style(_tag, True)))
