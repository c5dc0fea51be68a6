"""Where two people wrote one item: both texts beside what they began with, chosen field by field."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.content.library import service
from saas.content.library.bodies import words_of
from saas.content.library.merging import HTML, FieldChange, compare
from saas.content.library.views import Conflicted, DraftView
from saas.kernel.errors import Invalid
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.pages import console, page

FIELDS = {
    "title": ("标题", "title"),
    "author": ("作者", "author"),
    "digest": ("摘要", "digest"),
    "cover": ("封面", "cover"),
    "body": ("正文", "body"),
    "footer": ("页脚", "footer"),
    "text": ("文字", "text"),
    "variants": ("各账号版本", "variants"),
    "source_url": ("原文链接", "source_url"),
    "original": ("声明原创", "declared original"),
    "comments": ("允许留言", "comments allowed"),
    "url": ("链接", "link"),
    "description": ("说明", "description"),
    "image": ("图片", "picture"),
    "name": ("名称", "name"),
    "alt": ("替代文字", "alt text"),
}
Pieces = list[tuple[str, str]]


@console.get("/library/<int:item_id>/conflict")
@signed_in
def library_conflict(item_id: int) -> ResponseReturnValue:
    """One's own draft beside what holds now; the item itself when there is none."""
    actor().need("write")
    tab = request.args.get("tab", "")
    return _page(item_id, tab) if _draft(item_id, tab) else _to_item(item_id)


@console.post("/library/<int:item_id>/conflict")
@signed_in
def resolve_conflict(item_id: int) -> ResponseReturnValue:
    """Save what was chosen, from the version that was seen."""
    actor().need("write")
    tab, seen = request.form.get("tab", ""), request.form.get("version", 0, type=int)
    draft = _draft(item_id, tab)
    if draft is None:
        return _to_item(item_id)
    changes, theirs = _sides(item_id, draft, seen)
    content = dict(theirs)
    for change in changes:
        wish = request.form.get(f"take-{change.name}", "")
        if wish not in ("mine", "theirs", "merged"):
            words = ("每一处都要选一个", "choose one for each field")
            return _page(item_id, tab, 422, Invalid("choice_missing", words, ("选好后再保存", "choose, then save"), change.name))
        content[change.name] = getattr(change, wish)
    try:
        done = service.save(actor(), item_id, seen, content, note=t("合并", "put together"), tab=draft.tab)
    except Invalid as fault:
        return _page(item_id, tab, fault.status, fault)
    if isinstance(done, Conflicted):
        flash(t("刚才又有人保存了，请再看一次。", "Somebody saved again just now; look once more."), "warn")
        return redirect(url_for("console.library_conflict", item_id=item_id, tab=tab), 303)
    flash(t("已保存为版本 {n}。", "Saved as version {n}.", n=done.version))
    return redirect(url_for("console.library_item", item_id=item_id), 303)


def _draft(item_id: int, tab: str) -> DraftView | None:
    return next((one for one in service.drafts(actor(), item_id) if one.tab == tab), None)


def _to_item(item_id: int) -> ResponseReturnValue:
    return redirect(url_for("console.library_item", item_id=item_id), 303)


def _sides(item_id: int, draft: DraftView, seen: int | None = None) -> tuple[tuple[FieldChange, ...], Mapping[str, Any]]:
    """What differs, and the content of the version that holds (or was seen)."""
    base = service.read(actor(), item_id, draft.made_from).content
    theirs = service.read(actor(), item_id, seen).content
    mine = {**base, **draft.content}
    changes = compare(base, mine, theirs)
    order = list(FIELDS)
    told = [change for change in changes if change.name != "source"]
    return tuple(sorted(told, key=lambda c: order.index(c.name) if c.name in order else len(order))), theirs


def _page(item_id: int, tab: str, status: int = 200, fault: Invalid | None = None) -> ResponseReturnValue:
    draft = _draft(item_id, tab)
    if draft is None:
        return _to_item(item_id)
    changes, _ = _sides(item_id, draft)
    held = service.versions(actor(), item_id)[0]
    shown = [(change, _pieces(change, "mine"), _pieces(change, "theirs")) for change in changes]
    row = service.read(actor(), item_id).row
    return page(
        "library/conflict.html", status, row=row, draft=draft, changes=shown, held=held, fields=FIELDS, fault=fault, plain=_plain
    )


def _plain(name: str, value: Any) -> str:
    """A value as a person reads it."""
    if name in HTML:
        return words_of(str(value or ""))
    if isinstance(value, bool):
        return t("是", "yes") if value else t("否", "no")
    if isinstance(value, Mapping) and "sha256" in value:
        return str(value["sha256"])[:12]
    if isinstance(value, Mapping):
        return t("、", ", ").join(str(key) for key in value)
    return str(value or "")


def _pieces(change: FieldChange, side: str) -> Pieces:
    """The words of one side, cut where they differ from what both began with: ("", same) or ("ins", new), and ("del", gone)."""
    before, after = _plain(change.name, change.base), _plain(change.name, getattr(change, side))
    if len(before) + len(after) > 40_000:
        return [("", after)]
    pieces: Pieces = []
    for what, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what in ("delete", "replace"):
            pieces.append(("del", before[a:b]))
        if d > c:
            pieces.append(("" if what == "equal" else "ins", after[c:d]))
    return pieces
