"""Pictures without words for those who do not see them, or whose phone does not load them. Pure."""

from __future__ import annotations

import re

from saas.channels import Finding
from saas.content.draft import ArticleSource, CampaignDraft
from saas.content.faults import Words, note, shown
from saas.content.markdown import scan

_IMAGE = re.compile(r"<img\b(?P<rest>[^<>]{0,2000})>", re.IGNORECASE)
_ALT = re.compile(r"\balt\s*=\s*(?:\"[^\"]*\S[^\"]*\"|'[^']*\S[^']*'|[^\s\"'>]+)", re.IGNORECASE)
_SOURCE = re.compile(r"src\s*=\s*[\"']?([^\s\"'>]{1,200})", re.IGNORECASE)
_REMEDY: Words = ("写一句图片说明：![一杯手冲咖啡](…)", "say what it shows: ![a cup of coffee](…)")


def alternative_findings(draft: CampaignDraft) -> list[Finding]:
    """A note for every picture of an article whose alternative text is missing or empty."""
    return [_told(article.file, name, line) for article in draft.articles for name, line in _silent(article)]


def _told(where: str, name: str, line: int) -> Finding:
    message = (f"图片 {shown(name)} 没有说明文字", f"the picture {shown(name)} has no alternative text")
    return note("alt_missing", where, message, _REMEDY, line)


def _silent(article: ArticleSource) -> list[tuple[str, int]]:
    """(address, line) of pictures without words."""
    images = [] if article.form == "html" else scan(article.body, article.line).images
    found = [(image.value, image.line) for image in images if not image.text.strip()]
    for match in _IMAGE.finditer(article.body):
        if not _ALT.search(match["rest"]):
            source = _SOURCE.search(match["rest"])
            found.append((source[1] if source else "<img>", article.line + article.body.count("\n", 0, match.start())))
    return found
