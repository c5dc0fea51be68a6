"""An article of the library as an account would show it, while it is being written: the writer's own draft, else what holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from saas.accounts.models import Account
from saas.campaigns.models import Blob
from saas.channels.message import Article, Message, Picture
from saas.content.library import service
from saas.content.library.bodies import pictures_of
from saas.content.library.cropping import size_of
from saas.kernel.database import db
from saas.kernel.errors import NotFound
from saas.reports.previews import NO_ACCOUNT, Shown, shown_on
from saas.tenants.actor import Actor
from saas.tenants.models import Client


def accounts_of(client_id: int) -> list[Account]:
    """The accounts of a client, Official Accounts first: there articles are read."""
    rows = db.session.scalars(select(Account).where(Account.client_id == client_id).order_by(Account.id))
    return sorted(rows, key=lambda account: account.channel != "official_account")


def drafted(actor: Actor, item_id: int, tab: str, key: str) -> Shown:
    """How an account of the item's client shows the article now. NotFound."""
    page = service.read(actor, item_id)
    draft = next((own for own in service.drafts(actor, item_id) if tab and own.tab == tab), None)
    account = next((one for one in accounts_of(page.row.client_id) if key in ("", one.key)), None)
    if account is None:
        raise NotFound(NO_ACCOUNT, key)
    client = db.session.get_one(Client, page.row.client_id)
    message = Message("articles", articles=(article_of(draft.content if draft else page.content, account.key),))
    return shown_on(account, client.name, message)


def article_of(content: Mapping[str, Any], account: str) -> Article:
    """The article of a library item as this account says it; of a draft nobody has checked yet only what can be read."""
    own = _own(content, account)
    html = f"{content.get('body') or ''}{own['footer'] or content.get('footer') or ''}"
    cover = own["cover"] if own["cover"] else content.get("cover")
    return Article(
        title=str(own["title"] or content.get("title") or ""),
        html=html,
        author=str(content.get("author") or ""),
        digest=str(own["digest"] or content.get("digest") or ""),
        cover=_picture(cover),
        original=content.get("original") is True,
        source_url=str(content.get("source_url") or ""),
        comments=content.get("comments") is True,
        pictures=tuple(Picture(sha, "", 0, 0, 0) for sha in pictures_of(html)),
        crops=_crops(cover),
    )


def _own(content: Mapping[str, Any], account: str) -> Mapping[str, Any]:
    variants = content.get("variants")
    found = variants.get(account) if isinstance(variants, Mapping) else None
    return {"title": "", "digest": "", "cover": None, "footer": "", **(found if isinstance(found, Mapping) else {})}


def _picture(cover: Any) -> Picture | None:
    sha = cover.get("sha256") if isinstance(cover, Mapping) else None
    row = db.session.scalar(select(Blob).where(Blob.sha256 == str(sha))) if sha else None
    return Picture(row.sha256, row.mime, *size_of(row.data), len(row.data)) if row else None


def _crops(cover: Any) -> dict[str, str]:
    crops = cover.get("crops") if isinstance(cover, Mapping) else None
    told: dict[str, str] = {}
    for ratio, box in (crops or {}).items() if isinstance(crops, Mapping) else ():
        if isinstance(box, list) and len(box) == 4 and all(isinstance(part, int | float) for part in box):
            x, y, wide, high = (min(max(float(part), 0.0), 1.0) for part in box)
            if wide and high:
                told[ratio] = "_".join(f"{part:.6f}" for part in (x, y, min(1.0, x + wide), min(1.0, y + high)))
    return told
