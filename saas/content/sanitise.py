"""What of a writer's HTML may go out, what is taken out, and a finding for each thing taken out."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from html.parser import HTMLParser

from saas.channels import Finding
from saas.content.faults import Words, block, shown, warn
from saas.content.markdown import Placed

TAGS = {
    "a", "b", "blockquote", "br", "caption", "code", "col", "colgroup", "dd", "del", "div", "dl", "dt", "em", "figcaption",
    "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "s",
    "section", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
DEADLY = {
    "script", "style", "iframe", "object", "embed", "form", "svg", "math", "template", "noscript", "title", "textarea",
    "select", "button", "applet", "frame", "frameset", "xmp", "noembed", "noframes", "plaintext", "head",
}  # fmt: skip
ATTRIBUTES = {
    "*": {"style"},
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "col": {"span"},
}
STYLE_PROPERTIES = {
    "color", "background-color", "text-align", "font-weight", "font-style", "font-size", "text-decoration", "line-height",
    "letter-spacing", "text-indent", "margin", "margin-top", "margin-bottom", "padding", "border", "border-radius", "width",
}  # fmt: skip
MAX_RAW = 20_000
_QUIET = {"class", "id", "align", "valign", "lang", "dir", "rel", "target", "loading"}
_NO_CODE: Words = ("删掉它：文章里不能有会执行的内容", "remove it: an article must hold nothing that runs")


@dataclass(frozen=True, slots=True)
class Allowed:
    """What one form of HTML may hold: tags, those that go with all they hold, attributes, characters in one piece, and whether
    the platforms' own tags (``mp-…``)."""

    tags: Set[str]
    deadly: Set[str]
    attributes: Set[str]
    longest: int
    platform: bool = False


IN_MARKDOWN = Allowed(TAGS, DEADLY, {name for names in ATTRIBUTES.values() for name in names}, MAX_RAW)


class _Inspector(HTMLParser):
    """Reads raw HTML only to name what the sanitiser will take out, and to find its links and pictures."""

    def __init__(self, where: str, first_line: int, allowed: Allowed) -> None:
        super().__init__(convert_charrefs=True)
        self.where, self.first, self.allowed = where, first_line, allowed
        self.found: list[Finding] = []
        self.images: list[Placed] = []
        self.links: list[Placed] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line = self.first + self.getpos()[0] - 1
        if tag not in self.allowed.tags and not (self.allowed.platform and tag.startswith("mp")):
            self._tag(tag, line)
            return
        values = {name: value or "" for name, value in attrs}
        for name, value in values.items():
            self._attribute(tag, name, value, line)
        if tag == "img":
            self.images.append(Placed(values.get("src", ""), line, values.get("alt", "")))
        if tag == "a" and values.get("href"):
            self.links.append(Placed(values["href"], line))

    def _tag(self, tag: str, line: int) -> None:
        name = shown(tag, 30)
        if tag in self.allowed.deadly:
            message = (f"<{name}> 不允许，已去掉（连同内容）", f"<{name}> is not allowed; it and what it holds were taken out")
            self.found.append(block("html_script", self.where, message, _NO_CODE, line))
            return
        message = (f"<{name}> 不支持，已去掉（文字保留）", f"<{name}> is not supported; the tag was taken out, its words stay")
        self.found.append(warn("html_tag", self.where, message, ("改用 Markdown 写法", "write it in Markdown"), line))

    def _attribute(self, tag: str, name: str, value: str, line: int) -> None:
        label = f"<{tag} {shown(name, 30)}>"
        if name.startswith("on") or name == "srcdoc" or (name == "style" and style_runs(value)):
            message = (
                f"{label} 会执行脚本或加载外部内容，已去掉",
                f"{label} runs code or loads foreign content; it was taken out",
            )
            self.found.append(block("html_script", self.where, message, _NO_CODE, line))
        elif name not in self.allowed.attributes | _QUIET and not name.startswith(("data-", "aria-")):
            message = (f"{label} 不支持，已去掉", f"{label} is not supported; it was taken out")
            self.found.append(warn("html_attribute", self.where, message, ("删掉这个属性", "remove the attribute"), line))


def _too_long(piece: Placed, where: str, most: int) -> Finding:
    message = (
        f"这段 HTML 有 {len(piece.value):,} 个字符，最多 {most:,}",
        f"this piece of HTML has {len(piece.value):,} characters, at most {most:,}",
    )
    return block("html_size", where, message, ("改用 Markdown 写法，或拆开", "write it in Markdown, or divide it"), piece.line)


def _without_comments(html: str) -> str:
    """The piece with its comments as blank lines, so that lines still count; an open comment swallows the rest."""
    out: list[str] = []
    at = 0
    while (start := html.find("<!--", at)) >= 0:
        end = html.find("-->", start + 4)
        out += [html[at:start], "\n" * html.count("\n", start, end if end >= 0 else len(html))]
        if end < 0:
            return "".join(out)
        at = end + 3
    return "".join([*out, html[at:]])


def style_runs(style: str) -> bool:
    """Whether a style attribute could load or run something."""
    plain = "".join(style.split()).lower()
    return any(word in plain for word in ("url(", "expression(", "javascript:", "@import", "\\"))


def inspect(pieces: list[Placed], where: str, allowed: Allowed = IN_MARKDOWN) -> tuple[list[Finding], list[Placed], list[Placed]]:
    """Findings, pictures and links of raw HTML pieces. Repeated findings of one line are given once."""
    found: dict[tuple[str, int, str], Finding] = {}
    images: list[Placed] = []
    links: list[Placed] = []
    for piece in pieces:
        if len(piece.value) > allowed.longest:
            finding = _too_long(piece, where, allowed.longest)
            found.setdefault((finding.rule, finding.line, ""), finding)
            continue
        inspector = _Inspector(where, piece.line, allowed)
        inspector.feed(_without_comments(piece.value))
        inspector.close()
        for finding in inspector.found:
            found.setdefault((finding.rule, finding.line, finding.message[1]), finding)
        images += inspector.images
        links += inspector.links
    return list(found.values()), images, links
