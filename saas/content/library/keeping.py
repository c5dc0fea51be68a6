"""Pictures, videos and voice on their way into the library: checked by their content, fitted, laid aside on disk until stored.

One file is in memory at a time, however many an import brings.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select, text

from saas.channels import Finding
from saas.content.faults import Words, block, megabytes, note, shown
from saas.content.fitting import CannotFit, Fit, fit
from saas.content.library import placing, service
from saas.content.library.media_types import VIDEO_BYTES, VOICE_BYTES, read_media
from saas.content.library.models import Item
from saas.content.library.views import Saved
from saas.content.pictures import DECODE_ERRORS, read_picture
from saas.kernel.database import db, transaction
from saas.kernel.errors import Invalid
from saas.tenants.actor import Actor

KEPT = Fit(8_000_000, 2560, 0, frozenset({"image/jpeg", "image/png", "image/gif"}))
"""What is kept of a picture: enough for every crop and every platform."""
SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif"}
_STORE = text("INSERT INTO blobs (sha256, mime, data) VALUES (:sha, :mime, :data) ON CONFLICT DO NOTHING")
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:ref, :client))")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that may be stored; its bytes lie in the spool under its hash."""

    kind: str
    sha256: str
    mime: str
    size: int
    name: str
    width: int = 0
    height: int = 0
    seconds: int = 0

    def content(self, alt: str = "") -> dict[str, Any]:
        """The content of its item."""
        return {
            "sha256": self.sha256, "mime": self.mime, "size": self.size, "width": self.width, "height": self.height,
            "seconds": self.seconds, "name": self.name, "alt": alt, "description": "",
        }  # fmt: skip


class Refused(Exception):
    """A file that is not taken; ``finding`` says which rule and what to do."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message[1])
        self.finding = finding


@dataclass(slots=True)
class Spool:
    """Checked files in a folder of their own, by hash."""

    folder: Path
    notes: list[Finding] = field(default_factory=list)
    _names: dict[str, Kept] = field(default_factory=dict)

    def put(self, name: str, data: bytes) -> Kept:
        """Check and fit a file. Refused with the finding when it must not or cannot be kept."""
        before = hashlib.sha256(data).hexdigest()
        if before not in self._names:
            media = read_media(data)
            self._names[before] = self._media(name, data) if media else self._picture(name, data)
        return self._names[before]

    def data(self, sha256: str) -> bytes:
        """The bytes that were put."""
        return (self.folder / sha256).read_bytes()

    def _picture(self, name: str, data: bytes) -> Kept:
        reading = read_picture(data, name=name)
        if not reading.usable:
            raise Refused(next(found for found in reading.findings if found.severity == "block"))
        try:
            fitted = fit(data, KEPT)
        except (CannotFit, *DECODE_ERRORS):
            message = (
                f"{shown(name)} 压不到 {megabytes(KEPT.max_bytes)}",
                f"{shown(name)} cannot be brought under {megabytes(KEPT.max_bytes)}",
            )
            raise Refused(block("picture_fit", name, message, ("换一张更小的图片", "use a smaller picture"))) from None
        if fitted.changes:
            message = ("；".join(zh for zh, _ in fitted.changes), "; ".join(en for _, en in fitted.changes))
            self.notes.append(note("picture_fitted", name, message, ("不需要做什么", "nothing to do")))
        (self.folder / fitted.sha256).write_bytes(fitted.data)
        suffix = SUFFIXES[fitted.mime]
        return Kept("picture", fitted.sha256, fitted.mime, len(fitted.data), _named(name, suffix), fitted.width, fitted.height)

    def _media(self, name: str, data: bytes) -> Kept:
        media = read_media(data)
        if media is None:
            raise Refused(_no_media(name))
        most = VIDEO_BYTES if media.kind == "video" else VOICE_BYTES
        if len(data) > most:
            message = (
                f"{shown(name)} 有 {megabytes(len(data))}，最多 {megabytes(most)}",
                f"{shown(name)} has {megabytes(len(data))}, at most {megabytes(most)}",
            )
            raise Refused(block(f"{media.kind}_bytes", name, message, ("先压缩再上传", "make it smaller first")))
        sha256 = hashlib.sha256(data).hexdigest()
        (self.folder / sha256).write_bytes(data)
        return Kept(media.kind, sha256, media.mime, len(data), _named(name, media.suffix), seconds=media.seconds)


def _no_media(name: str) -> Finding:
    message: Words = (f"{shown(name)} 不是能用的视频或语音", f"{shown(name)} is no video or voice that can be used")
    return block("media_type", name, message, ("导出为 MP4、MP3、AMR、M4A 或 WAV", "export it as MP4, MP3, AMR, M4A or WAV"))


def _named(name: str, suffix: str) -> str:
    """The file's own name with the suffix of what it really is."""
    plain = PurePosixPath(posixpath.basename(name.replace("\\", "/")) or "file")
    stem = shown(plain.stem, 80).strip(". ") or "file"
    known = plain.suffix.lower().lstrip(".").replace("jpeg", "jpg") == suffix
    return f"{stem}{plain.suffix if known else '.' + suffix}"


@contextmanager
def spool() -> Iterator[Spool]:
    """A place for files that goes when the block ends."""
    with TemporaryDirectory(prefix="qunfa-library-") as place:
        yield Spool(Path(place))


def keep_file(actor: Actor, client_id: int, name: str, data: bytes, *, folder: str = "", alt: str = "") -> Saved:
    """A picture, video or voice as an item of the client; the item it already has when the same bytes were kept before.

    ``folder``: a path in the client's library, made where it is not there.
    Invalid names the rule and the remedy. Fitting happens before the transaction opens.
    """
    actor.need("write")
    with spool() as place:
        try:
            kept = place.put(name, data)
        except Refused as refused:
            found = refused.finding
            raise Invalid(found.rule, found.message, found.remedy, "file") from None
        with transaction():
            folder_id = placing.folder_at(client_id, folder) if folder.strip() else None
            item, made = store(actor, client_id, kept, place, folder_id=folder_id, alt=alt)
    content = kept.content(alt) if made else dict(service.read(actor, item).content)
    return Saved(item, service.read(actor, item).number, content, unchanged=not made, notes=tuple(place.notes))


def store(
    actor: Actor, client_id: int, kept: Kept, place: Spool, *, folder_id: int | None = None, alt: str = ""
) -> tuple[int, bool]:
    """The item of a kept file, and whether it is new; in the running transaction."""
    db.session.execute(_STORE, {"sha": kept.sha256, "mime": kept.mime, "data": place.data(kept.sha256)})
    ref = f"sha256:{kept.sha256}"
    db.session.execute(_ONE_AT_A_TIME, {"ref": ref, "client": client_id})
    known = db.session.scalar(select(Item).where(Item.client_id == client_id, Item.ref == ref))
    if known is not None:
        known.archived_at = None
        return known.id, False
    saved = service.add(actor, client_id, kept.kind, kept.content(alt), folder_id=folder_id, ref=ref)
    return saved.item_id, True
