"""A word list as a plugin: the hooks ``findings`` and ``rule_pack`` from one TOML file."""

from __future__ import annotations

import hashlib
import re
import tomllib
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pluggy

from saas.channels.passage import Passage
from saas.channels.platform import Finding
from saas.channels.wording.lists import Term, read_terms
from saas.channels.wording.normal import Normal, normalise
from saas.channels.wording.scan import Hit, Scanner

hookimpl = pluggy.HookimplMarker("qunfa")

LONGEST = 200_000
"""Longer texts are refused as too long for any channel; so much of them is read."""
_TOLD = 6
_CONTEXT = 14
_SOFTENED = {
    "trade": ("（客户的行业没有填写，所以只作提示）", " (only a note, because the client's trade is not set)"),
    "about": ("（这一句像在讲规定或提醒，所以只作提示）", " (only a note, because the sentence seems to speak about the rule)"),
}


class WordPack:
    """A list and its scanner. ``text`` is the TOML it was made of; ``version`` names exactly that text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.version = hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]
        raw = tomllib.loads(text)
        self.head: Mapping[str, Any] = raw.get("pack", {})
        self.raw: Sequence[Mapping[str, Any]] = raw.get("term", ())
        self.terms = read_terms(raw)

    @classmethod
    def load(cls, path: Path | str) -> WordPack:
        """The list in a file. ValueError names the entry that is wrong."""
        try:
            return cls(Path(path).read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{Path(path).name}: {error}") from error

    @cached_property
    def scanner(self) -> Scanner:
        """The automaton, made when the first text comes."""
        return Scanner(self.terms)

    @hookimpl
    def rule_pack(self) -> WordPack:
        """The pack itself, for people to read and for the archive."""
        return self

    @hookimpl
    def findings(self, passages: Sequence[Passage], trades: Collection[str], day: date) -> list[Finding]:
        """A finding for each entry and line that holds it, with every place marked in the text as written."""
        return [finding for passage in passages for finding in self._read(passage, trades, day)]

    def _read(self, passage: Passage, trades: Collection[str], day: date) -> list[Finding]:
        text = passage.text[:LONGEST]
        normal, lines = normalise(text), Lines(text, passage.line)
        found: dict[tuple[int, str, int], list[tuple[Hit, tuple[int, int]]]] = {}
        for hit in self.scanner.scan(normal.text, trades, day):
            mark = _mark(normal, hit)
            found.setdefault((id(hit.term), hit.severity, lines.at(mark[0])), []).append((hit, mark))
        told = [_finding(hits, text, passage.where, line) for (_, _, line), hits in found.items()]
        return sorted(told, key=lambda f: (f.line, f.marks))


def _mark(normal: Normal, hit: Hit) -> tuple[int, int]:
    return normal.mark(hit.start, hit.end)


def _finding(hits: Sequence[tuple[Hit, tuple[int, int]]], text: str, where: str, line: int) -> Finding:
    term: Term = hits[0][0].term
    marks = tuple(mark for _, mark in hits)
    zh, en = _named(text, hits)
    message = (f"{term.message[0]}：{zh}", f"{term.message[1]}: {en}")
    quotes = tuple(quote(text, *mark) for mark in marks[:_TOLD])
    remedy = _with_instead(term, [hit.word for hit, _ in hits])
    if softened := _SOFTENED.get(hits[0][0].softened):
        remedy = (remedy[0] + softened[0], remedy[1] + softened[1])
    return Finding(term.rule, hits[0][0].severity, where, message, remedy, line, marks, term.law, quotes)


def _named(text: str, hits: Sequence[tuple[Hit, tuple[int, int]]]) -> tuple[str, str]:
    """The words as written, each once; one that only sounds like ours, with ours."""
    named: dict[str, str] = {}
    for hit, (start, end) in hits:
        named.setdefault(_one_line(text[start:end]), hit.word if hit.like else "")
    shown = list(named.items())[:_TOLD]
    zh = "、".join(f"“{word}”（读作“{ours}”）" if ours else f"“{word}”" for word, ours in shown)
    en = ", ".join(f"“{word}” (reads as “{ours}”)" if ours else f"“{word}”" for word, ours in shown)
    more = len(named) - len(shown)
    return (f"{zh} 等 {len(named)} 处", f"{en} and {more} more") if more > 0 else (zh, en)


def _with_instead(term: Term, words: Sequence[str]) -> tuple[str, str]:
    """The remedy, with the wording suggested for each of the words found."""
    pairs = {word: term.instead[word] for word in words if word in term.instead}
    if not pairs:
        return term.remedy
    listed = "；".join(f"“{word}” → {better}" for word, better in list(pairs.items())[:_TOLD])
    english = "; ".join(f"“{word}” → “{better}”" for word, better in list(pairs.items())[:_TOLD])
    return f"{term.remedy[0]}。{listed}", f"{term.remedy[1]}; {english}"


def quote(text: str, start: int, end: int) -> tuple[str, str, str]:
    """The words with a little of their line before and after them."""
    before = re.split(r"[\n\r]", text[max(0, start - _CONTEXT) : start])[-1]
    after = re.split(r"[\n\r]", text[end : end + _CONTEXT])[0]
    return _plain(before), _one_line(text[start:end]), _plain(after)


def _one_line(text: str) -> str:
    return _plain(" ".join(text.split()))[:60]


def _plain(text: str) -> str:
    """Without what would disturb a terminal or turn the line round."""
    return "".join(char if char.isprintable() else "�" for char in text)


class Lines:
    """Line numbers of offsets."""

    def __init__(self, text: str, first: int) -> None:
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))] if first else []
        self._first = first

    def at(self, offset: int) -> int:
        """The line of an offset, counted from the first line given; 0 for a text without lines."""
        return self._first + bisect_right(self._starts, offset) - 1 if self._first else 0
