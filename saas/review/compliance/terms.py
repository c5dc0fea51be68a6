"""The word lists: TOML data with the law behind each entry, how grave it is, what to write instead, and what is no fault."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

LISTS = Path(__file__).parent
FILES = ("inducement.toml", "advertising.toml", "medical.toml")


@dataclass(frozen=True, slots=True)
class Term:
    """One entry. ``pattern`` and ``unless`` match normalised text; a match inside an ``unless`` match is no fault."""

    rule: str
    severity: Literal["block", "warn", "note"]
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None
    law: str
    message: tuple[str, str]
    remedy: tuple[str, str]


@lru_cache(maxsize=1)
def terms() -> tuple[Term, ...]:
    """Every entry of every list. ValueError names the entry that is wrong."""
    found: list[Term] = []
    for name in FILES:
        for number, entry in enumerate(tomllib.loads((LISTS / name).read_text(encoding="utf-8"))["term"], 1):
            found.append(_term(entry, f"{name}: entry {number}"))
    return tuple(found)


def _term(entry: Mapping[str, Any], label: str) -> Term:
    absent = [key for key in ("rule", "severity", "law", "zh", "en", "instead_zh", "instead_en") if not entry.get(key)]
    if absent:
        raise ValueError(f"{label}: {', '.join(absent)} is missing")
    if entry["severity"] not in ("block", "warn", "note"):
        raise ValueError(f"{label}: severity '{entry['severity']}' is not block, warn or note")
    pattern = _joined(entry.get("words", []), entry.get("patterns", []))
    if pattern is None:
        raise ValueError(f"{label}: neither words nor patterns")
    unless = _joined(entry.get("unless_words", []), entry.get("unless", []))
    message, remedy = (entry["zh"], entry["en"]), (entry["instead_zh"], entry["instead_en"])
    return Term(entry["rule"], entry["severity"], pattern, unless, entry["law"], message, remedy)


def _joined(words: list[str], patterns: list[str]) -> re.Pattern[str] | None:
    """One expression of literal words (longest first) and patterns."""
    parts = [re.escape(word.lower()) for word in sorted(words, key=len, reverse=True)]
    every = [*patterns, *parts]
    return re.compile("|".join(every)) if every else None
