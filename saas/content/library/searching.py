"""Lists of items and the search over their words: by characters and pairs of characters, as Chinese has no spaces."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.sql import bindparam

from saas.channels.wording.folding import simplified
from saas.content.library.contents import searchable
from saas.content.library.models import Folder, Item, Tag, Version
from saas.content.library.views import ItemRow
from saas.kernel.database import db
from saas.kernel.errors import NotFound
from saas.tenants.actor import Actor
from saas.tenants.models import Client, Member

MOST_WORDS, MOST_DEEP = 30_000, 8
TOP = 0
"""As ``folder_id`` of a wish: items that lie in no folder."""
_INDEX = text(
    "INSERT INTO library_words (item_id, words) VALUES (:item, :words)"
    " ON CONFLICT (tenant_id, item_id) DO UPDATE SET words = excluded.words WHERE library_words.words <> excluded.words"
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a list is to hold. ``words``: all of them must occur; ``before``: the last item of the page before."""

    words: str = ""
    kind: str = ""
    client_id: int | None = None
    folder_id: int | None = None
    tag: str = ""
    archived: bool = False
    before: int | None = None
    limit: int = 50


def search(actor: Actor, wish: Wish) -> list[ItemRow]:
    """The items that are wished for, the last changed first."""
    actor.need("see_library")
    query = _wished(wish)
    if wish.before is not None:
        last = select(Item.updated_at, Item.id).where(Item.id == wish.before).subquery()
        query = query.where(tuple_(Item.updated_at, Item.id) < select(last.c.updated_at, last.c.id).scalar_subquery())
    rows = list(db.session.execute(query.order_by(Item.updated_at.desc(), Item.id.desc()).limit(wish.limit)))
    return _rows(rows)


def _wished(wish: Wish) -> Select[Any]:
    query = _query().where(Item.archived_at.is_not(None) if wish.archived else Item.archived_at.is_(None))
    if wish.words.strip():
        query = query.where(or_(*(Item.id.in_(_matches(way)) for way in _ways(wish.words))))
    if wish.kind:
        query = query.where(Item.kind == wish.kind)
    if wish.client_id is not None:
        query = query.where(Item.client_id == wish.client_id)
    if wish.folder_id is not None:
        query = query.where(Item.folder_id.is_(None) if wish.folder_id == TOP else Item.folder_id == wish.folder_id)
    if wish.tag:
        query = query.where(Item.id.in_(select(Tag.item_id).where(Tag.tag == wish.tag)))
    return query


def _matches(words: str) -> Select[Any]:
    return select(func.library_matches(bindparam("words", words.split(), type_=ARRAY(TEXT), unique=True)))


def _ways(words: str) -> Sequence[str]:
    """The words as they are compared, and in simplified characters where they were written in others."""
    return list(dict.fromkeys([fold(words), simplified(fold(words))]))


def one(item_id: int) -> ItemRow:
    """The row of an item. NotFound."""
    rows = _rows(list(db.session.execute(_query().where(Item.id == item_id))))
    if not rows:
        raise NotFound(("素材", "item"), item_id)
    return rows[0]


def some(ids: Sequence[int]) -> list[ItemRow]:
    """The rows of these items, in the order of their ids; those that are not there are left out."""
    return _rows(list(db.session.execute(_query().where(Item.id.in_(ids)).order_by(Item.id)))) if ids else []


def _query() -> Select[Any]:
    whole: Any = select(Item, Client.name, Member.name).join(Client, Client.id == Item.client_id)
    joined: Select[Any] = whole.join(Member, Member.id == Item.updated_by)
    return joined


def _rows(found: Sequence[Any]) -> list[ItemRow]:
    ids = [item.id for item, _, _ in found]
    tags: dict[int, list[str]] = {}
    for row in db.session.scalars(select(Tag).where(Tag.item_id.in_(ids)).order_by(Tag.tag)) if ids else ():
        tags.setdefault(row.item_id, []).append(row.tag)
    holders = {item.client_id for item, _, _ in found if item.folder_id}
    paths = paths_of(list(db.session.scalars(select(Folder).where(Folder.client_id.in_(holders))))) if holders else {}
    return [_row(item, client, member, tuple(tags.get(item.id, ())), paths) for item, client, member in found]


def _row(item: Item, client: str, member: str, tags: tuple[str, ...], paths: dict[int, str]) -> ItemRow:
    return ItemRow(
        id=item.id,
        client_id=item.client_id,
        client=client,
        kind=item.kind,
        title=item.title,
        folder_id=item.folder_id,
        folder=paths.get(item.folder_id or 0, ""),
        tags=tags,
        thumb=item.thumb,
        version=item.version,
        updated_at=item.updated_at,
        updated_by=member,
        archived=item.archived_at is not None,
    )


def paths_of(rows: Sequence[Folder]) -> dict[int, str]:
    """The path of every folder."""
    known = {row.id: row for row in rows}
    paths: dict[int, str] = {}
    for row in rows:
        names, at = [row.name], row.parent_id
        while at is not None and len(names) <= MOST_DEEP:
            names.append(known[at].name)
            at = known[at].parent_id
        paths[row.id] = "/".join(reversed(names))
    return paths


def fold(words: str) -> str:
    """Words as they are compared: one width, one case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", words).casefold().split())


def index(item: Item, words: str) -> None:
    """Write what the search knows of an item, in the running transaction."""
    tags = db.session.scalars(select(Tag.tag).where(Tag.item_id == item.id))
    db.session.execute(_INDEX, {"item": item.id, "words": fold("\n".join([words[:MOST_WORDS], *tags]))})


def index_again(item: Item) -> None:
    """The same from what it holds now."""
    held = db.session.get_one(Version, (item.tenant_id, item.id, item.version))
    index(item, searchable(item.kind, held.content))
