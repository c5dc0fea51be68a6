"""Use cases of one item: create, read, save, autosave, versions, restore. Each is one transaction.

A save names the version it was made from. The item's row is locked; when another version holds by then, nothing is written
over: the text is kept as its writer's draft and both are given back, beside what both began with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from saas.content.library import placing, searching, uses
from saas.content.library.bodies import bounded, clean, taken_out
from saas.content.library.contents import digest_of, pictures_in, read_content, searchable, thumb_of, title_of
from saas.content.library.merging import compare
from saas.content.library.models import Draft, Item, Version
from saas.content.library.values import storable
from saas.content.library.views import Conflicted, DraftView, ItemPage, Saved, VersionRow
from saas.kernel import clock
from saas.kernel.database import db, transaction
from saas.kernel.errors import Invalid, NotFound
from saas.tenants import audit
from saas.tenants.actor import Actor
from saas.tenants.models import Member


def create(
    actor: Actor,
    client_id: int,
    kind: str,
    content: Mapping[str, Any],
    *,
    folder_id: int | None = None,
    tags: Sequence[str] = (),
    ref: str | None = None,
    note: str = "",
) -> Saved:
    """A new item of a client, with its first version. Invalid names the field; NotFound: no such client or folder."""
    actor.need("write")
    with transaction():
        return add(actor, client_id, kind, content, folder_id=folder_id, tags=tags, ref=ref, note=note)


def add(
    actor: Actor,
    client_id: int,
    kind: str,
    content: Mapping[str, Any],
    *,
    folder_id: int | None = None,
    tags: Sequence[str] = (),
    ref: str | None = None,
    note: str = "",
) -> Saved:
    """The same in the running transaction."""
    whole = read_content(kind, content)
    placing.client_of(client_id)
    if folder_id is not None:
        placing.folder_of(folder_id, client_id)
    _pictures_are_there(whole)
    item = Item(client_id=client_id, folder_id=folder_id, kind=kind, version=1, ref=ref)
    item.title, item.thumb = title_of(kind, whole), thumb_of(whole)
    item.created_by = item.updated_by = actor.member_id
    db.session.add(item)
    db.session.flush()
    _write_version(actor, item, whole, note, None)
    placing.set_tags(item.id, tags)
    searching.index(item, searchable(kind, whole))
    audit.note(actor, "library.create", str(item.id), kind=kind)
    return Saved(item.id, 1, whole, notes=_notes(kind, content, whole))


def read(actor: Actor, item_id: int, number: int | None = None) -> ItemPage:
    """An item with the content of the version that holds, or of ``number``. The HTML is cleaned again. NotFound."""
    actor.need("see_library")
    row = searching.one(item_id)
    version = db.session.get(Version, (actor.tenant_id, item_id, number or row.version))
    if version is None:
        raise NotFound(("版本", "version"), number or "")
    return ItemPage(row, version.number, loaded(version.content), version.sha256)


def save(
    actor: Actor, item_id: int, base_version: int, content: Mapping[str, Any], *, note: str = "", tab: str = ""
) -> Saved | Conflicted:
    """Save what was made from ``base_version``. ``tab`` names the page it is written on, for its draft. Invalid, NotFound."""
    actor.need("write")
    with transaction():
        item = _locked(item_id)
        whole = read_content(item.kind, content)
        _pictures_are_there(whole)
        if item.version != base_version:
            return _conflict(actor, item, base_version, whole, tab)
        held = _version(actor, item_id, base_version)
        whole = _with_source(whole, held.content)
        notes = _notes(item.kind, content, whole)
        _forget_draft(actor, item_id, tab)
        if digest_of(whole) == held.sha256:
            return Saved(item_id, item.version, whole, unchanged=True, notes=notes)
        item.version += 1
        _carry(actor, item, whole)
        _write_version(actor, item, whole, note, base_version)
        audit.note(actor, "library.save", str(item_id), version=item.version)
        return Saved(item_id, item.version, whole, notes=notes)


def write(actor: Actor, item: Item, content: Mapping[str, Any], note: str) -> Saved:
    """A new version of a locked item, made from the one that holds; in the running transaction."""
    whole = read_content(item.kind, content)
    _pictures_are_there(whole)
    item.version += 1
    _carry(actor, item, whole)
    _write_version(actor, item, whole, note, item.version - 1)
    audit.note(actor, "library.save", str(item.id), version=item.version)
    return Saved(item.id, item.version, whole)


def _carry(actor: Actor, item: Item, whole: Mapping[str, Any]) -> None:
    """What the item's row tells of the version that holds."""
    item.title, item.thumb = title_of(item.kind, whole), thumb_of(whole)
    item.updated_by, item.updated_at = actor.member_id, clock.now()
    searching.index(item, searchable(item.kind, whole))


def _write_version(actor: Actor, item: Item, whole: dict[str, Any], note: str, made_from: int | None) -> None:
    version = Version(tenant_id=actor.tenant_id, item_id=item.id, number=item.version, member_id=actor.member_id)
    version.content, version.sha256 = whole, digest_of(whole)
    version.note, version.made_from = storable(note.strip())[:500], made_from
    db.session.add(version)
    db.session.flush()
    uses.note_pictures(item, pictures_in(whole))


def _with_source(whole: dict[str, Any], held: Mapping[str, Any]) -> dict[str, Any]:
    """An article whose body was changed is no longer what its Markdown says."""
    if whole.get("source") and (whole["body"] != held.get("body") or whole["source"] != held.get("source")):
        return {**whole, "source": {}}
    return whole


def _conflict(actor: Actor, item: Item, base_version: int, mine: dict[str, Any], tab: str) -> Conflicted:
    base, theirs = _version(actor, item.id, base_version), _version(actor, item.id, item.version)
    keep_draft(actor, item.id, base_version, mine, tab, refused=True)
    by = db.session.get_one(Member, theirs.member_id).name
    changes = compare(base.content, mine, theirs.content)
    return Conflicted(
        item.id, base_version, item.version, loaded(base.content), loaded(theirs.content), by, theirs.at, mine, changes
    )


def autosave(actor: Actor, item_id: int, base_version: int, content: Mapping[str, Any], *, tab: str = "") -> datetime:
    """Keep what is being written, in whatever state; it becomes no version. NotFound; Invalid when it is too large."""
    actor.need("write")
    with transaction():
        _version(actor, item_id, base_version)
        for field in ("body", "footer"):
            bounded(str(content.get(field) or ""), field)
        return keep_draft(actor, item_id, base_version, storable(content), tab)


def keep_draft(actor: Actor, item_id: int, made_from: int, content: Any, tab: str, *, refused: bool = False) -> datetime:
    """Write the member's draft of this page, in the running transaction."""
    now = clock.now()
    values = {"made_from": made_from, "content": content, "refused": refused, "at": now}
    key = {"item_id": item_id, "member_id": actor.member_id, "tab": tab[:64]}
    statement = insert(Draft).values({"tenant_id": actor.tenant_id, **key, **values})
    db.session.execute(statement.on_conflict_do_update(index_elements=["tenant_id", "item_id", "member_id", "tab"], set_=values))
    return now


def drafts(actor: Actor, item_id: int) -> list[DraftView]:
    """The member's own drafts of an item, the newest first; their HTML is cleaned."""
    actor.need("see_library")
    version = searching.one(item_id).version
    query = select(Draft).where(Draft.item_id == item_id, Draft.member_id == actor.member_id).order_by(Draft.at.desc())
    return [
        DraftView(row.tab, row.made_from, loaded(row.content), row.refused, row.at, row.made_from != version)
        for row in db.session.scalars(query)
    ]


def discard_draft(actor: Actor, item_id: int, tab: str = "") -> None:
    """Throw away one's own draft of a page."""
    actor.need("write")
    searching.one(item_id)
    with transaction():
        _forget_draft(actor, item_id, tab)


def versions(actor: Actor, item_id: int) -> list[VersionRow]:
    """Every version of an item, the newest first. NotFound."""
    actor.need("see_library")
    searching.one(item_id)
    query = (
        select(Version, Member.name)
        .join(Member, Member.id == Version.member_id)
        .where(Version.item_id == item_id)
        .order_by(Version.number.desc())
    )
    return [VersionRow(v.number, name, v.note, v.made_from, v.at, v.sha256) for v, name in db.session.execute(query)]


def restore(actor: Actor, item_id: int, number: int, base_version: int) -> Saved | Conflicted:
    """Make an older version hold again, as a new one; nothing between is lost. NotFound."""
    actor.need("write")
    with transaction():
        item = _locked(item_id)
        old = _version(actor, item_id, number)
        if item.version != base_version:
            return _conflict(actor, item, base_version, dict(old.content), "restore")
        if old.sha256 == _version(actor, item_id, item.version).sha256:
            return Saved(item_id, item.version, old.content, unchanged=True)
        item.version += 1
        _carry(actor, item, old.content)
        _write_version(actor, item, dict(old.content), f"↩ {number}", base_version)
        audit.note(actor, "library.restore", str(item_id), version=item.version, restored=number)
        return Saved(item_id, item.version, old.content)


def loaded(content: Mapping[str, Any]) -> dict[str, Any]:
    """A stored content with its HTML cleaned again: the policy may have become stricter since."""
    whole = dict(content)
    for field in ("body", "footer"):
        if isinstance(whole.get(field), str):
            whole[field] = clean(whole[field], field)
    if isinstance(whole.get("variants"), dict):
        whole["variants"] = {
            key: {**own, "footer": clean(str(own.get("footer") or ""))} for key, own in whole["variants"].items()
        }
    return whole


def _notes(kind: str, given: Mapping[str, Any], whole: Mapping[str, Any]) -> tuple[Any, ...]:
    if kind != "article":
        return ()
    return tuple(note for field in ("body", "footer") for note in taken_out(str(given.get(field) or ""), whole[field], field))


def _pictures_are_there(whole: Mapping[str, Any]) -> None:
    """Raise Invalid for a picture or file that nobody has uploaded."""
    named = [*pictures_in(whole), *([whole["sha256"]] if whole.get("sha256") else [])]
    missing = uses.without_bytes(named)
    if missing:
        words = (f"图片 {missing[0][:12]}… 不在素材库里", f"the picture {missing[0][:12]}… is not in the library")
        raise Invalid("picture_missing", words, ("先上传图片", "upload the picture first"), "sha256")


def _locked(item_id: int) -> Item:
    item = db.session.scalar(select(Item).where(Item.id == item_id).with_for_update().execution_options(populate_existing=True))
    if item is None:
        raise NotFound(("素材", "item"), item_id)
    return item


def _version(actor: Actor, item_id: int, number: int) -> Version:
    found = db.session.get(Version, (actor.tenant_id, item_id, number))
    if found is None:
        raise NotFound(("版本", "version"), number)
    return found


def _forget_draft(actor: Actor, item_id: int, tab: str) -> None:
    mine = delete(Draft).where(Draft.item_id == item_id, Draft.member_id == actor.member_id, Draft.tab == tab)
    db.session.execute(mine)
