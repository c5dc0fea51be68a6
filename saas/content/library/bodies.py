"""The HTML of an article in the library: cleaned on every save and every load, its pictures named ``media:SHA256``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from copy import deepcopy
from html import escape
from html.parser import HTMLParser

import nh3

from saas.channels import Finding
from saas.channels.message import MEDIA_SCHEME
from saas.content.faults import Words, shown, warn
from saas.content.library.policy import HTML_TAGS, MAX_BODY, OWN, PROPERTIES, REMOVED_WITH_CONTENT, SVG_TAGS, calm_style
from saas.content.links import link_fault
from saas.kernel.errors import Invalid

MAX_DEPTH = 200
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_PLATFORM = re.compile(r"<(mp-?[a-z][a-z0-9-]{0,40}|qqmusic)\b", re.IGNORECASE)
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
_IMPLIED = {"p", "li", "td", "th", "tr", "tbody", "thead", "tfoot", "dd", "dt", "option", "colgroup", "rp", "rt"}
_BLOCKS = {
    "address", "blockquote", "caption", "dd", "div", "dl", "dt", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6",
    "hr", "li", "ol", "p", "pre", "section", "table", "tr", "ul", "br", "td", "th",
}  # fmt: skip
_MEDIA = re.compile(rf"{MEDIA_SCHEME}([0-9a-f]{{64}})")
_ELSEWHERE = re.compile(r"""<img\b[^>]*\sdata-src="(?:https?:)?//""")
_RUNS = re.compile(r"""<[a-z][^>]*\s(?:on[a-z]+\s*=|(?:href|src)\s*=\s*["']?\s*(?:javascript|vbscript):)""", re.IGNORECASE)
_QUIET = {"html", "head", "body", "meta", "link", "title", "base", "o:p", "tbody"}
_SHOWN = re.compile(r"^(?:https?://[^/]+)?/media/([0-9a-f]{64})(?:[?#].*)?$")
_FOREIGN = re.compile(r"""(<img\b[^>]*?\s)src(\s*=\s*["']?\s*(?:https?:)?//)""", re.IGNORECASE)
_SMALLER: Words = ("拆成几篇文章，图片单独上传", "divide it into several articles, and upload pictures by themselves")


def clean(html: str, field: str = "body", pictures: Mapping[str, str] | None = None) -> str:
    """The HTML that may be kept. Pictures of the library stay, addresses elsewhere are moved to ``data-src``.

    ``pictures`` maps addresses as written to hashes; then only those stay. Invalid when it is larger than any article or nested
    deeper than any writer does.
    """
    bounded(html, field)
    platform = {name.lower() for name in _PLATFORM.findall(html)}
    return nh3.clean(
        _FOREIGN.sub(r"\1data-src\2", html),
        tags=HTML_TAGS | SVG_TAGS | platform,
        clean_content_tags=set(REMOVED_WITH_CONTENT),
        attributes=deepcopy(OWN),
        attribute_filter=_kept if pictures is None else _named(pictures),
        generic_attribute_prefixes={"data-"},
        url_schemes={"http", "https", "media"},
        filter_style_properties=PROPERTIES,
        link_rel=None,
        strip_comments=True,
    ).strip()


def taken_out(before: str, after: str, field: str = "body") -> list[Finding]:
    """What cleaning took out, a note each: tags by name, pictures that lie elsewhere, and anything that was to run."""
    gone = Counter(name.lower() for closing, name in _TAG.findall(before) if not closing)
    gone.subtract(name.lower() for closing, name in _TAG.findall(after) if not closing)
    found = [_tag_gone(field, tag, count) for tag, count in sorted(gone.items()) if count > 0 and tag not in _QUIET]
    elsewhere = len(_ELSEWHERE.findall(after))
    if elsewhere:
        message = (
            f"{elsewhere} 张图片在别的网站上，没有带进来",
            f"{elsewhere} pictures lie on other sites and were not taken in",
        )
        found.append(warn("picture_foreign", field, message, ("把图片下载后上传到素材库", "save the pictures and upload them")))
    if _RUNS.search(before):
        message = ("会执行的属性（on…、javascript:）已去掉", "attributes that run something (on…, javascript:) were taken out")
        found.append(warn("html_script", field, message, ("不需要做什么", "nothing to do")))
    return found


def _tag_gone(field: str, tag: str, count: int) -> Finding:
    name = shown(tag, 30)
    message = (
        f"去掉了 {count} 处 <{name}>",
        f"<{name}> was taken out {count} times" if count > 1 else f"a <{name}> was taken out",
    )
    remedy = ("看一看这里是否还完整", "look whether this place is still whole")
    return warn("html_tag", field, message, remedy)


def bounded(html: str, field: str = "body") -> None:
    """Raise Invalid for what no reader of HTML should be given: too large, nested too deep."""
    size = len(html.encode("utf-8", "replace"))
    if size > MAX_BODY:
        words = (f"正文有 {size:,} 字节，最多 {MAX_BODY:,}", f"the body has {size:,} bytes, at most {MAX_BODY:,}")
        raise Invalid("body_bytes", words, _SMALLER, field)
    deepest = _depth(html)
    if deepest > MAX_DEPTH:
        words = (f"标签嵌套超过 {MAX_DEPTH} 层", f"tags are nested deeper than {MAX_DEPTH} levels")
        raise Invalid(
            "body_depth", words, ("粘贴为纯文本，或清除格式后再试", "paste it as plain text, or clear its formatting"), field
        )


def _depth(html: str) -> int:
    depth = deepest = 0
    for closing, name in _TAG.findall(html):
        tag = name.lower()
        if tag in _VOID or tag in _IMPLIED:
            continue
        depth = max(0, depth - 1) if closing else depth + 1
        deepest = max(deepest, depth)
    return deepest


def _named(pictures: Mapping[str, str]) -> Callable[[str, str, str], str | None]:
    def kept(tag: str, attribute: str, value: str) -> str | None:
        if tag == "img" and attribute == "src":
            return f"{MEDIA_SCHEME}{pictures[value]}" if value in pictures else None
        return _kept(tag, attribute, value)

    return kept


def _kept(tag: str, attribute: str, value: str) -> str | None:
    if tag == "img" and attribute == "src":
        shown = _SHOWN.match(value)
        return f"{MEDIA_SCHEME}{shown[1]}" if shown else value if _MEDIA.fullmatch(value) else None
    if tag == "a" and attribute == "href":
        return None if link_fault(value) and not value.startswith("#") else value
    if attribute == "style":
        return calm_style(value) or None
    if attribute in ("fill", "stroke", "xmlns") and "url(" in value.replace(" ", "") and not value.startswith("url(#"):
        return None
    return value


def pictures_of(html: str) -> list[str]:
    """The hashes of the pictures of a body, in order, each once."""
    return list(dict.fromkeys(_MEDIA.findall(html)))


def for_page(html: str, address: Callable[[str], str] = "/media/{}".format) -> str:
    """The body with addresses a browser of this site can load; ``address`` makes one of a hash."""
    return _MEDIA.sub(lambda found: escape(address(found[1])), html)


class _Words(HTMLParser):
    """Gathers what a reader sees, one line a block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.out.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.out.append("\n")

    def handle_data(self, data: str) -> None:
        self.out.append(data)


def words_of(html: str) -> str:
    """The words of a body without markup, one line a block."""
    reader = _Words()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.out).split("\n"))
    return "\n".join(line for line in lines if line)
