"""Sentences and theme of a page.

Sentences stand in the templates as (zh, en) pairs side by side, the same shape as ``Problem`` and ``Finding`` use, so
that nobody can add one language and forget the other, and nothing has to be compiled.
"""

from __future__ import annotations

from typing import Literal

from flask import request

from saas.web.locale import say

Theme = Literal["auto", "light", "dark"]

THEME_COOKIE = "qunfa_theme"
THEMES: tuple[Theme, ...] = ("auto", "light", "dark")


def theme() -> Theme:
    """The theme of this answer, from a cookie, so that no page flashes; ``auto`` leaves it to the browser."""
    wished = request.cookies.get(THEME_COOKIE)
    return "light" if wished == "light" else "dark" if wished == "dark" else "auto"


def t(zh: str, en: str, **values: object) -> str:
    """The sentence in the language of the page, with ``{name}`` filled in."""
    sentence = say((zh, en))
    return sentence.format(**values) if values else sentence
