"""Items back into a campaign folder: one that ``check`` accepts, and that imports again as it was exported."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from sqlalchemy import select, text

from saas.accounts.channels import registry
from saas.accounts.models import Account
from saas.content.campaign import NAME
from saas.content.folder import read_folder
from saas.content.library import service
from saas.content.library.contents import FILES
from saas.content.library.importing.rewriting import with_addresses
from saas.content.library.models import Item
from saas.content.library.views import ItemPage
from saas.content.messages import choose
from saas.kernel.database import db
from saas.kernel.errors import Invalid, NotFound
from saas.tenants.actor import Actor

_MEDIA = re.compile(r"media:([0-9a-f]{64})")
_ODD = re.compile(r"[^\w-]+")
_BLOB = text("SELECT data FROM blobs WHERE sha256 = :sha")
MOST_ITEMS = 500
_SUFFIX = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif"}


class _Plain(yaml.SafeDumper):
    """YAML without anchors: the reader takes none."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def dumped(value: Mapping[str, Any]) -> str:
    """A mapping as YAML that a person reads."""
    return str(yaml.dump(dict(value), Dumper=_Plain, allow_unicode=True, sort_keys=False, width=1_000_000))


@dataclass(frozen=True, slots=True)
class Plan:
    """What campaign.yaml says beside the items. ``accounts`` empty: those of the items' clients that can say it."""

    name: str = ""
    accounts: Sequence[str] = ()
    schedule: str = ""
    max_lateness: str = ""
    audience_tag: str = ""
    marketing: bool | None = None
    text: str = ""
    groups: Sequence[str] = ()


def export_folder(actor: Actor, picked: Sequence[int | tuple[int, int]], target: Path, plan: Plan | None = None) -> None:
    """Write items, by id or (id, version), into an empty folder. NotFound; Invalid when there is nothing or too much."""
    actor.need("see_library")
    pairs = [one if isinstance(one, tuple) else (one, None) for one in picked]
    if not 1 <= len(pairs) <= MOST_ITEMS:
        words = (f"一次导出 1–{MOST_ITEMS} 项", f"export 1 to {MOST_ITEMS} items at a time")
        raise Invalid("export_count", words, ("分几次导出", "export in parts"), "items")
    _Export(actor, target, plan or Plan()).write([service.read(actor, item, number) for item, number in pairs])


def export_zip(actor: Actor, picked: Sequence[int | tuple[int, int]], target: Path, plan: Plan | None = None) -> None:
    """The same as a zip; equal items give equal bytes."""
    with TemporaryDirectory(prefix="qunfa-export-") as place:
        export_folder(actor, picked, Path(place), plan)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(Path(place).rglob("*")):
                if file.is_file():
                    entry = zipfile.ZipInfo(file.relative_to(place).as_posix())
                    entry.compress_type = zipfile.ZIP_DEFLATED
                    archive.writestr(entry, file.read_bytes())


def everything(actor: Actor, client_id: int) -> list[int]:
    """Every item of a client that is not archived, in the order in which they came."""
    actor.need("see_library")
    rows = select(Item.id).where(Item.client_id == client_id, Item.archived_at.is_(None)).order_by(Item.id)
    return list(db.session.scalars(rows))


@dataclass(slots=True)
class _Export:
    """Writes one folder; every picture once, under the name of its item."""

    actor: Actor
    target: Path
    plan: Plan
    _places: dict[str, str] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)
    _extra: int = 0

    def write(self, pages: list[ItemPage]) -> None:
        by_kind: dict[str, list[ItemPage]] = {}
        for page in pages:
            by_kind.setdefault(page.row.kind, []).append(page)
        whole = self._campaign(by_kind)
        self._write(NAME, dumped(whole))
        accounts = list(self.plan.accounts) or self._accounts({page.row.client_id for page in pages})
        if accounts:
            order = {key: whole[key] for key in whole if key != "options"}
            self._write(NAME, dumped({**order, "accounts": accounts, **self._when()}))

    def _campaign(self, by_kind: dict[str, list[ItemPage]]) -> dict[str, Any]:
        whole: dict[str, Any] = {"name": self.plan.name or self._name(by_kind), "kind": "text"}
        if self.plan.marketing is not None:
            whole["marketing"] = self.plan.marketing
        articles = [self._article(page, n) for n, page in enumerate(by_kind.get("article", ()), 1)]
        if articles:
            whole["articles"] = articles
        texts, links, templates = (list(by_kind.get(kind, ())) for kind in ("text", "link", "template"))
        if self.plan.text or texts:
            whole["text"] = self.plan.text or texts.pop(0).content["text"]
        if links:
            whole["link"] = self._link(links.pop(0))
        if templates and not articles:
            whole["template"] = _template(templates.pop(0))
        for page in by_kind.get("picture", ()):
            place = self._picture(page.content["sha256"], page.content["name"])
            whole.setdefault("images", []).append(place)
        self._material([*texts, *links, *templates, *by_kind.get("mini_program", ())])
        for page in [*by_kind.get("video", ()), *by_kind.get("voice", ())]:
            self._picture(page.content["sha256"], page.content["name"], "material")
        return {**whole, "kind": _kind(whole)}

    def _name(self, by_kind: dict[str, list[ItemPage]]) -> str:
        first = next((pages[0] for kind in ("article", "text", "link", "template") if (pages := by_kind.get(kind))), None)
        return (first.row.title if first else "") or "素材"

    def _when(self) -> dict[str, Any]:
        plan = self.plan
        whom: dict[str, Any] = {"tag": plan.audience_tag} if plan.audience_tag else {}
        whom |= {"ids": list(plan.groups)} if plan.groups else {}
        told: dict[str, Any] = {"audience": whom} if whom else {}
        if plan.schedule:
            told["schedule"] = plan.schedule
        if plan.max_lateness:
            told["max_lateness"] = plan.max_lateness
        return told

    def _accounts(self, clients: set[int]) -> list[str]:
        draft = read_folder(self.target).campaign
        rows = db.session.scalars(select(Account).where(Account.client_id.in_(clients)).order_by(Account.id))
        able: list[str] = []
        for account in rows if draft else ():
            found = registry().get(account.channel)
            kind = found.channel.kind(account.kind) if found else None
            if draft and kind and choose(draft, kind):
                able.append(account.key)
        return able

    def _article(self, page: ItemPage, number: int) -> str:
        content = page.content
        front: dict[str, Any] = {key: content[key] for key in ("title", "author", "digest") if content[key]}
        front |= self._cover(content["cover"])
        front |= {key: True for key in ("original", "comments") if content[key]}
        front |= {"source_url": content["source_url"]} if content["source_url"] else {}
        front |= {"footer": self._html(content["footer"])} if content["footer"] else {}
        front |= {"tags": list(page.row.tags)} if page.row.tags else {}
        variants = {key: own for key, one in content["variants"].items() if (own := self._variant(one))}
        front |= {"variants": variants} if variants else {}
        markdown = self._markdown(content)
        name = f"articles/{number}-{_slug(page.row.title)}.{'html' if markdown is None else 'md'}"
        body = self._html(content["body"]) if markdown is None else markdown
        self._write(name, f"---\n{dumped(front)}---\n{body}" + ("" if body.endswith("\n") else "\n"))
        return name

    def _markdown(self, content: Mapping[str, Any]) -> str | None:
        markdown = content.get("source", {}).get("markdown")
        if not markdown:
            return None
        places = {f"media:{sha}": self._picture(sha) for sha in dict.fromkeys(_MEDIA.findall(markdown))}
        return with_addresses(markdown, places)

    def _variant(self, own: Mapping[str, Any]) -> dict[str, Any]:
        told = {key: own[key] for key in ("title", "digest") if own[key]}
        footer = {"footer": self._html(own["footer"])} if own["footer"] else {}
        return {**told, **self._cover(own["cover"]), **footer}

    def _cover(self, cover: Mapping[str, Any] | None) -> dict[str, Any]:
        if not cover:
            return {}
        crops = {ratio: _numbers(parts) for ratio, parts in cover["crops"].items()}
        crops |= {"focus": _numbers(cover["focus"])} if cover["focus"] else {}
        return {"cover": self._picture(cover["sha256"]), **({"crops": crops} if crops else {})}

    def _html(self, html: str) -> str:
        return _MEDIA.sub(lambda found: self._picture(found[1]), html)

    def _link(self, page: ItemPage) -> dict[str, Any]:
        content = page.content
        told = {key: content[key] for key in ("title", "url", "description") if content[key]}
        return {**told, **({"image": self._picture(content["image"]["sha256"])} if content["image"] else {})}

    def _material(self, pages: Sequence[ItemPage]) -> None:
        """What campaign.yaml has no place for: a file each."""
        for page in pages:
            self._extra += 1
            name = f"material/{self._extra:03d}-{_slug(page.row.title)}"
            tags = {"tags": list(page.row.tags)} if page.row.tags else {}
            if page.row.kind == "text":
                self._write(f"{name}.txt", page.content["text"].rstrip("\n") + "\n")
            elif page.row.kind == "template":
                self._write(
                    f"{name}.yaml", dumped({"kind": "template", "title": page.content["title"], **_template(page), **tags})
                )
            elif page.row.kind == "link":
                self._write(f"{name}.yaml", dumped({"kind": "link", **self._link(page), **tags}))
            else:
                image = page.content["image"]
                card = {key: page.content[key] for key in ("title", "appid", "path")}
                shown = {"image": self._picture(image["sha256"])} if image else {}
                self._write(f"{name}.yaml", dumped({"kind": "mini_program", **card, **shown, **tags}))

    def _picture(self, sha256: str, name: str = "", folder: str = "images") -> str:
        """The place of a picture or file, written when it is first asked for."""
        if sha256 not in self._places:
            place = self._free(folder, name or self._known(sha256))
            self._places[sha256] = place
            data = db.session.execute(_BLOB, {"sha": sha256}).scalar_one_or_none()
            if data is None:
                raise NotFound(("图片", "picture"), sha256)
            self._write(place, bytes(data))
        return self._places[sha256]

    def _known(self, sha256: str) -> str:
        """What the picture is called by an item of the library."""
        row = db.session.scalar(select(Item).where(Item.kind.in_(FILES), Item.thumb == sha256).order_by(Item.id).limit(1))
        if row is not None:
            return row.title
        mime = db.session.scalar(text("SELECT mime FROM blobs WHERE sha256 = :sha"), {"sha": sha256})
        return f"{sha256[:12]}.{_SUFFIX.get(str(mime), 'bin')}"

    def _free(self, folder: str, name: str) -> str:
        plain = PurePosixPath(name)
        stem, number = _slug(plain.stem), 1
        place = f"{folder}/{stem}{plain.suffix.lower()}"
        while place.lower() in self._taken:
            number += 1
            place = f"{folder}/{stem}-{number}{plain.suffix.lower()}"
        self._taken.add(place.lower())
        return place

    def _write(self, name: str, data: str | bytes) -> None:
        path = self.target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)


def _template(page: ItemPage) -> dict[str, Any]:
    content = page.content
    return {"id": content["id"], **({"url": content["url"]} if content["url"] else {}), "data": dict(content["data"])}


def _kind(whole: Mapping[str, Any]) -> str:
    needs = (("articles", "articles"), ("link", "link"), ("template", "template"), ("image", "images"), ("text", "text"))
    return next((kind for kind, key in needs if key in whole), "text")


def _numbers(parts: Sequence[float]) -> str:
    return " ".join(f"{part:.6f}".rstrip("0").rstrip(".") or "0" for part in parts)


def _slug(title: str) -> str:
    return _ODD.sub("-", title).strip("-_")[:40].strip("-") or "1"
