"""An account's own draft box into its client's library: articles with their pictures, known again by a second import."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import Any

from sqlalchemy import select

from saas.accounts.channels import installed
from saas.accounts.credentials import opened
from saas.accounts.line import Lines
from saas.accounts.models import Account as AccountRow
from saas.accounts.opening import run_with_lines
from saas.accounts.service import account_by_key
from saas.channels import Account, Finding
from saas.channels.drafts import DraftArticle, PlatformDraft
from saas.channels.platform import MaybeSent, NotSent, Platform
from saas.channels.registry import Installed
from saas.content.faults import shown, warn
from saas.content.library import service
from saas.content.library.bodies import clean, taken_out
from saas.content.library.importing.batch import Batch, Brought, Imported, store_batch
from saas.content.library.keeping import spool
from saas.content.library.models import Item, Version
from saas.kernel.database import db
from saas.kernel.errors import Conflict, Invalid, NotFound, both_sides
from saas.kernel.sealing import CannotOpen, sealer_with
from saas.kernel.settings import settings
from saas.tenants.actor import Actor

MOST = 50
"""Drafts that one import brings at most."""
_IMG = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_SOURCE = re.compile(r"""\s(data-src|src)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A draft of an account, and the items that came from it already, by article."""

    id: str
    changed_at: datetime
    titles: tuple[str, ...]
    items: tuple[int | None, ...]


def list_drafts(actor: Actor, key: str) -> list[DraftRow]:
    """What lies in the account's draft box. NotFound; Invalid where a channel has none; Conflict when the platform is silent."""
    actor.need("see_library")
    account = account_by_key(key)
    client = account.client_id
    found = _asked(actor, account, lambda hooked, seen, line: _listed(hooked, seen, line))
    known = {
        item.ref: item.id for item in db.session.scalars(select(Item).where(Item.client_id == client, Item.ref.is_not(None)))
    }
    return [
        DraftRow(
            draft.id,
            draft.changed_at,
            tuple(article.title for article in draft.articles),
            tuple(known.get(_ref(key, draft.id, place)) for place in range(len(draft.articles))),
        )
        for draft in found
    ]


def import_drafts(actor: Actor, key: str, ids: Sequence[str], *, folder: str = "", tags: Sequence[str] = ()) -> Imported:
    """Bring drafts into the library of the account's client. One that came before and was changed there gets a new version,
    unless somebody has changed it here too: then it is left as it is, and told."""
    actor.need("write")
    if not 1 <= len(ids) <= MOST:
        words = (f"一次导入 1–{MOST} 份草稿", f"import 1 to {MOST} drafts at a time")
        raise Invalid("drafts_count", words, ("选好草稿再试", "choose the drafts"), "drafts")
    account = account_by_key(key)
    client = account.client_id
    with spool() as place:
        batch = Batch(place)
        wanted = set(ids)
        seen_ids = _asked(actor, account, lambda hooked, seen, line: _fetched(hooked, seen, line, wanted, key, batch))
        if missing := wanted - set(seen_ids):
            raise NotFound(("草稿", "draft"), sorted(missing)[0])
        return store_batch(actor, client, batch, folder=folder, tags=tags, again=lambda a, c, item: _again(a, c, item, batch))


def _again(actor: Actor, client_id: int, item: Brought, batch: Batch) -> int | None:
    """What becomes of a draft that is in the library already; None when it is not."""
    known = db.session.scalar(select(Item).where(Item.client_id == client_id, Item.ref == item.ref).with_for_update())
    if known is None:
        return None
    held = db.session.get_one(Version, (actor.tenant_id, known.id, known.version))
    came = db.session.scalar(
        select(Version).where(Version.item_id == known.id, Version.note.like("⇣%")).order_by(Version.number.desc()).limit(1)
    )
    mark = f"⇣ {_print(item.content)}"
    if came is not None and came.note == mark:
        return known.id
    if held.number != (came.number if came else 1):
        message = ("平台上和这里都改过，保留了这里的", "it was changed on the platform and here; what is here was kept")
        batch.notes.append(warn("draft_both_changed", item.name, message, ("对照后手工合并", "compare and put together by hand")))
        return known.id
    return service.write(actor, known, item.content, mark).item_id


def _print(content: Mapping[str, Any]) -> str:
    """A short mark of what came, to see whether it has changed there since."""
    told = repr(sorted((key, str(value)) for key, value in content.items()))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _asked(actor: Actor, account: AccountRow, task: Any) -> Any:
    """Ask the account's platform; no transaction is open meanwhile."""
    hooked, key = installed(account.channel), account.key
    if hooked.hook.drafts is None:
        words = (f"账号“{key}”所在的渠道没有草稿箱", f"the channel of '{key}' has no draft box")
        raise Invalid("no_drafts", words, ("换一个公众号账号", "use an Official Account"), "account")
    try:
        columns = {c.key: getattr(account, c.key) for c in account.__table__.columns}
        seen = opened(sealer_with(settings().encryption_keys), columns)
    except CannotOpen:
        raise _silent(key, ("存储的凭据无法打开", "the stored credentials cannot be opened")) from None
    db.session.rollback()

    async def ask(lines: Lines) -> Any:
        return await task(hooked, seen, lines.of(actor.tenant_id, seen))

    try:
        return run_with_lines(settings(), ask)
    except (NotSent, MaybeSent) as error:
        raise _silent(key, both_sides(str(error))) from None


async def _listed(hooked: Installed, seen: Account, line: Platform) -> list[PlatformDraft]:
    return [draft async for page in hooked.hook.drafts(account=seen, platform=line) for draft in page]


async def _fetched(hooked: Installed, seen: Account, line: Platform, ids: set[str], key: str, batch: Batch) -> list[str]:
    found: list[str] = []
    async for page in hooked.hook.drafts(account=seen, platform=line):
        for draft in page:
            if draft.id in ids:
                found.append(draft.id)
                for place, article in enumerate(draft.articles):
                    await _bring(hooked, seen, line, article, _ref(key, draft.id, place), batch)
    return found


async def _bring(hooked: Installed, seen: Account, line: Platform, article: DraftArticle, ref: str, batch: Batch) -> None:
    """One article with its pictures; a picture that cannot be had is left out and told."""
    where, hashes = shown(article.title) or "?", {}
    for tag in _IMG.findall(article.html):
        for address in [unescape(found[1] or found[2]) for found in _SOURCE.findall(tag)]:
            if address not in hashes and (sha := await _picture(hooked, seen, line, address, where, batch)):
                hashes[address] = sha
    cover = await _picture(hooked, seen, line, article.cover, where, batch) if article.cover else ""
    body = clean(
        _IMG.sub(lambda found: _settled(found[0], hashes), article.html), pictures={f"media:{s}": s for s in hashes.values()}
    )
    batch.notes += [Finding(n.rule, n.severity, where, n.message, n.remedy) for n in taken_out(article.html, body)]
    crops = {ratio: _box(told) for ratio, told in article.crops.items() if _box(told)}
    content = {
        "title": article.title[:200], "author": article.author[:100], "digest": article.digest[:1000], "body": body,
        "cover": {"sha256": cover, "crops": crops} if cover else None, "comments": article.comments,
        "source_url": article.source_url if article.source_url.startswith("https://") else "",
    }  # fmt: skip
    batch.bring("article", content, where, ref=ref, note=f"⇣ {_print(content)}")


async def _picture(hooked: Installed, seen: Account, line: Platform, address: str, where: str, batch: Batch) -> str:
    try:
        data = await hooked.hook.draft_picture(account=seen, address=address, platform=line)
    except (NotSent, MaybeSent) as error:
        zh, en = both_sides(str(error))
        message = (f"图片 {shown(address)} 取不到：{zh}", f"the picture {shown(address)} cannot be had: {en}")
        batch.notes.append(warn("draft_picture", where, message, ("在平台上另存后上传", "save it on the platform and upload it")))
        return ""
    kept = batch.keep(f"{shown(where, 40)}-{len(batch.files) + 1}", data, where)
    return kept.sha256 if kept and kept.kind == "picture" else ""


def _settled(tag: str, hashes: Mapping[str, str]) -> str:
    """The tag with the library's name of its picture in the place of the platform's addresses."""
    addresses = [unescape(found[1] or found[2]) for found in _SOURCE.findall(tag)]
    sha = next((hashes[address] for address in addresses if address in hashes), "")
    return f'<img src="media:{sha}"{_SOURCE.sub("", tag)[4:]}' if sha else tag


def _box(told: str) -> list[float]:
    """``x1_y1_x2_y2`` as left, top, width, height."""
    try:
        x1, y1, x2, y2 = (float(part) for part in told.split("_"))
    except ValueError:
        return []
    box = [x1, y1, round(x2 - x1, 6), round(y2 - y1, 6)]
    return box if all(0 <= part <= 1 for part in box) else []


def _ref(key: str, draft: str, place: int) -> str:
    return f"draft:{key}:{draft}:{place}"


def _silent(key: str, why: tuple[str, str]) -> Conflict:
    message = (f"平台没有给出账号“{key}”的草稿：{why[0]}", f"the platform gave no drafts of '{key}': {why[1]}")
    return Conflict("platform_silent", message, ("请检查账号的连接后重试", "check the account's connection, then try again"))
