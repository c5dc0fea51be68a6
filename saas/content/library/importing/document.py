"""A Word document into an article: its words, tables and pictures, in the house's styles.

Macros, embedded programs and templates loaded from elsewhere are refused; pictures that lie elsewhere are left out and told.
"""

from __future__ import annotations

import io
import posixpath
import re
import xml.etree.ElementTree as Plain
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import mammoth  # type: ignore[import-untyped]
from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from saas.channels import Finding
from saas.content.faults import shown, warn
from saas.content.files import FolderError, ZipFiles
from saas.content.library.bodies import clean, taken_out, words_of
from saas.content.library.importing.batch import Batch
from saas.content.library.keeping import Refused
from saas.content.pictures import STANDARD
from saas.content.rendering import style_inline
from saas.kernel.errors import Invalid, Words

MOST_XML = 6_000_000
"""Bytes of the text of a document: it becomes a tree some twenty times as large."""
_MACROS = re.compile(r"(vbaProject|vbaData)\.(bin|xml)$|/activeX/|^word/embeddings/.*\.bin$", re.IGNORECASE)
_LINKS = ("hyperlink",)
_LEFT_OUT = ("image",)
_NO_MACROS: Words = (
    "在 Word 里另存为 .docx（不含宏），删去嵌入的对象，再导入",
    "save it in Word as .docx without macros or embedded objects",
)
_HEAD = re.compile(r"^\s*<h1[^>]*>(.*?)</h1>", re.DOTALL)
_EMPTY = re.compile(r"<img(?![^>]*\ssrc=)[^>]*>")
_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='标题'] => h1:fresh\np[style-name='Quote'] => blockquote > p:fresh"


def read_document(data: bytes, name: str, batch: Batch) -> None:
    """Bring the document as an article; what is refused becomes a fault of this file."""
    if not data:
        return
    try:
        with NamedTemporaryFile(suffix=".docx") as file:
            file.write(data)
            file.flush()
            files = ZipFiles(Path(file.name))
            _inspect(files, name, batch)
        _convert(data, name, batch)
    except FolderError as error:
        batch.refuse(
            Invalid(error.rule, error.message, ("在 Word 里重新保存后再导入", "save it anew in Word, then import it")), name
        )
    except Invalid as error:
        batch.refuse(error, name)


def _inspect(files: ZipFiles, name: str, batch: Batch) -> None:
    """Raise Invalid for what no article needs and an attacker does; tell of pictures that lie elsewhere."""
    names = files.names()
    if "word/document.xml" not in names:
        raise Invalid(
            "docx_damaged", (f"{name} 不是 Word 文档", f"{name} is no Word document"), ("另存为 .docx", "save it as .docx"), name
        )
    macros = [part for part in names if _MACROS.search(part)]
    types = _xml(files, "[Content_Types].xml", name) if "[Content_Types].xml" in names else None
    if macros or (types is not None and "macroEnabled" in ElementTree.tostring(types, encoding="unicode")):
        words = (f"{name} 含有宏或嵌入的程序", f"{name} holds macros or embedded programs")
        raise Invalid("docx_macros", words, _NO_MACROS, name)
    for part in names:
        if part.endswith(".rels"):
            for kind, target in _outside(files, part, name):
                _relationship(kind, target, name, batch)
        elif part.endswith(".xml") and part.startswith("word/"):
            _xml(files, part, name)


def _relationship(kind: str, target: str, name: str, batch: Batch) -> None:
    if kind in _LINKS:
        return
    if kind in _LEFT_OUT:
        message = (
            f"一张图片在文档外面（{shown(target)}），没有带进来",
            f"a picture lies outside the document ({shown(target)}) and was left out",
        )
        batch.notes.append(
            warn("docx_external_picture", name, message, ("把图片插入文档，或另外上传", "insert the picture, or upload it"))
        )
        return
    words = (
        f"{name} 要从外面加载 {shown(kind)}：{shown(target)}",
        f"{name} loads a {shown(kind)} from elsewhere: {shown(target)}",
    )
    raise Invalid(
        "docx_external",
        words,
        ("在 Word 里断开链接，或复制到新文档再保存", "break the link in Word, or copy it into a new document"),
        name,
    )


def _outside(files: ZipFiles, part: str, name: str) -> Iterator[tuple[str, str]]:
    for relation in _xml(files, part, name).iter():
        if relation.get("TargetMode", "").lower() == "external":
            yield relation.get("Type", "").rpartition("/")[2], relation.get("Target", "")


def _xml(files: ZipFiles, part: str, name: str) -> Any:
    """A part of the document, parsed without entities. Invalid when it is too large, deep or damaged."""
    data = files.read(part, MOST_XML)
    try:
        return ElementTree.fromstring(data, forbid_dtd=True)
    except (DefusedXmlException, Plain.ParseError, ValueError) as error:
        words = (f"{name} 里的 {part} 读不出来", f"{part} in {name} cannot be read")
        raise Invalid(
            "docx_damaged", words, ("在 Word 里重新保存后再导入", "save it anew in Word, then import it"), name
        ) from error


def _convert(data: bytes, name: str, batch: Batch) -> None:
    def picture(image: Any) -> dict[str, str]:
        return _picture(image, name, batch)

    try:
        result = mammoth.convert_to_html(
            io.BytesIO(data), convert_image=mammoth.images.img_element(picture), style_map=_STYLES, external_file_access=False
        )
    except RecursionError:
        words = (f"{name} 里的表格或框套得太深", f"tables or frames in {name} are nested too deeply")
        raise Invalid(
            "docx_depth", words, ("把内容拉平，或复制为纯文本", "flatten them, or copy it as plain text"), name
        ) from None
    except (KeyError, ValueError, AttributeError, TypeError, OSError) as error:
        words = (f"{name} 解不开", f"{name} cannot be taken apart")
        raise Invalid(
            "docx_damaged", words, ("在 Word 里重新保存后再导入", "save it anew in Word, then import it"), name
        ) from error
    _bring(str(result.value), name, batch)


def _bring(html: str, name: str, batch: Batch) -> None:
    head = _HEAD.match(html)
    title = words_of(head[1]).replace("\n", " ") if head else ""
    kept = clean(html[head.end() :] if head else html)
    batch.notes += [Finding(n.rule, n.severity, name, n.message, n.remedy) for n in taken_out(html, kept) if n.rule != "html_tag"]
    stem = posixpath.splitext(posixpath.basename(name))[0]
    body = _EMPTY.sub("", clean(style_inline(kept))) if kept else ""
    batch.bring("article", {"title": (title or stem)[:200], "body": body}, name)


def _picture(image: Any, name: str, batch: Batch) -> dict[str, str]:
    """The address of a picture of the document. One of a kind that no platform takes (EMF, WMF) is left out and told."""
    with image.open() as stream:
        data = stream.read(STANDARD.max_bytes + 1)
    stem = posixpath.splitext(posixpath.basename(name))[0]
    try:
        kept = batch.place.put(f"{stem}-{len(batch.files) + 1}", data)
    except Refused as refused:
        found = refused.finding
        severity = "warn" if found.rule == "picture_type" else found.severity
        batch.notes.append(Finding(found.rule, severity, name, found.message, found.remedy))
        return {"src": ""}
    batch.files.setdefault(kept.sha256, kept)
    return {"src": f"media:{kept.sha256}"}
