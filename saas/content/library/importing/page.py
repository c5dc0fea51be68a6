"""A page of HTML, as an editor or a browser saves it, into an article: its title, its words, its pictures; nothing that runs."""

from __future__ import annotations

import base64
import binascii
import posixpath
import re
from html import unescape
from typing import Any
from urllib.parse import unquote

from saas.channels import Finding
from saas.channels.message import MEDIA_SCHEME
from saas.content.faults import Words, block, warn
from saas.content.files import Files, FolderError
from saas.content.library.bodies import bounded, clean, taken_out, words_of
from saas.content.library.importing.batch import Batch
from saas.content.library.keeping import Kept
from saas.content.library.policy import MAX_BODY
from saas.content.pictures import STANDARD
from saas.kernel.errors import Invalid

MOST_BYTES = 64_000_000
_CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?([\w-]+)""", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_META = re.compile(
    r"""<meta[^>]+(?:name|property)\s*=\s*["']?(author|description|og:title|og:description)["']?[^>]*>""", re.IGNORECASE
)
_CONTENT = re.compile(r"""content\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_BODY = re.compile(r"<body[^>]*>(.*?)(?:</body\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_IMG = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_ADDRESS = re.compile(r"""\b(data-src|src)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
_DATA = re.compile(r"data:image/[\w.+-]+;base64,", re.IGNORECASE)
_UTF8: Words = ("另存为 UTF-8 后再导入", "save it as UTF-8, then import it")


def read_page(data: bytes, name: str, batch: Batch, files: Files | None = None) -> None:
    """Bring the page as an article. Pictures are those inside it (``data:``) and files beside it; others are told."""
    if not data:
        return
    try:
        html = decoded(data, name)
        body = _inner(html)
        body, pictures = with_pictures(body, name, batch, files)
        bounded(body)
        cleaned = clean(body, pictures=pictures)
    except Invalid as error:
        batch.refuse(error, name)
        return
    batch.notes += [Finding(n.rule, n.severity, name, n.message, n.remedy) for n in taken_out(body, cleaned)]
    batch.bring("article", page_content(html, cleaned, name), name)


def page_content(html: str, cleaned: str, name: str) -> dict[str, Any]:
    """Title, author and digest from the head of the page."""
    told = _told(html)
    title = told.get("og:title") or _plain(found[1] if (found := _TITLE.search(html)) else "")
    stem = posixpath.splitext(posixpath.basename(name))[0]
    return {
        "title": (title or stem)[:200],
        "author": told.get("author", "")[:100],
        "digest": (told.get("og:description") or told.get("description", ""))[:1000],
        "body": cleaned,
    }


def decoded(data: bytes, name: str) -> str:
    """The page as text: UTF-8, or what the page says it is. Invalid when it is neither, or holds NUL."""
    found = _CHARSET.search(data[:4096])
    named = found[1].decode("ascii", "replace").lower() if found else "utf-8"
    for charset in dict.fromkeys(("utf-8-sig", "gb18030" if named in ("gb2312", "gbk", "gb18030") else named)):
        try:
            text = data.decode(charset)
        except (UnicodeDecodeError, LookupError):
            continue
        if "\x00" in text:
            raise Invalid("encoding", (f"{name} 含有 NUL 字节", f"{name} holds NUL bytes"), _UTF8, name)
        return text.replace("\r\n", "\n").replace("\r", "\n")
    raise Invalid("encoding", (f"{name} 的文字编码读不出来", f"the encoding of {name} cannot be read"), _UTF8, name)


def _inner(html: str) -> str:
    found = _BODY.search(html)
    return found[1] if found else html


def _told(html: str) -> dict[str, str]:
    told: dict[str, str] = {}
    for tag in _META.finditer(html[:200_000]):
        content = _CONTENT.search(tag[0])
        if content:
            told.setdefault(tag[1].lower(), _plain(content[1] or content[2] or ""))
    return told


def _plain(text: str) -> str:
    return " ".join(unescape(words_of(text)).split())


def with_pictures(html: str, name: str, batch: Batch, files: Files | None) -> tuple[str, dict[str, str]]:
    """The HTML with its pictures named by hash, and each such address with its hash. Bytes are laid aside as they are found."""
    hashes: dict[str, str] = {}

    def replaced(tag: re.Match[str]) -> str:
        addresses = {m[1].lower(): (m[2] or m[3] or m[4] or "") for m in _ADDRESS.finditer(tag[0])}
        kept = next((k for a in ("src", "data-src") if (k := _kept(unescape(addresses.get(a, "")), name, batch, files))), None)
        bare = _ADDRESS.sub("", tag[0]) if kept or _DATA.match(addresses.get("src", "")) else tag[0]
        if kept is None:
            return bare
        address = f"{MEDIA_SCHEME}{kept.sha256}"
        hashes[address] = kept.sha256
        return f'<img src="{address}"{bare[4:]}'

    changed = _IMG.sub(replaced, html)
    if len(changed) > 4 * MAX_BODY:
        words = (f"{name} 的正文太大", f"the body of {name} is too large")
        raise Invalid("body_bytes", words, ("拆成几篇", "divide it"), "body")
    return changed, hashes


def _kept(address: str, name: str, batch: Batch, files: Files | None) -> Kept | None:
    if _DATA.match(address):
        return _inside(address, name, batch)
    if files is None or not address or ":" in address.split("/")[0] or address.startswith("//"):
        if address and not address.startswith(("http:", "https:", "//", "data:")) and ":" not in address:
            batch.notes.append(_missing(address, name))
        return None
    for path in (posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(address.split("?")[0]))), unquote(address)):
        try:
            if files.size(path) is not None:
                return batch.keep(path, files.read(path, STANDARD.max_bytes), name)
        except FolderError as error:
            batch.notes.append(block(error.rule, name, error.message, ("把图片放进文件夹里", "put the picture into the folder")))
            return None
    batch.notes.append(_missing(address, name))
    return None


def _missing(address: str, name: str) -> Finding:
    message = (f"没有找到图片 {address[:80]}", f"the picture {address[:80]} is not there")
    return warn(
        "picture_missing", name, message, ("把网页和图片一起打成 zip 再导入", "zip the page with its pictures and import that")
    )


def _inside(address: str, name: str, batch: Batch) -> Kept | None:
    encoded = address.partition(",")[2]
    if len(encoded) > STANDARD.max_bytes * 4 // 3:
        message = (f"{name} 里有一张超过 20 MB 的图片", f"{name} holds a picture of over 20 MB")
        batch.notes.append(block("picture_bytes", name, message, ("先压缩它", "make it smaller first")))
        return None
    try:
        data = base64.b64decode(encoded, validate=False)
    except (binascii.Error, ValueError):
        return None
    return batch.keep(f"{posixpath.splitext(posixpath.basename(name))[0]}-{len(batch.files) + 1}", data, name)
