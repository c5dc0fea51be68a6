"""The editor of the library's articles: its page, and what its script asks for. Only this page's policy lets an editor work."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from typing import Any

from flask import Response, current_app, jsonify, make_response, request, url_for
from flask.typing import ResponseReturnValue

from saas.content.library import keeping, service
from saas.content.library.bodies import for_page
from saas.content.library.cropping import crop
from saas.content.library.pasting import pasted
from saas.content.library.views import Conflicted, Saved
from saas.content.pictures import STANDARD
from saas.content.theming import PLAIN, THEMES, themed
from saas.kernel.errors import Invalid, NotFound
from saas.reports.drafted import accounts_of, drafted
from saas.reports.sheet import finding_of, picture
from saas.web.console.gate import actor, signed_in
from saas.web.console.pages import console, page, when
from saas.web.console.previews import look
from saas.web.doors import takes_upload
from saas.web.headers import POLICY
from saas.web.locale import say
from saas.web.phone import frame

HTML = ("body", "footer")


@console.get("/library/<int:item_id>/edit")
@signed_in
def edit_article(item_id: int) -> ResponseReturnValue:
    """The editor, opened by a full load: a page swapped in would keep the policy of the page before."""
    actor().need("see_library")
    found = service.read(actor(), item_id)
    if found.row.kind != "article":
        raise NotFound(("文章", "article"), item_id)
    nonce = secrets.token_urlsafe(16)
    drawn = page(
        "editor/page.html", item=found.row, nonce=nonce, state=_state(found, item_id), themes=THEMES, plain=PLAIN,
        accounts=accounts_of(found.row.client_id), back=_library(),
    )  # fmt: skip
    answer = make_response(*drawn)
    answer.headers["Content-Security-Policy"] = policy(nonce)
    return answer


def _library() -> str | None:
    """Back to the library, where this installation has its pages."""
    return url_for("console.library") if "console.library" in current_app.view_functions else None


def policy(nonce: str) -> str:
    """The strict policy, with what the editor's own styles need; nothing inline runs but what carries the nonce."""
    scripts = POLICY.replace("script-src 'self'", f"script-src 'self' 'nonce-{nonce}'")
    return scripts.replace("style-src 'self'", f"style-src 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'")


@console.post("/library/<int:item_id>/edit/save")
@signed_in
@takes_upload
def save_article(item_id: int) -> ResponseReturnValue:
    """Save what was made from a version; 409 with both texts when somebody has saved since."""
    actor().need("write")
    service.read(actor(), item_id)
    sent = _sent()
    content = _content(sent)
    told = service.save(actor(), item_id, _number(sent.get("base_version")), content, tab=str(sent.get("tab") or "")[:64])
    if isinstance(told, Saved):
        notes = [say(finding_of(asdict(note)).message) for note in told.notes]
        return jsonify(version=told.version, content=shown(told.content), unchanged=told.unchanged, notes=notes)
    return jsonify(_conflict(told)), 409


@console.post("/library/<int:item_id>/edit/draft")
@signed_in
@takes_upload
def keep_article(item_id: int) -> ResponseReturnValue:
    """Keep what is being written; it becomes no version. ``discard`` throws it away."""
    actor().need("write")
    service.read(actor(), item_id)
    sent = _sent()
    tab = str(sent.get("tab") or "")[:64]
    if sent.get("discard"):
        service.discard_draft(actor(), item_id, tab)
        return jsonify(at="")
    at = service.autosave(actor(), item_id, _number(sent.get("base_version")), _content(sent), tab=tab)
    return jsonify(at=when(at, named=False))


@console.post("/library/<int:item_id>/edit/pasted")
@signed_in
@takes_upload
def clean_paste(item_id: int) -> ResponseReturnValue:
    """What may be put in of what was pasted."""
    actor().need("write")
    service.read(actor(), item_id)
    return jsonify(html=for_page(pasted(str(_sent().get("html") or ""))))


@console.post("/library/<int:item_id>/edit/themed")
@signed_in
@takes_upload
def dress_article(item_id: int) -> ResponseReturnValue:
    """The body in another theme."""
    actor().need("write")
    service.read(actor(), item_id)
    sent = _sent()
    return jsonify(html=themed(str(sent.get("html") or ""), str(sent.get("theme") or "")))


@console.post("/library/<int:item_id>/edit/pictures")
@signed_in
@takes_upload
def upload_picture(item_id: int) -> ResponseReturnValue:
    """A picture into the client's library; what was made of it is told, in bytes too."""
    actor().need("write")
    found, file = service.read(actor(), item_id), request.files.get("file")
    if file is None:
        raise Invalid("file", ("没有选择图片", "no picture was chosen"), field="file")
    data = file.stream.read(STANDARD.max_bytes + 1)
    kept = keeping.keep_file(actor(), found.row.client_id, file.filename or "", data)
    if not str(kept.content["mime"]).startswith("image/"):
        raise Invalid("file", ("这不是图片", "this is no picture"), field="file")
    sha, size = str(kept.content["sha256"]), int(kept.content["size"] or len(data))
    changes = [say(note.message) for note in kept.notes]
    return jsonify(sha256=sha, url=url_for("console.media", sha256=sha), before=len(data), after=size, changes=changes)


@console.get("/library/<int:item_id>/edit/covers/<sha256>")
@signed_in
def cropped_cover(item_id: int, sha256: str) -> ResponseReturnValue:
    """The cover as a feed crops it, made here from the numbers; its header tells how many bytes went in."""
    actor().need("see_library")
    service.read(actor(), item_id)
    _, data = picture(actor(), sha256)
    made = crop(data, request.args.get("shape", ""), _numbers("box"), _numbers("focus"))
    headers = {
        "X-Original-Bytes": str(len(data)),
        "X-Size": f"{made.width}x{made.height}",
        "Cache-Control": "private, max-age=60",
    }
    return Response(made.data, mimetype="image/jpeg", headers=headers)


@console.get("/library/<int:item_id>/edit/phone")
@signed_in
def article_on_phone(item_id: int) -> ResponseReturnValue:
    """One phone with the article as it is being written."""
    actor().need("see_library")
    return frame(drafted(actor(), item_id, request.args.get("tab", "")[:64], request.args.get("account", "")), look())


def shown(content: Any) -> dict[str, Any]:
    """A content with addresses that this page can load."""
    whole = {**content, **{field: for_page(str(content.get(field) or "")) for field in HTML}}
    variants = content.get("variants") or {}
    return {
        **whole,
        "variants": {key: {**own, "footer": for_page(str(own.get("footer") or ""))} for key, own in variants.items()},
    }


def _state(found: Any, item_id: int) -> dict[str, Any]:
    """What the script begins with."""
    kept = [
        {"tab": own.tab, "at": when(own.at, named=False), "content": shown(own.content), "made_from": own.made_from}
        for own in service.drafts(actor(), item_id)[:3]
    ]
    names = ("save_article", "keep_article", "clean_paste", "dress_article", "upload_picture", "article_on_phone")
    urls = {name: url_for(f"console.{name}", item_id=item_id) for name in names}
    return {
        "version": found.number, "content": shown(found.content), "drafts": kept, "may_write": actor().may("write"), "urls": urls,
        "covers": url_for("console.cropped_cover", item_id=item_id, sha256="0"), "media": url_for("console.media", sha256="0"),
    }  # fmt: skip


def _conflict(told: Conflicted) -> dict[str, Any]:
    changes = [asdict(change) for change in told.changes]
    for change in changes:
        if change["name"] in HTML:
            change.update(
                {side: for_page(change[side]) for side in ("mine", "theirs", "merged") if isinstance(change[side], str)}
            )
    return {"version": told.version, "by": told.theirs_by, "at": when(told.theirs_at, named=False), "changes": changes}


def _sent() -> dict[str, Any]:
    sent = request.get_json(silent=True)
    return sent if isinstance(sent, dict) else {}


def _content(sent: dict[str, Any]) -> dict[str, Any]:
    content = sent.get("content")
    if not isinstance(content, dict):
        raise Invalid("content", ("没有内容", "there is no content"), field="content")
    return content


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31 else 0


def _numbers(name: str) -> list[float] | None:
    """Numbers of the query, with commas; None when there are none."""
    written = request.args.get(name, "")
    try:
        return [float(part) for part in written.split(",")] if written else None
    except ValueError:
        raise Invalid("crop", ("裁剪框要是数字", "a crop is numbers"), field=name) from None
