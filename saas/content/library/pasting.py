"""What is pasted from Word, WPS or a web page: its words and their order stay, its looks go, so that the theme holds.

Pure. Whatever comes in, what comes out is clean by the library's policy; cleaning it again changes nothing.
"""

from __future__ import annotations

import re

import nh3

from saas.content.library.bodies import bounded, clean

TAGS = {
    "a", "b", "blockquote", "br", "code", "del", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i",
    "img", "li", "ol", "p", "pre", "s", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
KEPT = {"text-align", "font-weight", "font-style", "text-decoration"}
_SPANS = {"colspan", "rowspan"}
OWN = {"a": {"href"}, "img": {"src", "alt", "data-src"}, "td": _SPANS, "th": _SPANS, "*": {"style"}}
_GONE = {"script", "style", "head", "title", "xml", "iframe", "object", "form", "svg", "template", "noscript", "select", "button"}
_CONDITIONAL = re.compile(r"<!--\[if.*?<!\[endif\]-->|<!\[(?:if[^\]]*|endif)\]>", re.DOTALL | re.IGNORECASE)
_FRAGMENT = re.compile(r"<!--StartFragment-->(.*)<!--EndFragment-->", re.DOTALL)
_BULLET = re.compile(
    r"(<p[^>]*mso-list[^>]*>)\s*(?:<!\[if.*?<!\[endif\]>|<span[^>]*mso-list:\s*Ignore[^>]*>.*?</span>)", re.DOTALL | re.I
)
_LOCAL = re.compile(r"""<img\b[^>]*\ssrc=["']?(?:file:|blob:|cid:|about:)[^>]*>""", re.IGNORECASE)
_PLAIN = re.compile(
    r"(?:font-weight:\s*(?:normal|400)|font-style:\s*normal|text-decoration:\s*none|text-align:\s*(?:left|start|justify))\s*;?"
)
_EMPTY_STYLE = re.compile(r'\sstyle="[\s;]*"')
_BLANK = re.compile(r"<p>(?:\s|&nbsp;|<br>)*</p>", re.IGNORECASE)


def pasted(html: str) -> str:
    """The HTML that is put in. Invalid when it is larger than any article."""
    bounded(html)
    found = _FRAGMENT.search(html)
    plain = _CONDITIONAL.sub("", _BULLET.sub(r"\1• ", found[1] if found else html))
    kept = nh3.clean(
        _LOCAL.sub("", plain),
        tags=TAGS,
        clean_content_tags=_GONE,
        attributes={tag: set(names) for tag, names in OWN.items()},
        url_schemes={"http", "https", "media"},
        filter_style_properties=set(KEPT),
        link_rel=None,
        strip_comments=True,
    )
    tidy = _EMPTY_STYLE.sub("", _PLAIN.sub("", kept))
    return clean(_BLANK.sub("", tidy))
