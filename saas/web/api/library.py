"""The material library: items, their versions and drafts, search, tags, where used."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response

from saas.content.library import placing, searching, service, uses
from saas.content.library.views import Conflicted, ItemPage, Saved
from saas.kernel.errors import Conflict
from saas.tenants.actor import Actor
from saas.web.api import quick
from saas.web.api.blueprint import Resource
from saas.web.api.fields import paged
from saas.web.api.library_fields import (
    DraftItem,
    Edition,
    ItemVersion,
    KeptAt,
    LibraryContent,
    LibraryItem,
    NewItem,
    Placed,
    Restoring,
    SavedItem,
    Search,
    Unsaved,
    UsesItem,
    WhichTab,
    WhichVersion,
)
from saas.web.doors import needs, takes_upload

blp = Resource("library", "/library", "The material library: items, versions, search")


@blp.on("GET", "/items")
@needs("see_library")
@blp.takes(Search, location="query")
@blp.gives(200, paged(LibraryItem))
def search(actor: Actor, wish: dict[str, Any]) -> Response:
    """Items, the last changed first."""
    rows = searching.search(
        actor,
        searching.Wish(
            wish["words"],
            wish["kind"],
            wish["client"],
            wish["folder"],
            wish["tag"],
            wish["archived"],
            wish["cursor"],
            wish["limit"],
        ),
    )
    return quick.page(LibraryItem, rows, wish["limit"], lambda row: row.id)


@blp.on("POST", "/items")
@takes_upload
@needs("write", "write")
@blp.takes(NewItem)
@blp.gives(201, SavedItem)
def create(actor: Actor, new: dict[str, Any]) -> Saved:
    """A new item; 422 names the field that is at fault."""
    return service.create(actor, new["client_id"], new["kind"], new["content"], folder_id=new["folder_id"], tags=new["tags"])


@blp.on("GET", "/items/<int:item_id>")
@needs("see_library")
@blp.takes(WhichVersion, location="query")
@blp.gives(200, LibraryContent)
def show(actor: Actor, which: dict[str, Any], item_id: int) -> dict[str, Any]:
    """An item with its content."""
    return _whole(service.read(actor, item_id, which["version"]))


@blp.on("PATCH", "/items/<int:item_id>")
@needs("write", "write")
@blp.takes(Placed)
@blp.gives(200, LibraryContent)
def place(actor: Actor, wish: dict[str, Any], item_id: int) -> dict[str, Any]:
    """Move, tag or archive an item; makes no version."""
    searching.one(item_id)
    if "folder_id" in wish:
        placing.move(actor, [item_id], wish["folder_id"])
    if "tags" in wish:
        placing.tag(actor, item_id, wish["tags"])
    if "archived" in wish:
        placing.archive(actor, [item_id], wish["archived"])
    return _whole(service.read(actor, item_id))


@blp.on("GET", "/items/<int:item_id>/versions")
@needs("see_library")
@blp.gives(200, ItemVersion(many=True))
def versions(actor: Actor, item_id: int) -> Any:
    """Every version, the newest first."""
    return service.versions(actor, item_id)


@blp.on("POST", "/items/<int:item_id>/versions")
@takes_upload
@needs("write", "write")
@blp.takes(Edition)
@blp.gives(201, SavedItem)
def save(actor: Actor, edition: dict[str, Any], item_id: int) -> Saved:
    """Save; 409 when somebody saved meanwhile, with both texts in ``detail``. Nothing is written over."""
    kept = {"note": edition["note"], "tab": edition["tab"]}
    return _saved(service.save(actor, item_id, edition["base_version"], edition["content"], **kept))


@blp.on("POST", "/items/<int:item_id>/restore")
@needs("write", "write")
@blp.takes(Restoring)
@blp.gives(201, SavedItem)
def restore(actor: Actor, wish: dict[str, int], item_id: int) -> Saved:
    """Make an older version hold again, as a new one."""
    return _saved(service.restore(actor, item_id, wish["number"], wish["base_version"]))


@blp.on("PUT", "/items/<int:item_id>/draft")
@takes_upload
@needs("write", "write")
@blp.takes(Unsaved)
@blp.gives(200, KeptAt)
def autosave(actor: Actor, unsaved: dict[str, Any], item_id: int) -> dict[str, Any]:
    """Keep what is being written; it becomes no version, and nobody else sees it."""
    return {"at": service.autosave(actor, item_id, unsaved["base_version"], unsaved["content"], tab=unsaved["tab"])}


@blp.on("GET", "/items/<int:item_id>/drafts")
@needs("see_library")
@blp.gives(200, DraftItem(many=True))
def drafts(actor: Actor, item_id: int) -> Any:
    """One's own drafts of an item."""
    return service.drafts(actor, item_id)


@blp.on("DELETE", "/items/<int:item_id>/draft")
@needs("write", "write")
@blp.takes(WhichTab, location="query")
@blp.gives(204)
def discard(actor: Actor, which: dict[str, str], item_id: int) -> None:
    """Throw away one's own draft of a page."""
    service.discard_draft(actor, item_id, which["tab"])


@blp.on("GET", "/items/<int:item_id>/uses")
@needs("see_library")
@blp.gives(200, UsesItem)
def where_used(actor: Actor, item_id: int) -> Any:
    """Campaigns and items that use it, each with the version."""
    return uses.where_used(actor, item_id)


def _whole(page: ItemPage) -> dict[str, Any]:
    return {**asdict(page.row), "number": page.number, "content": page.content, "sha256": page.sha256}


def _saved(done: Saved | Conflicted) -> Saved:
    if isinstance(done, Saved):
        return done
    words = (
        f"{done.theirs_by} 已经保存了版本 {done.version}；你的文字已留作草稿",
        f"{done.theirs_by} has saved version {done.version}; your text is kept as a draft",
    )
    remedy = ("合并后以新版本为准再保存", "put both together, and save again from that version")
    sides = {"base": done.base, "theirs": done.theirs, "mine": done.mine, "merged": done.merged}
    changes = [asdict(change) for change in done.changes]
    raise Conflict("library_conflict", words, remedy, version=done.version, made_from=done.made_from, changes=changes, **sides)
