"""The language of an answer: the cookie's choice, else the member's own, else what the caller accepts; Chinese first."""

from __future__ import annotations

from flask import Flask, request
from flask_babel import Babel  # type: ignore[import-untyped]

from saas.kernel.errors import Words
from saas.web.identity import bearer, recognised

COOKIE = "qunfa_language"
LOCALES = ("zh", "en")


def register(app: Flask) -> None:
    """Give Babel (dates, numbers) the same language."""
    Babel(app, default_locale="zh", default_timezone="Asia/Shanghai", locale_selector=language)


def language() -> str:
    """zh or en. A program says it with Accept-Language; a person has chosen."""
    found, accepted = recognised(), request.accept_languages.best_match(("zh", "zh-CN", "en"))
    own = found.actor.locale if found else None
    wished = (accepted or own) if bearer() else (request.cookies.get(COOKIE) or own or accepted)
    return "en" if wished == "en" else "zh"


def say(words: Words) -> str:
    """The pair in the language of this answer."""
    return words[language() == "en"]
