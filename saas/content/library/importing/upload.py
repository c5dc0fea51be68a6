"""One upload into a client's library, whatever it is: told by its content, not by its name alone."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

from saas.content.files import Files, FolderError, open_files
from saas.content.library.importing.batch import Batch, Imported, store_batch
from saas.content.library.importing.document import read_document
from saas.content.library.importing.folder import ARTICLES, read_into
from saas.content.library.importing.page import read_page
from saas.content.library.importing.single import SingleFile
from saas.content.library.keeping import spool
from saas.content.library.placing import client_of
from saas.kernel.errors import Invalid
from saas.tenants.actor import Actor

MOST_BYTES = 64_000_000


def import_upload(
    actor: Actor, client_id: int, path: Path, name: str = "", *, folder: str = "", tags: Sequence[str] = ()
) -> Imported:
    """Take in a folder, a zip of one, or one file. Invalid lists every finding; then nothing is stored."""
    actor.need("write")
    client_of(client_id)
    with spool() as place:
        batch = Batch(place)
        read_upload(path, name or path.name, batch)
        return store_batch(actor, client_id, batch, folder=folder, tags=tags)


def read_upload(path: Path, name: str, batch: Batch) -> None:
    """Read it into the batch; nothing is stored. Invalid when it cannot be opened at all."""
    if path.is_dir():
        read_into(_opened(path), batch)
        return
    if not path.is_file():
        raise Invalid("file_missing", (f"没有 {name}", f"there is no {name}"), ("检查路径", "check the path"), "file")
    if path.stat().st_size > MOST_BYTES:
        size = path.stat().st_size
        words = (f"{name} 有 {size:,} 字节，最多 {MOST_BYTES:,}", f"{name} has {size:,} bytes, at most {MOST_BYTES:,}")
        raise Invalid("file_too_large", words, ("拆成几份", "divide it"), "file")
    if zipfile.is_zipfile(path):
        _zip(path, name, batch)
    else:
        _single(path, name, batch)


def _zip(path: Path, name: str, batch: Batch) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            is_document = "word/document.xml" in archive.NameToInfo
    except (zipfile.BadZipFile, OSError, ValueError):
        is_document = False  # what is wrong with it is said by who reads it
    if is_document or name.lower().endswith((".docx", ".docm", ".dotm")):
        read_document(path.read_bytes(), name, batch)
    else:
        read_into(_opened(path), batch)


def _single(path: Path, name: str, batch: Batch) -> None:
    lower = name.lower()
    if lower.endswith((".html", ".htm")) and path.read_bytes()[:3] != b"---":
        read_page(path.read_bytes(), name, batch)
    elif lower.endswith(ARTICLES):
        read_into(SingleFile(path, name), batch)
    elif lower.endswith((".docx", ".docm", ".doc")):
        words = (f"{name} 不是可读的 .docx", f"{name} is no readable .docx")
        raise Invalid("docx_damaged", words, ("在 Word 里另存为 .docx", "save it in Word as .docx"), "file")
    else:
        batch.keep(name, path.read_bytes())


def _opened(path: Path) -> Files:
    try:
        return open_files(path)
    except FolderError as error:
        raise Invalid(error.rule, error.message, ("重新打包后再导入", "pack it anew, then import it"), "file") from None
