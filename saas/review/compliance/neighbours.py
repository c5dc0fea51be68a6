"""Copies from the campaign folder next door, which no record of sent articles can know yet."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from saas.channels import Finding
from saas.content.articles import split_article
from saas.content.draft import ArticleSource
from saas.content.files import Files
from saas.content.markdown import plain_text
from saas.content.text_files import decode
from saas.review.compliance.copies import fingerprint, near_prints

MAX_BYTES = 200_000


def neighbour_findings(files: Files, article: ArticleSource, own: bytes) -> list[Finding]:
    """Near copies among the articles of sibling folders.

    A warning where the article also points into that folder, so it was surely written from it; else only a note,
    because which of two unsent drafts is the copy cannot be known.
    """
    corpus = [(label, print_) for label, path in files.neighbour_articles() if (print_ := _print(path))]
    found = near_prints(own, corpus, article.file, article.line)
    return [_weighed(finding, label, article) for label, finding in found]


def _weighed(finding: Finding, label: str, article: ArticleSource) -> Finding:
    folder = label.split("/")[0]
    message = (f"邻近文件夹里：{finding.message[0]}", f"in a neighbour folder: {finding.message[1]}")
    points_there = f"../{folder}/" in article.body or f"../{folder}/" in article.written_cover
    return replace(finding, message=message, severity="warn" if points_there else "note")


def _print(path: Path) -> bytes | None:
    try:
        stat = path.stat()
        return _print_of(path, stat.st_mtime_ns, stat.st_size) if stat.st_size <= MAX_BYTES else None
    except OSError:
        return None


@lru_cache(maxsize=256)
def _print_of(path: Path, changed: int, size: int) -> bytes | None:
    text = decode(path.read_bytes(), path.name, [])
    return fingerprint(plain_text(split_article(text)[1])) if text is not None else None
