"""Where items lie: folders, tags, the archive."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select

from saas.content.faults import shown
from saas.content.library import searching
from saas.content.library.models import Folder, Item, Tag
from saas.content.library.values import odd
from saas.kernel import clock
from saas.kernel.database import db, transaction
from saas.kernel.errors import Conflict, Invalid, NotFound
from saas.tenants import audit
from saas.tenants.actor import Actor
from saas.tenants.models import Client

MOST_TAGS, MOST_FOLDERS = 30, 1000
NO_FOLDER = NotFound(("文件夹", "folder"))


@dataclass(frozen=True, slots=True)
class FolderRow:
    """A folder with its path (``春季/活动``) and how many items lie in it, archived ones left out."""

    id: int
    client_id: int
    parent_id: int | None
    name: str
    path: str
    items: int


def folders(actor: Actor, client_id: int | None = None) -> list[FolderRow]:
    """The folders of a client, or of all, by path."""
    actor.need("see_library")
    query = select(Folder) if client_id is None else select(Folder).where(Folder.client_id == client_id)
    rows = list(db.session.scalars(query))
    counts = (
        select(Item.folder_id, func.count())
        .where(Item.folder_id.is_not(None), Item.archived_at.is_(None))
        .group_by(Item.folder_id)
    )
    held = {row[0]: row[1] for row in db.session.execute(counts)}
    paths = searching.paths_of(rows)
    found = [FolderRow(r.id, r.client_id, r.parent_id, r.name, paths[r.id], held.get(r.id, 0)) for r in rows]
    return sorted(found, key=lambda row: (row.client_id, row.path))


def make_folder(actor: Actor, client_id: int, path: str) -> int:
    """The id of the folder of that path (``春季/活动``), made with those above it where they are not there."""
    actor.need("write")
    with transaction():
        return folder_at(client_id, path)


def folder_at(client_id: int, path: str) -> int:
    """The same in the running transaction."""
    client_of(client_id)
    names = [name.strip() for name in path.split("/") if name.strip()]
    if not names or len(names) > searching.MOST_DEEP:
        words = (f"文件夹要有 1–{searching.MOST_DEEP} 层", f"a folder has 1 to {searching.MOST_DEEP} levels")
        raise Invalid("folder_depth", words, ("换一个路径", "use another path"), "folder")
    parent: int | None = None
    for name in names:
        parent = _child(client_id, parent, _name(name))
    return int(parent or 0)


def _child(client_id: int, parent: int | None, name: str) -> int:
    query = select(Folder.id).where(
        Folder.client_id == client_id, Folder.parent_id.is_not_distinct_from(parent), Folder.name == name
    )
    known = db.session.scalar(query)
    if known is not None:
        return known
    if (db.session.scalar(select(func.count()).where(Folder.client_id == client_id)) or 0) >= MOST_FOLDERS:
        words = (f"最多 {MOST_FOLDERS} 个文件夹", f"at most {MOST_FOLDERS} folders")
        raise Invalid("folder_count", words, ("先删掉空文件夹", "remove empty folders first"), "folder")
    folder = Folder(client_id=client_id, parent_id=parent, name=name)
    db.session.add(folder)
    db.session.flush()
    return folder.id


def rename_folder(actor: Actor, folder_id: int, name: str) -> None:
    """Call a folder otherwise. Conflict when there is one of that name beside it."""
    actor.need("write")
    with transaction():
        folder = folder_of(folder_id)
        beside = select(Folder.id).where(
            Folder.client_id == folder.client_id,
            Folder.parent_id.is_not_distinct_from(folder.parent_id),
            Folder.name == _name(name),
        )
        if db.session.scalar(beside) not in (None, folder_id):
            raise Conflict("folder_there", ("已经有同名的文件夹", "there is a folder of that name already"))
        folder.name = _name(name)


def remove_folder(actor: Actor, folder_id: int) -> None:
    """Remove an empty folder. Conflict when something lies in it."""
    actor.need("write")
    with transaction() as session:
        folder_of(folder_id)
        held = session.scalar(select(func.count()).where(Item.folder_id == folder_id)) or 0
        held += session.scalar(select(func.count()).where(Folder.parent_id == folder_id)) or 0
        if held:
            words = (f"文件夹里还有 {held} 样东西", f"the folder holds {held} things")
            raise Conflict("folder_not_empty", words, ("先移走它们", "move them away first"))
        session.execute(delete(Folder).where(Folder.id == folder_id))


def move(actor: Actor, items: Sequence[int], folder_id: int | None) -> None:
    """Put items into a folder of their client; None: to the top. NotFound."""
    actor.need("write")
    with transaction():
        for item in _items(items):
            if folder_id is not None:
                folder_of(folder_id, item.client_id)
            item.folder_id = folder_id


def tag(actor: Actor, item_id: int, tags: Sequence[str]) -> tuple[str, ...]:
    """Give an item exactly these tags; they are found by the search too."""
    actor.need("write")
    with transaction():
        item = _items([item_id])[0]
        given = set_tags(item_id, tags)
        searching.index_again(item)
        return given


def set_tags(item_id: int, tags: Sequence[str]) -> tuple[str, ...]:
    """The same in the running transaction, without the search."""
    wanted = tuple(dict.fromkeys(_tag(word) for word in tags if word.strip()))
    if len(wanted) > MOST_TAGS:
        words = (f"最多 {MOST_TAGS} 个标签", f"at most {MOST_TAGS} tags")
        raise Invalid("tags_count", words, ("去掉一些", "take some out"), "tags")
    db.session.execute(delete(Tag).where(Tag.item_id == item_id))
    db.session.add_all([Tag(item_id=item_id, tag=word) for word in wanted])
    db.session.flush()
    return wanted


def tags(actor: Actor, client_id: int | None = None) -> list[tuple[str, int]]:
    """Every tag in use with how many items carry it, the most used first."""
    actor.need("see_library")
    query = select(Tag.tag, func.count()).join(Item, Item.id == Tag.item_id).where(Item.archived_at.is_(None))
    if client_id is not None:
        query = query.where(Item.client_id == client_id)
    return [(word, count) for word, count in db.session.execute(query.group_by(Tag.tag).order_by(func.count().desc(), Tag.tag))]


def archive(actor: Actor, items: Sequence[int], archived: bool = True) -> None:
    """Put items out of the lists, or back. What uses them goes on using them."""
    actor.need("write")
    with transaction():
        for item in _items(items):
            item.archived_at = clock.now() if archived else None
            audit.note(actor, "library.archive" if archived else "library.take_back", str(item.id))


def client_of(client_id: int) -> Client:
    """The client. NotFound."""
    found = db.session.get(Client, client_id)
    if found is None:
        raise NotFound(("客户", "client"), client_id)
    return found


def folder_of(folder_id: int, client_id: int | None = None) -> Folder:
    """The folder, of that client when one is named. NotFound."""
    found = db.session.get(Folder, folder_id)
    if found is None or client_id not in (None, found.client_id):
        raise NO_FOLDER
    return found


def _items(ids: Sequence[int]) -> list[Item]:
    rows = list(db.session.scalars(select(Item).where(Item.id.in_(ids)).order_by(Item.id).with_for_update()))
    if len(rows) != len(set(ids)) or not rows:
        raise NotFound(("素材", "item"))
    return rows


def _name(name: str) -> str:
    odd(name, "folder")
    plain = " ".join(name.split())
    if not 1 <= len(plain) <= 80 or set(plain) & set("/\\"):
        words = ("文件夹名要有 1–80 个字，不含 / 和 \\", "a folder's name has 1 to 80 characters, no / or \\")
        raise Invalid("folder_name", words, ("换一个名字", "use another name"), "folder")
    return plain


def _tag(word: str) -> str:
    odd(word, "tags")
    plain = " ".join(unicodedata.normalize("NFKC", word).split())
    if len(plain) > 40:
        words = (f"标签“{shown(plain)}”超过 40 个字", f"the tag '{shown(plain)}' has over 40 characters")
        raise Invalid("tag_chars", words, ("缩短它", "shorten it"), "tags")
    return plain
