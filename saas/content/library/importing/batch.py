"""What an import has read: items to be, their files laid aside, and what must be told. Stored in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from saas.channels import Finding
from saas.content.faults import block
from saas.content.files import Files, FolderError
from saas.content.library import placing, service
from saas.content.library.keeping import Kept, Refused, Spool, store
from saas.content.pictures import STANDARD
from saas.kernel.database import transaction
from saas.kernel.errors import Invalid, counted
from saas.tenants import audit
from saas.tenants.actor import Actor

MOST_ITEMS = 2000
HARD = frozenset({
    "encoding", "file_missing", "file_too_large", "file_unreadable", "path_leaves_folder", "zip_damaged", "yaml_syntax",
    "yaml_form", "yaml_size", "yaml_alias", "yaml_depth", "body_chars", "html_size", "body_depth", "body_bytes",
    "control_character", "card_kind", "picture_bytes", "picture_pixels", "picture_damaged", "picture_truncated",
    "picture_fit", "picture_type", "media_type", "video_bytes", "voice_bytes", "docx_damaged", "docx_macros",
    "docx_external", "docx_depth", "zip_bomb", "zip_link", "zip_files", "zip_size", "zip_encrypted", "missing",
    "too_long", "wrong_type", "appid", "template_data", "tags_count", "tag_chars",
})  # fmt: skip
"""Faults for which something of the material would be lost: an import with one of them stores nothing."""


@dataclass(frozen=True, slots=True)
class Brought:
    """An item to be. ``ref``: the place it came from, so that a second import finds it again."""

    kind: str
    content: Mapping[str, Any]
    name: str
    tags: Sequence[str] = ()
    ref: str | None = None
    note: str = ""


@dataclass(slots=True)
class Batch:
    """Everything one import has read."""

    place: Spool
    items: list[Brought] = field(default_factory=list)
    files: dict[str, Kept] = field(default_factory=dict)
    notes: list[Finding] = field(default_factory=list)

    def keep(self, name: str, data: bytes, where: str = "", line: int = 0) -> Kept | None:
        """Lay a file aside; None with a finding at ``where`` when it is not taken."""
        try:
            kept = self.place.put(name, data)
        except Refused as refused:
            self.notes.append(replace(refused.finding, where=where or name, line=line))
            return None
        self.files.setdefault(kept.sha256, kept)
        return kept

    def bring(self, kind: str, content: Mapping[str, Any], name: str, tags: Sequence[str] = (), **more: Any) -> None:
        """Add an item; ``more``: its ``ref`` and ``note``."""
        self.items.append(Brought(kind, content, name, tags, **more))

    def refuse(self, error: Invalid, where: str) -> None:
        """A fault of one file, told beside the others."""
        self.notes.append(block(error.code, where, error.message, error.remedy))


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import has made: items in order, how many pictures and files with them, and what was told on the way."""

    items: tuple[int, ...]
    files: int
    known: int
    notes: tuple[Finding, ...]


def data_of(files: Files, name: str, batch: Batch) -> bytes:
    """The bytes of a file, or none with the fault told."""
    try:
        return files.read(name, STANDARD.max_bytes)
    except FolderError as error:
        batch.refuse(Invalid(error.rule, error.message, ("先压缩或重新导出", "make it smaller or export it again")), name)
        return b""


def file_of(files: Files, name: str, batch: Batch) -> Kept | None:
    """A picture, video or voice of a folder, laid aside; None with the fault told."""
    data = data_of(files, name, batch)
    return batch.keep(name, data) if data else None


Keeper = Callable[[Actor, int, Brought], int | None]


def store_batch(
    actor: Actor, client_id: int, batch: Batch, *, folder: str = "", tags: Sequence[str] = (), again: Keeper | None = None
) -> Imported:
    """Store a batch whole. Invalid with every finding when something of it could not be read; then nothing is stored.

    ``folder``: a path in the client's library, made where it is not there. ``again`` is asked for an item whose ``ref`` is known:
    it gives the item's id when there is nothing left to do.
    """
    batch.notes = list(dict.fromkeys(batch.notes))
    hard = [found for found in batch.notes if found.severity == "block" and found.rule in HARD]
    if hard or not (batch.items or batch.files):
        raise _refused(hard, batch)
    made, new, known = [], 0, 0
    with transaction():
        folder_id = placing.folder_at(client_id, folder) if folder.strip() else None
        for kept in batch.files.values():
            _, fresh = store(actor, client_id, kept, batch.place, folder_id=folder_id)
            new += fresh
        for item in batch.items:
            there = again(actor, client_id, item) if again and item.ref else None
            known += there is not None
            made.append(there or _add(actor, client_id, item, folder_id, tags))
        audit.note(actor, "library.import", str(client_id), items=len(made), files=new)
    softened = tuple(replace(found, severity="warn") if found.severity == "block" else found for found in batch.notes)
    return Imported(tuple(made), new, known, (*softened, *batch.place.notes))


def _add(actor: Actor, client_id: int, item: Brought, folder_id: int | None, tags: Sequence[str]) -> int:
    both = tuple(dict.fromkeys([*item.tags, *tags]))[: placing.MOST_TAGS]
    place: dict[str, Any] = {"folder_id": folder_id, "tags": both, "ref": item.ref, "note": item.note}
    try:
        return service.add(actor, client_id, item.kind, item.content, **place).item_id
    except Invalid as error:
        error.field = f"{item.name}: {error.field}"
        raise


def _refused(hard: Sequence[Finding], batch: Batch) -> Invalid:
    if not hard:
        message = ("没有找到可以导入的内容", "nothing was found that can be imported")
        remedy = (
            "给出 Markdown、HTML、DOCX、图片、视频、语音，或装着它们的 zip",
            "give Markdown, HTML, DOCX, pictures, videos, voice, or a zip of them",
        )
        return Invalid("import_empty", message, remedy, "file", findings=[asdict(found) for found in batch.notes])
    message = (
        f"有 {len(hard)} 处读不进来，什么都没有保存",
        f"{counted(len(hard), 'thing')} cannot be taken in; nothing was stored",
    )
    remedy = ("请按每一条的提示修改后再导入", "mend each as it says, then import again")
    return Invalid("bad_import", message, remedy, "file", findings=[asdict(found) for found in [*hard, *_others(batch, hard)]])


def _others(batch: Batch, hard: Sequence[Finding]) -> list[Finding]:
    return [found for found in batch.notes if found not in hard]
