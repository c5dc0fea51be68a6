"""The folder ``material/`` of an export: what a campaign folder has no place for, one file each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from saas.channels import Finding
from saas.content.files import Files
from saas.content.library.importing.batch import Batch, file_of
from saas.content.strict_yaml import Fields, read_mapping
from saas.content.text_files import read_text
from saas.kernel.errors import Invalid


def read_material(files: Files, names: list[str], batch: Batch) -> None:
    """Texts (``.txt``) and cards (``.yaml``: link, mini_program, template), by name."""
    for name in names:
        try:
            if name.endswith(".txt"):
                _text(files, name, batch)
            elif name.endswith((".yaml", ".yml")):
                _card(files, name, batch)
            elif not name.endswith(".md"):
                file_of(files, name, batch)
        except Invalid as error:
            batch.refuse(error, name)


def _text(files: Files, name: str, batch: Batch) -> None:
    found: list[Finding] = []
    text = read_text(files, name, found)
    batch.notes += found
    if text and text.strip():
        batch.bring("text", {"text": text.rstrip("\n")}, name)


def _card(files: Files, name: str, batch: Batch) -> None:
    found: list[Finding] = []
    text = read_text(files, name, found)
    fields = read_mapping(text, name, 1, found) if text is not None else None
    batch.notes += found
    if fields is None:
        return
    kind = fields.text("kind")
    if kind not in CARDS:
        known = ", ".join(CARDS)
        words = (f"{name} 没有写 kind", f"{name} has no kind")
        raise Invalid("card_kind", words, (f"写 {known} 之一", f"write one of {known}"), "kind")
    tags = [tag for tag, _ in fields.texts("tags") or []]
    batch.bring(kind, {**CARDS[kind](fields), **_image(fields, files, batch, kind)}, name, tags)


def _link(fields: Fields) -> dict[str, Any]:
    return {key: fields.text(key) for key in ("title", "url", "description")}


def _mini_program(fields: Fields) -> dict[str, Any]:
    return {key: fields.text(key) for key in ("title", "appid", "path")}


def _template(fields: Fields) -> dict[str, Any]:
    data = fields.mapping("data")
    return {
        **{key: fields.text(key) for key in ("title", "id", "url")},
        "data": {k: data.text(k) for k in data.each()} if data else {},
    }


CARDS: dict[str, Callable[[Fields], dict[str, Any]]] = {"link": _link, "mini_program": _mini_program, "template": _template}


def _image(fields: Fields, files: Files, batch: Batch, kind: str) -> dict[str, Any]:
    written = fields.text("image")
    if kind == "template":
        return {}
    kept = file_of(files, written, batch) if written else None
    return {"image": {"sha256": kept.sha256} if kept else None}
