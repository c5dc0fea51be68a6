"""One article with YAML front matter, Markdown or HTML by its file's name → ``ArticleSource`` and every fault of the file."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace

from saas.channels import Finding
from saas.content.draft import ArticleSource
from saas.content.faults import Words, block, in_file, shown, warn
from saas.content.files import Files
from saas.content.links import FoundLink, link_fault
from saas.content.paths import find_file
from saas.content.strict_yaml import Fields, read_mapping
from saas.content.text_files import read_text
from saas.content.variants import read_crops, read_variants
from saas.content.written import parts_of

KEYS = ("title", "author", "digest", "cover", "crops", "footer", "original", "source_url", "comments", "tags", "variants")
MAX_BODY = 100_000
MAX_HTML = 400_000
HTML_FILES = (".html", ".htm")
_FRONT = re.compile(r"---[ \t]*\n(.*?)(?:\n|\A)---[ \t]*(?:\n|\Z)", re.DOTALL)
_ODD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202d\u202e\ufff9-\ufffb]")
_INTO_FOLDER: Words = ("把图片下载下来放进 images/，再引用它", "save the picture into images/ and name it from there")
_REMOVE: Words = ("删掉它", "remove it")


def read_article(files: Files, name: str, found: list[Finding]) -> ArticleSource | None:
    """The article of that file, or None when it cannot be read at all; its faults go to ``found``."""
    text = read_text(files, name, found)
    if text is None:
        return None
    front, body, line = split_article(text)
    fields = read_mapping(front, name, 2, found)
    if fields is None:
        return ArticleSource(name, body=body, line=line)
    article = _from_fields(fields, name, body, line)
    found.extend(_front_faults(fields, article))
    most = MAX_HTML if article.form == "html" else MAX_BODY
    if len(body) > most:
        found.append(_endless(article, most))
        article = replace(article, body="")
    found.extend(_odd_characters(text, name))
    return _with_files(article, fields, files, found)


def split_article(text: str) -> tuple[str, str, int]:
    """Front matter, body, and the line on which the body begins."""
    match = _FRONT.match(text)
    if not match:
        return "", text, 1
    return match[1], text[match.end() :], text.count("\n", 0, match.end()) + 1


def _from_fields(fields: Fields, name: str, body: str, line: int) -> ArticleSource:
    return ArticleSource(
        file=name,
        title=fields.text("title"),
        author=fields.text("author"),
        digest=fields.text("digest"),
        original=fields.flag("original", default=False),
        written_cover=fields.text("cover"),
        source_url=fields.text("source_url"),
        comments=fields.flag("comments", default=False),
        body=body,
        line=line,
        lines=dict(fields.lines),
        form="html" if name.lower().endswith(HTML_FILES) else "markdown",
        footer=fields.text("footer"),
        crops=read_crops(fields),
        variants=read_variants(fields),
        tags=tuple(tag for tag, _ in fields.texts("tags") or []),
    )


def _front_faults(fields: Fields, article: ArticleSource) -> list[Finding]:
    fields.refuse_unknown(KEYS)
    found: list[Finding] = []
    if not article.title:
        message = ("这篇文章没有标题", "this article has no title")
        remedy = ("在文件开头的 --- 之间写 title: 标题", "write title: … between the --- lines at the top")
        found.append(block("title_missing", in_file(article.file, "title"), message, remedy, fields.lines.get("title", 1)))
    if not article.body.strip():
        message = ("这篇文章没有正文", "this article has no body")
        found.append(
            block("body_missing", article.file, message, ("在 --- 之后写正文", "write the body after the --- line"), article.line)
        )
    fault = link_fault(article.source_url) if article.source_url else None
    if fault:
        remedy = ("写原文的 https 地址，或删掉 source_url", "give the https address of the original, or remove source_url")
        found.append(block(fault.rule, fields.place("source_url"), fault.message, remedy, fields.lines["source_url"]))
    return found


def _endless(article: ArticleSource, most: int) -> Finding:
    """A body so long that it is not looked into: no platform takes a fifth of it."""
    message = (
        f"正文文件有 {len(article.body):,} 个字符，超过 {most:,}，没有再往下检查",
        f"the body has {len(article.body):,} characters, over {most:,}; it was not checked further",
    )
    return block(
        "body_chars",
        article.file,
        message,
        ("拆成几篇，每篇 20,000 字以内", "divide it into articles of at most 20,000 characters"),
        article.line,
    )


def _odd_characters(text: str, name: str) -> list[Finding]:
    """Control characters and direction overrides: one finding for the file, on the first line that has one."""
    match = _ODD.search(text)
    if not match:
        return []
    code = f"U+{ord(match[0]):04X}"
    message = (f"含有看不见的控制字符 {code}", f"holds the invisible control character {code}")
    line = text.count("\n", 0, match.start()) + 1
    make = warn if ord(match[0]) > 0x7F else block
    return [
        make(
            "control_character",
            name,
            message,
            ("在编辑器里显示不可见字符并删除", "show invisible characters in the editor and delete it"),
            line,
        )
    ]


def _with_files(article: ArticleSource, fields: Fields, files: Files, found: list[Finding]) -> ArticleSource:
    base = posixpath.dirname(article.file)
    cover = _cover(article.written_cover, fields, "cover", files, base, found)
    raw_faults, images, _ = parts_of(article)
    found.extend(raw_faults)
    pictures: dict[str, str] = {}
    for image in images:
        name, fault = _picture_file(files, image.value, article.file, image.line, base)
        found.extend([fault] if fault else [])
        if name:
            pictures[image.value] = name
    variants = {
        key: replace(own, cover=_cover(own.cover, fields, "variants", files, base, found))
        for key, own in article.variants.items()
    }
    return replace(article, cover=cover, pictures=pictures, variants=variants)


def _cover(written: str, fields: Fields, key: str, files: Files, base: str, found: list[Finding]) -> str:
    if not written:
        return ""
    name, fault = _picture_file(files, written, fields.place(key), fields.lines[key], base)
    found.extend([fault] if fault else [])
    return name


def _picture_file(files: Files, written: str, where: str, line: int, base: str) -> tuple[str, Finding | None]:
    scheme = written.split(":", 1)[0].lower() if ":" in written else ""
    if written.startswith("//") or scheme in ("http", "https"):
        return "", _foreign(written, where, line)
    if not written.strip():
        message = ("图片没有写地址", "a picture has no address")
        return "", block("picture_address", where, message, _INTO_FOLDER, line)
    if scheme in ("data", "javascript", "vbscript", "file", "ftp", "blob", "media", "about"):
        message = (f"图片地址 {shown(written)} 不允许", f"the picture address {shown(written)} is not allowed")
        return "", block("picture_scheme", where, message, _INTO_FOLDER, line)
    return find_file(files, written, where, line, base)


def _foreign(written: str, where: str, line: int) -> Finding:
    fault = link_fault(f"https:{written}" if written.startswith("//") else written)
    if fault:
        return block(fault.rule.replace("link_", "picture_"), where, fault.message, _INTO_FOLDER, line)
    message = (
        f"图片 {shown(written)} 在别的网站上，平台会把它去掉",
        f"the picture {shown(written)} is on another site; platforms drop it",
    )
    return block("picture_foreign", where, message, _INTO_FOLDER, line)


def article_links(article: ArticleSource) -> list[FoundLink]:
    """Every link of the article's body and footers, and its ``source_url``; in-page anchors are left out."""
    links = [FoundLink(p.value, article.file, p.line) for p in parts_of(article)[2] if not p.value.startswith("#")]
    if article.source_url and not link_fault(article.source_url):
        links.append(FoundLink(article.source_url, in_file(article.file, "source_url"), article.lines.get("source_url", 0)))
    return links
