"""What uses an item, and at which version: other items, and campaigns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text

from saas.content.library import searching
from saas.content.library.models import Item, Use
from saas.content.library.views import ItemRow
from saas.kernel.database import db
from saas.tenants.actor import Actor

_CAMPAIGNS = text("""
  SELECT c.id, c.name, c.state, c.created_at, u.version FROM library_campaigns u JOIN campaigns c ON c.id = u.campaign_id
  WHERE u.item_id = :item ORDER BY c.id DESC LIMIT 200""")
_ITEMS = text("""
  SELECT u.by_item, max(u.by_version) AS by_version, max(u.version) AS version, bool_or(u.by_version = i.version) AS now
  FROM library_uses u JOIN library_items i ON i.id = u.by_item
  WHERE u.item_id = :item GROUP BY u.by_item ORDER BY u.by_item LIMIT 500""")
_MADE_OF = text("SELECT item_id, version, place FROM library_campaigns WHERE campaign_id = :campaign ORDER BY place, item_id")
_TAKEN = text("INSERT INTO library_campaigns (campaign_id, item_id, version, place) VALUES (:campaign, :item, :version, :place)")
_THERE = text("SELECT sha256 FROM blobs WHERE sha256 = ANY (:hashes)")


@dataclass(frozen=True, slots=True)
class MadeOf:
    """A version of an item that a campaign was made of; ``place`` counts the items in their order."""

    item: int
    version: int
    place: int


@dataclass(frozen=True, slots=True)
class CampaignUse:
    """A campaign that was made of a version of the item."""

    campaign: int
    name: str
    state: str
    at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class ItemUse:
    """An item that holds this one; ``now``: in the version that holds, not only in an older one."""

    row: ItemRow
    by_version: int
    version: int
    now: bool


@dataclass(frozen=True, slots=True)
class Uses:
    """Everything that uses an item."""

    campaigns: tuple[CampaignUse, ...]
    items: tuple[ItemUse, ...]


def where_used(actor: Actor, item_id: int) -> Uses:
    """Campaigns, the newest first, and items that use it. NotFound."""
    actor.need("see_library")
    searching.one(item_id)
    campaigns = [
        CampaignUse(r.id, r.name, r.state, r.created_at, r.version) for r in db.session.execute(_CAMPAIGNS, {"item": item_id})
    ]
    found = {row.by_item: row for row in db.session.execute(_ITEMS, {"item": item_id})}
    rows = searching.some(list(found))
    items = [ItemUse(row, found[row.id].by_version, found[row.id].version, found[row.id].now) for row in rows]
    return Uses(tuple(campaigns), tuple(items))


def made_of(actor: Actor, campaign_id: int) -> list[tuple[ItemRow, int]]:
    """The items a campaign was made of, each with the version it took."""
    actor.need("see_library")
    taken = [(row.item_id, row.version) for row in db.session.execute(_MADE_OF, {"campaign": campaign_id})]
    rows = {row.id: row for row in searching.some([item for item, _ in taken])}
    return [(rows[item], version) for item, version in taken if item in rows]


def note_campaign(campaign_id: int, taken: Sequence[MadeOf]) -> None:
    """Write which versions a campaign was made of, in the transaction that makes it."""
    for one in taken:
        db.session.execute(_TAKEN, {"campaign": campaign_id, "item": one.item, "version": one.version, "place": one.place})


def note_pictures(item: Item, hashes: Sequence[str]) -> None:
    """Write which picture items this version of an item holds, in the running transaction."""
    if not hashes:
        return
    query = select(Item.id, Item.version).where(
        Item.client_id == item.client_id, Item.kind == "picture", Item.thumb.in_(hashes), Item.id != item.id
    )
    pictures = db.session.execute(query).all()
    db.session.add_all([Use(by_item=item.id, by_version=item.version, item_id=id, version=version) for id, version in pictures])
    db.session.flush()


def without_bytes(hashes: Sequence[str]) -> list[str]:
    """Those of the hashes that no stored picture or file has."""
    there = set(db.session.scalars(_THERE, {"hashes": list(hashes)})) if hashes else set()
    return [sha for sha in hashes if sha not in there]
