"""The blueprint all pages hang on, and what their templates can call."""

from __future__ import annotations

import contextlib
import hashlib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, g, render_template, request, url_for
from sqlalchemy.exc import SQLAlchemyError

from saas.accounts.channels import registry
from saas.campaigns.to_sign import count_mine
from saas.delivery.stops import Stop, list_stops
from saas.kernel.clock import now
from saas.kernel.database import in_scope, tenant_scope
from saas.kernel.errors import Words
from saas.reports.words import platform_code
from saas.tenants.actor import ROLE_WORDS, Actor
from saas.web.console import instants, shape, words
from saas.web.console.language import t, theme
from saas.web.identity import recognised
from saas.web.locale import language, say

WEB = Path(__file__).resolve().parents[1]
STATIC = WEB / "static"

FOREVER = 365 * 86400


class Pages(Blueprint):
    """The blueprint; a static file asked for by its fingerprint may be kept for ever."""

    def get_send_file_max_age(self, filename: str | None) -> int | None:
        """Seconds a browser may keep the file."""
        return FOREVER if "v" in request.args else None


console = Pages("console", __name__, template_folder=str(WEB / "templates"), static_folder=str(STATIC), static_url_path="/static")


@cache
def _fingerprint(path: Path, changed: float) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def asset(name: str) -> str:
    """The address of a static file, new whenever its bytes are new."""
    path = STATIC / name
    version = _fingerprint(path, path.stat().st_mtime) if path.exists() else None
    return url_for("console.static", filename=name, v=version)


def when(value: datetime | str, *, named: bool = True) -> str:
    """An instant in words, in the language of the page."""
    return say(instants.in_words(value, now(), named=named))


def iso(value: datetime | str) -> str:
    """An instant for machines."""
    return instants.read(value).isoformat(timespec="seconds")


def how_long(seconds: float) -> str:
    """A length of time in words."""
    return say(instants.span(seconds))


def number(value: float) -> str:
    """A count with separators: 125,618."""
    return f"{value:,.0f}"


def percent(value: float) -> str:
    """A rate with one place: 98.2%; 100% only when it is all."""
    shown = f"{100 * value:.1f}"
    return "99.9%" if shown == "100.0" and value < 1 else f"{shown.removesuffix('.0')}%"


def pair(table: dict[str, Words], code: str) -> str:
    """The words of a code; a code we do not know shows as itself."""
    return say(table.get(code, (code, code)))


_BROWSERS = (("Edg/", "Edge"), ("MicroMessenger", "微信"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@console.app_template_filter("browser")
def browser(agent: str) -> str:
    """A user agent as people know it: Chrome · Windows."""
    found = [next((name for mark, name in names if mark in agent), "") for names in (_BROWSERS, _SYSTEMS)]
    return " · ".join(part for part in found if part) or t("未知设备", "unknown browser")


def channel_title(channel: str) -> str:
    """What a channel is called."""
    installed = registry().get(channel)
    return say((installed.channel.title.zh, installed.channel.title.en)) if installed else channel


def kind_title(channel: str, kind: str) -> str:
    """What an account's kind is called by its channel."""
    installed = registry().get(channel)
    found = installed.channel.kind(kind) if installed else None
    return say((found.title.zh, found.title.en)) if found else kind


@console.app_context_processor
def offered() -> dict[str, Any]:
    """What every template of the pages can call."""
    return {
        "t": t, "say": say, "language": language(), "theme": theme(), "asset": asset, "when": when, "iso": iso,
        "how_long": how_long, "number": number, "percent": percent, "pair": pair, "kind_title": kind_title,
        "channel_title": channel_title, "words": words, "shape": shape, "actor": _reader(),
        "here": request.endpoint or "", "role_words": ROLE_WORDS, "platform_code": platform_code,
        "standing_stops": _standing_stops, "my_reviews": _my_reviews,
    }  # fmt: skip


def _standing_stops() -> list[Stop]:
    """What is stopped now, for the banner of every page, error pages too; nothing for a client's user."""
    reader = _reader()
    if reader is None or not reader.may("see_accounts"):
        return []
    scope = contextlib.nullcontext() if in_scope() else tenant_scope(reader.tenant_id)
    with contextlib.suppress(SQLAlchemyError), scope:  # a page that says that the database is away needs none
        return list_stops(reader, lifted=False)
    return []


def _my_reviews() -> int:
    """How many reviews wait for the reader, for the navigation of every page; 0 where that cannot be asked."""
    reader = _reader()
    if reader is None or not reader.may("sign"):
        return 0
    if "my_reviews" not in g:
        g.my_reviews = 0
        scope = contextlib.nullcontext() if in_scope() else tenant_scope(reader.tenant_id)
        with contextlib.suppress(SQLAlchemyError), scope:
            g.my_reviews = count_mine(reader)
    return int(g.my_reviews)


def _reader() -> Actor | None:
    """Who reads: also on an error page that came before the view."""
    found = recognised()
    return g.get("actor") or (found.actor if found else None)


def page(template: str, status: int = 200, **values: Any) -> tuple[str, int]:
    """A rendered page with its status."""
    return render_template(template, **values), status
