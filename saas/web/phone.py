"""A phone drawn as a page of its own, for a sandboxed frame: nothing in it can run, and nothing comes from elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from flask import Response, current_app, render_template, url_for
from itsdangerous import BadSignature, Signer
from markupsafe import Markup, escape

from saas.channels.message import MEDIA_SCHEME, Article
from saas.channels.preview import Screen
from saas.content.night import at_night
from saas.kernel import clock
from saas.kernel.database import current_tenant
from saas.kernel.errors import NotFound
from saas.reports.previews import Shown

Phone = Literal["ios", "android"]
Size = Literal["small", "large"]

POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'"
WIDTHS: dict[Phone, dict[Size, int]] = {"ios": {"small": 375, "large": 390}, "android": {"small": 360, "large": 412}}
LIVES = 3600
"""Seconds in which the address of a picture stays the same; it is good for as long again."""
_SOURCE = re.compile(rf"""(\ssrc=["'])(?:{MEDIA_SCHEME}([0-9a-f]{{64}}))?[^"']*""")
_URL = re.compile(rf"""url\(\s*(?:&quot;|["'])?(?:{MEDIA_SCHEME}([0-9a-f]{{64}}))?[^)]*\)""", re.IGNORECASE)
_LINK = re.compile(r"""\shref=(["'])(.*?)\1""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Look:
    """How one looks: which screen, which of several articles (from 1), whose phone, how large, by day or night."""

    screen: str = ""
    article: int = 1
    phone: Phone = "ios"
    size: Size = "small"
    night: bool = False

    @classmethod
    def of(cls, values: dict[str, str]) -> Look:
        """From the query of an address; what it does not name, or names wrongly, stays as it is by default."""
        article = values.get("article", "")
        return cls(
            values.get("screen", ""),
            int(article) if article.isdecimal() and 0 < len(article) < 3 else 1,
            "android" if values.get("phone") == "android" else "ios",
            "large" if values.get("size") == "large" else "small",
            values.get("night") == "1",
        )

    @property
    def width(self) -> int:
        """The phone's width in CSS pixels."""
        return WIDTHS[self.phone][self.size]

    def query(self, **changes: object) -> dict[str, object]:
        """The query that leads back here, with changes."""
        named: dict[str, object] = {"screen": self.screen, "article": self.article, "size": self.size, "night": int(self.night)}
        return {name: value for name, value in {**named, **changes}.items() if value not in ("", 0)}


def frame(shown: Shown, look: Look) -> Response:
    """The page of the phone, under its own policy. NotFound for an article that is not there."""
    screen = shown.screen(look.screen)
    html = render_template(
        "preview/phone.html", shown=shown, screen=screen, look=look, article=_article(shown, screen, look), sheet=_sheet(),
        body=body, picture=picture_address, crop=crop,
    )  # fmt: skip
    return dressed(Response(html, mimetype="text/html"))


def dressed(response: Response) -> Response:
    """An answer that may stand in a frame of ours and do nothing there."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def body(html: str, night: bool) -> Markup:
    """An article's HTML with its pictures' addresses in place; links say where they lead and lead nowhere.

    Pictures from elsewhere are left out: the platforms drop them too.
    """
    here = _SOURCE.sub(lambda found: f"{found[1]}{escape(picture_address(found[2])) if found[2] else ''}", html)
    here = _URL.sub(lambda found: f"url({escape(picture_address(found[1]))})" if found[1] else "none", here)
    still = _LINK.sub(lambda found: f" title={found[1]}{found[2]}{found[1]}", here)
    return Markup(at_night(still) if night else still)  # noqa: S704  (no script runs under the frame's policy)


def picture_address(sha256: str) -> str:
    """Where a picture of the tenant in scope lies for about an hour, for whoever has the address.

    A sandboxed frame has no origin and sends no cookie: the address itself is the key.
    """
    until = (int(clock.unix()) // LIVES + 2) * LIVES
    return url_for("console.preview_picture", ticket=_signer().sign(f"{current_tenant()}-{until}-{sha256}").decode())


def read_ticket(ticket: str) -> tuple[int, str]:
    """The tenant and the picture that a ticket names. NotFound when it was not made here, or its time is over."""
    try:
        tenant, until, sha256 = _signer().unsign(ticket).decode().split("-")
    except (BadSignature, ValueError):
        raise NotFound(("图片", "picture")) from None
    if int(until) < clock.unix():
        raise NotFound(("图片", "picture"))
    return int(tenant), sha256


def crop(article: Article, ratio: str) -> str:
    """The part of the cover that a feed of this ratio shows, as an SVG's viewBox; nothing where none was chosen."""
    if article.cover is None or ratio not in article.crops:
        return ""
    left, top, right, bottom = (float(part) for part in article.crops[ratio].split("_"))
    width, height = article.cover.width, article.cover.height
    return f"{left * width:g} {top * height:g} {(right - left) * width:g} {(bottom - top) * height:g}"


def _article(shown: Shown, screen: Screen, look: Look) -> Article | None:
    articles = shown.message.articles
    if not articles:
        return None
    if look.article > len(articles):
        raise NotFound(("文章", "article"))
    return articles[look.article - 1 if screen.place == "page" or "article" in screen.shows else 0]


def _signer() -> Signer:
    return Signer(str(current_app.secret_key), salt="preview picture", key_derivation="hmac", sep=".")


@cache
def _sheet() -> Markup:
    """The phone's style, inside its page: the frame's policy lets no file of style in."""
    css = (Path(__file__).parent / "static" / "phone.css").read_text(encoding="utf-8")
    return Markup("<style>") + Markup(css) + Markup("</style>")  # noqa: S704  (a file of ours)
