"""The library's pages: the list, an item with its versions and uses, and what is done with items."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.accounts.service import list_clients
from saas.content.library import placing, searching, service, uses
from saas.content.library.bodies import for_page
from saas.content.library.contents import FILES, KINDS
from saas.content.library.searching import Wish
from saas.content.library.sendable import takers
from saas.content.library.views import Conflicted
from saas.kernel.errors import Invalid, NotFound
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.pages import console, page
from saas.web.phone import dressed, picture_address

PAGE = 50
ICONS = {
    "article": "file-text",
    "text": "message-2",
    "picture": "photo",
    "video": "video",
    "voice": "microphone",
    "link": "link",
    "mini_program": "apps",
    "template": "template",
}
_PAPER = (
    "<!doctype html><meta charset=utf-8><meta name=viewport content='width=device-width'>"
    "<style>body{{margin:0;padding:20px;font:16px/1.75 sans-serif;color:#1f2937;background:#fff;overflow-wrap:anywhere}}"
    "img{{max-width:100%;height:auto}}table{{border-collapse:collapse}}</style>{body}{footer}"
)


@console.get("/library")
@signed_in
def library() -> ResponseReturnValue:
    """What a client's campaigns are made of, searched and narrowed."""
    actor().need("see_library")
    wish = _wish()
    rows = searching.search(actor(), wish)
    return page(
        "library/list.html", rows=rows, wish=wish, kinds=KINDS, icons=ICONS, clients=list_clients(actor()),
        folders=placing.folders(actor(), wish.client_id) if wish.client_id else [],
        tags=placing.tags(actor(), wish.client_id)[:40],
        older=rows[-1].id if len(rows) == PAGE else None, to=_to,
    )  # fmt: skip


def _wish() -> Wish:
    given = request.args
    kind = given.get("kind", "")
    return Wish(
        words=given.get("words", "").strip()[:200],
        kind=kind if kind in KINDS else "",
        client_id=given.get("client", type=int),
        folder_id=given.get("folder", type=int),
        tag=given.get("tag", "")[:40],
        archived=given.get("archived") == "1",
        before=given.get("before", type=int),
        limit=PAGE,
    )


def _to(**changed: Any) -> str:
    """The address of this list with something changed; what is None goes."""
    names = ("words", "kind", "client", "folder", "tag", "archived")
    now = {name: request.args.get(name) for name in names}
    return url_for("console.library", **{key: value for key, value in {**now, **changed}.items() if value not in (None, "")})


@console.get("/library/<int:item_id>")
@signed_in
def library_item(item_id: int) -> ResponseReturnValue:
    """An item: what it holds, its versions, what uses it."""
    return item_page(item_id)


def item_page(item_id: int, status: int = 200, fault: Invalid | None = None) -> ResponseReturnValue:
    """The same with the fault of a form on it."""
    shown = service.read(actor(), item_id, request.args.get("version", type=int))
    return page(
        "library/item.html", status, item=shown, row=shown.row, content=shown.content, kinds=KINDS, icons=ICONS, fault=fault,
        versions=service.versions(actor(), item_id), uses=uses.where_used(actor(), item_id),
        drafts=service.drafts(actor(), item_id) if actor().may("write") else [],
        folders=placing.folders(actor(), shown.row.client_id), files=FILES, takers=takers(shown.row.kind),
    )  # fmt: skip


@console.get("/library/<int:item_id>/body")
@signed_in
def library_body(item_id: int) -> ResponseReturnValue:
    """The article's body alone, for a frame that can do nothing."""
    content = service.read(actor(), item_id, request.args.get("version", type=int)).content
    if "body" not in content:
        raise NotFound(("图文", "article"), item_id)
    html = _PAPER.format(body=for_page(content["body"], picture_address), footer=for_page(content["footer"], picture_address))
    return dressed(Response(html, mimetype="text/html"))


@console.post("/library/articles")
@signed_in
def new_article() -> ResponseReturnValue:
    """An empty article, to be written in the editor."""
    actor().need("write")
    saved = service.create(actor(), chosen_client(), "article", {"title": t("未命名图文", "Untitled article")})
    return redirect(f"/library/{saved.item_id}/edit", 303)


@console.post("/library/<int:item_id>/tags")
@signed_in
def tag_item(item_id: int) -> ResponseReturnValue:
    """Give an item exactly these tags."""
    words = request.form.get("tags", "").replace("，", ",").replace("、", ",").split(",")
    try:
        placing.tag(actor(), item_id, words)
    except Invalid as fault:
        return item_page(item_id, fault.status, fault)
    return _back(item_id)


@console.post("/library/<int:item_id>/folder")
@signed_in
def move_item(item_id: int) -> ResponseReturnValue:
    """Put an item into a folder of its client, made where it is not there; an empty path: to the top."""
    path, client_id = request.form.get("folder", "").strip(), service.read(actor(), item_id).row.client_id
    try:
        placing.move(actor(), [item_id], placing.make_folder(actor(), client_id, path) if path else None)
    except Invalid as fault:
        return item_page(item_id, fault.status, fault)
    return _back(item_id)


@console.post("/library/<int:item_id>/restore")
@signed_in
def restore_item(item_id: int) -> ResponseReturnValue:
    """Make an older version hold again."""
    number, base = request.form.get("number", 0, type=int), request.form.get("base", 0, type=int)
    done = service.restore(actor(), item_id, number, base)
    if isinstance(done, Conflicted):
        return redirect(url_for("console.library_conflict", item_id=item_id, tab="restore"), 303)
    flash(t("已恢复为版本 {n}。", "Version {n} says so again.", n=done.version))
    return _back(item_id)


@console.post("/library/<int:item_id>/drafts/discard")
@signed_in
def discard_item_draft(item_id: int) -> ResponseReturnValue:
    """Throw away one's own draft."""
    service.discard_draft(actor(), item_id, request.form.get("tab", ""))
    return _back(item_id)


@console.post("/library/archive")
@signed_in
def archive_items() -> ResponseReturnValue:
    """Put the ticked items away, or back."""
    back = request.form.get("back") == "1"
    actor().need("write")
    items = ticked(request.form.getlist("item"))
    placing.archive(actor(), items, archived=not back)
    flash(
        t("已放回素材库。", "Back in the library.")
        if back
        else t("已归档，用到它的地方不受影响。", "Put away; what uses it goes on.")
    )
    return redirect(url_for("console.library"), 303)


def ticked(given: list[str]) -> list[int]:
    """The items that were picked, in their order. Invalid when there are none."""
    items = [int(one) for one in dict.fromkeys(given) if one.isdecimal() and len(one) < 19]
    if not items:
        words = ("没有选中素材", "nothing was picked")
        raise Invalid("items_missing", words, ("先勾选素材", "tick some items first"), "item")
    return items


def chosen_client() -> int:
    """The client of the form. Invalid when none was chosen."""
    client = request.form.get("client", 0, type=int)
    if not client:
        raise Invalid("client_missing", ("没有选客户", "no client was chosen"), ("选一个客户", "choose one"), "client")
    return client


def _back(item_id: int) -> ResponseReturnValue:
    return redirect(url_for("console.library_item", item_id=item_id), 303)
