"""The library's folders and tags, uploads, imports and exports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from flask import Response, request
from marshmallow import fields, validate
from werkzeug.datastructures import FileStorage

from saas.content.library import exporting, keeping, placing
from saas.content.library.importing.batch import Imported
from saas.content.library.importing.platform_drafts import import_drafts, list_drafts
from saas.content.library.importing.upload import import_upload
from saas.content.library.media_types import VIDEO_BYTES
from saas.content.library.views import Saved
from saas.kernel.errors import Invalid
from saas.tenants.actor import Actor
from saas.web.api.blueprint import Resource
from saas.web.api.campaigns import FindingItem
from saas.web.api.fields import Strict
from saas.web.api.library_fields import SavedItem
from saas.web.doors import needs, takes_upload

blp = Resource("library_files", "/library", "The material library: folders, tags, import and export")
FILE = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "client_id"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "client_id": {"type": "integer"},
                        "folder": {"type": "string", "description": "a path such as 春季/活动; made where it is not there"},
                        "tags": {"type": "string", "description": "with commas"},
                        "alt": {"type": "string", "description": "of a picture: what one who cannot see it is told"},
                    },
                }
            }
        },
    }
}
ZIP = {"responses": {"200": {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}}}


class FolderItem(Strict):
    """A folder, its path, and how many items lie in it."""

    id = fields.Integer()
    client_id = fields.Integer()
    parent_id = fields.Integer(allow_none=True)
    name = fields.String()
    path = fields.String()
    items = fields.Integer()


class OfClient(Strict):
    """Of which client; without it of all."""

    client = fields.Integer(load_default=None, validate=validate.Range(min=1))


class NewFolder(Strict):
    """A folder by its path (``春季/活动``)."""

    client_id = fields.Integer(required=True, validate=validate.Range(min=1))
    path = fields.String(required=True, validate=validate.Length(min=1, max=800))


class FolderId(Strict):
    """The folder's number."""

    id = fields.Integer()


class FolderName(Strict):
    """What a folder is called."""

    name = fields.String(required=True, validate=validate.Length(min=1, max=200))


class TagCount(Strict):
    """A tag and how many items carry it."""

    tag = fields.String()
    items = fields.Integer()


class ImportedItem(Strict):
    """The items an import made, how many files with them, how many were known, and what was told on the way."""

    items = fields.List(fields.Integer())
    files = fields.Integer()
    known = fields.Integer()
    notes = fields.List(fields.Nested(FindingItem))


class PlatformDraftItem(Strict):
    """A draft of an account: its articles' titles, and the items that came from them already."""

    id = fields.String()
    changed_at = fields.AwareDateTime()
    titles = fields.List(fields.String())
    items = fields.List(fields.Integer(allow_none=True))


class WantedDrafts(Strict):
    """Which drafts, and where they are put."""

    ids = fields.List(fields.String(validate=validate.Length(1, 200)), required=True, validate=validate.Length(1, 50))
    folder = fields.String(load_default="", validate=validate.Length(max=800))
    tags = fields.List(fields.String(validate=validate.Length(max=200)), load_default=list, validate=validate.Length(max=30))


class Exported(Strict):
    """Which items, with commas; or all of a client. ``name`` is what campaign.yaml calls it."""

    items = fields.String(load_default="", validate=validate.Regexp(r"^(\d{1,18}(,\d{1,18})*)?$"))
    client = fields.Integer(load_default=None, validate=validate.Range(min=1))
    name = fields.String(load_default="", validate=validate.Length(max=200))


@blp.on("POST", "/files")
@takes_upload
@needs("write", "write")
@blp.documented(**FILE)
@blp.gives(201, SavedItem)
def keep(actor: Actor) -> Saved:
    """Keep a picture, video or voice; of the same bytes there is one item a client."""
    client_id, file = _client(), _file()
    data = file.stream.read(VIDEO_BYTES + 1)
    folder, alt = request.form.get("folder", ""), request.form.get("alt", "")
    return keeping.keep_file(actor, client_id, file.filename or "", data, folder=folder, alt=alt)


@blp.on("POST", "/import")
@takes_upload
@needs("write", "write")
@blp.documented(**FILE)
@blp.gives(201, ImportedItem)
def take_in(actor: Actor) -> Imported:
    """Import Markdown, HTML, DOCX, pictures, videos, voice, or a zip of them; 422 lists every fault, then nothing is stored."""
    client_id, file = _client(), _file()
    with laid_down(file) as path:
        tags = [tag for tag in request.form.get("tags", "").replace("，", ",").split(",") if tag.strip()]
        return import_upload(actor, client_id, path, file.filename or "", folder=request.form.get("folder", ""), tags=tags)


@blp.on("GET", "/accounts/<key>/drafts")
@needs("see_library")
@blp.gives(200, PlatformDraftItem(many=True))
def drafts(actor: Actor, key: str) -> Any:
    """What lies in the account's own draft box, as its platform lists it now."""
    return list_drafts(actor, key)


@blp.on("POST", "/accounts/<key>/drafts")
@needs("write", "write")
@blp.takes(WantedDrafts)
@blp.gives(201, ImportedItem)
def fetch_drafts(actor: Actor, wish: dict[str, Any], key: str) -> Imported:
    """Bring drafts into the library of the account's client; what came before and was changed there gets a new version."""
    return import_drafts(actor, key, wish["ids"], folder=wish["folder"], tags=wish["tags"])


@blp.on("GET", "/export")
@needs("see_library")
@blp.takes(Exported, location="query")
@blp.documented(**ZIP)
@blp.gives(200)
def export(actor: Actor, wish: dict[str, Any]) -> Response:
    """A zip of a campaign folder that ``check`` accepts, and that imports again as it was."""
    return zipped(actor, [int(item) for item in wish["items"].split(",") if item], wish["client"], wish["name"])


@blp.on("GET", "/folders")
@needs("see_library")
@blp.takes(OfClient, location="query")
@blp.gives(200, FolderItem(many=True))
def folders(actor: Actor, which: dict[str, Any]) -> Any:
    """The folders, by path."""
    return placing.folders(actor, which["client"])


@blp.on("POST", "/folders")
@needs("write", "write")
@blp.takes(NewFolder)
@blp.gives(201, FolderId)
def make_folder(actor: Actor, new: dict[str, Any]) -> dict[str, int]:
    """The folder of that path, made with those above it where they are not there."""
    return {"id": placing.make_folder(actor, new["client_id"], new["path"])}


@blp.on("PATCH", "/folders/<int:folder_id>")
@needs("write", "write")
@blp.takes(FolderName)
@blp.gives(204)
def rename_folder(actor: Actor, wish: dict[str, str], folder_id: int) -> None:
    """Call a folder otherwise."""
    placing.rename_folder(actor, folder_id, wish["name"])


@blp.on("DELETE", "/folders/<int:folder_id>")
@needs("write", "write")
@blp.gives(204)
def remove_folder(actor: Actor, folder_id: int) -> None:
    """Remove an empty folder."""
    placing.remove_folder(actor, folder_id)


@blp.on("GET", "/tags")
@needs("see_library")
@blp.takes(OfClient, location="query")
@blp.gives(200, TagCount(many=True))
def tags(actor: Actor, which: dict[str, Any]) -> list[dict[str, Any]]:
    """Tags in use, the most used first."""
    return [{"tag": tag, "items": count} for tag, count in placing.tags(actor, which["client"])]


def zipped(actor: Actor, items: list[int], client: int | None, name: str) -> Response:
    """The export as a download."""
    picked = items or (exporting.everything(actor, client) if client else [])
    with TemporaryDirectory(prefix="qunfa-export-") as place:
        target = Path(place) / "library.zip"
        exporting.export_zip(actor, picked, target, exporting.Plan(name=name))
        headers = {"Content-Disposition": "attachment; filename=library.zip", "Content-Length": str(target.stat().st_size)}
        return Response(_pieces(target.open("rb")), mimetype="application/zip", headers=headers)


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    """The file piece by piece; its name is gone already, so it goes with the last."""
    with stream:
        while piece := stream.read(262_144):
            yield piece


@contextmanager
def laid_down(file: FileStorage) -> Iterator[Path]:
    """The upload on disk under a name of ours."""
    with TemporaryDirectory(prefix="qunfa-upload-") as place:
        path = Path(place) / "upload"
        file.save(path)
        yield path


def _client() -> int:
    given = request.form.get("client_id", "")
    if not given.isdecimal() or len(given) > 18 or not int(given):
        words = ("没有写明是哪个客户的素材", "which client it is for is not said")
        raise Invalid("client_missing", words, ("填写 client_id", "give client_id"), "client_id")
    return int(given)


def _file() -> FileStorage:
    file = request.files.get("file")
    if file is None or not file.filename:
        words = ("没有上传文件", "no file was uploaded")
        raise Invalid("file_missing", words, ("放在 file 字段", "send it in the field 'file'"), "file")
    return file
