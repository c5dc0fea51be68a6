"""What changed between what was signed and what stands: by paragraph, then by character. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from saas.channels.message import Article, Message
from saas.kernel.errors import Words
from saas.review.texts import covers_of, part_words, parts_of

Kind = Literal["same", "out", "in", "changed", "gap"]
ALIKE = 0.4
"""Paragraphs less alike than this are shown as one taken out and one put in."""
LONGEST_COMPARED = 4_000
"""Characters of a paragraph beyond which it is not compared by character: it would take too long to be worth it."""
AROUND = 1


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters: the same in both, taken ``out``, or put ``in``."""

    kind: Literal["same", "out", "in"]
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph of the comparison; ``gap`` stands for ``count`` that are the same."""

    kind: Kind
    pieces: tuple[Piece, ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class PartChange:
    """A part of a message that changed. ``before`` and ``after`` are hashes where it is a picture; then there are no lines."""

    part: str
    words: Words
    lines: tuple[Line, ...] = ()
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What an account says, to how many, by which route; ``audience`` is a print of the list of names."""

    key: str
    name: str
    client: str
    client_id: int
    route: str
    people: int
    audience: str
    message: Message


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What changed for accounts that changed alike. ``state``: added, removed or changed."""

    state: Literal["added", "removed", "changed"]
    accounts: tuple[str, ...]
    parts: tuple[PartChange, ...] = ()


@dataclass(frozen=True, slots=True)
class PeopleChange:
    """Of an account: how many it is meant for, before and after; the same number: other people."""

    account: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A property of the whole campaign: its time, its lateness, its kind."""

    words: Words
    before: str
    after: str


def changes(before: Sequence[Spoken], after: Sequence[Spoken]) -> tuple[list[AccountChange], list[PeopleChange]]:
    """What changed in what accounts say, accounts that changed alike together, and in whom they reach."""
    old, new = {one.key: one for one in before}, {one.key: one for one in after}
    added = tuple(new[key].name for key in new if key not in old)
    removed = tuple(old[key].name for key in old if key not in new)
    found = [AccountChange("added", added)] if added else []
    found += [AccountChange("removed", removed)] if removed else []
    groups: dict[tuple[PartChange, ...], list[str]] = {}
    for key in (key for key in new if key in old):
        if parts := part_changes(old[key].message, new[key].message):
            groups.setdefault(parts, []).append(new[key].name)
    found += [AccountChange("changed", tuple(names), parts) for parts, names in groups.items()]
    people = [
        PeopleChange(new[key].name, old[key].people, new[key].people)
        for key in new
        if key in old and (old[key].people, old[key].audience) != (new[key].people, new[key].audience)
    ]
    return found, people


def part_changes(before: Message, after: Message) -> tuple[PartChange, ...]:
    """The parts of a message that differ, in reading order."""
    old, new = parts_of(before), parts_of(after)
    texts = [
        PartChange(name, part_words(name), tuple(lines(old.get(name, ""), new.get(name, ""))))
        for name in dict.fromkeys([*new, *old])
        if old.get(name, "") != new.get(name, "")
    ]
    covers, fresh = covers_of(before), covers_of(after)
    pictures = [
        PartChange(name, part_words(name), before=covers.get(name, ""), after=fresh.get(name, ""))
        for name in dict.fromkeys([*fresh, *covers])
        if covers.get(name) != fresh.get(name)
    ]
    return (*texts, *pictures, *_hidden(before, after, texts))


def _hidden(before: Message, after: Message, texts: Sequence[PartChange]) -> list[PartChange]:
    """Articles whose words are the same while their HTML is not: styles, links, pictures within the text."""
    told = {change.part for change in texts}
    return [
        PartChange(f"article.{n}.look", (f"第 {n + 1} 篇 · 排版、链接或插图", f"article {n + 1} · layout, links or pictures"))
        for n, (old, new) in enumerate(zip(before.articles, after.articles, strict=False))
        if f"article.{n}.body" not in told and _look(old) != _look(new)
    ]


def _look(article: Article) -> tuple[str, bool, bool]:
    return article.html, article.original, article.comments


def lines(before: str, after: str) -> list[Line]:
    """The comparison of two texts: paragraphs that stayed the same are left out but for one on either side."""
    old, new = before.split("\n") if before else [], after.split("\n") if after else []
    found: list[Line] = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        found += _same(old[a:b]) if tag == "equal" else _replaced(old[a:b], new[c:d])
    return _folded(found)


def _same(paragraphs: Sequence[str]) -> list[Line]:
    return [Line("same", (Piece("same", text),)) for text in paragraphs]


def _replaced(old: Sequence[str], new: Sequence[str]) -> list[Line]:
    """Paragraphs put in place of others: the first alike ones are compared by character, in order."""
    found: list[Line] = []
    rest = list(new)
    for text in old:
        place = next((n for n, other in enumerate(rest) if _alike(text, other)), None)
        if place is None:
            found.append(Line("out", (Piece("out", text),)))
            continue
        found += [Line("in", (Piece("in", other),)) for other in rest[:place]]
        found.append(Line("changed", pieces(text, rest[place])))
        rest = rest[place + 1 :]
    return found + [Line("in", (Piece("in", other),)) for other in rest]


def _alike(old: str, new: str) -> bool:
    if max(len(old), len(new)) > LONGEST_COMPARED:
        return False
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE


def pieces(old: str, new: str) -> tuple[Piece, ...]:
    """Two paragraphs compared by character."""
    found: list[Piece] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Piece("same", old[a:b]))
            continue
        found += [Piece("out", old[a:b])] if b > a else []
        found += [Piece("in", new[c:d])] if d > c else []
    return tuple(found)


def _folded(found: Sequence[Line]) -> list[Line]:
    """Runs of paragraphs that stayed the same, but for those next to a change."""
    kept: list[Line] = []
    moved = [n for n, line in enumerate(found) if line.kind != "same"]
    hidden = 0
    for number, line in enumerate(found):
        if line.kind != "same" or any(abs(number - other) <= AROUND for other in moved):
            kept += [Line("gap", count=hidden)] if hidden else []
            hidden = 0
            kept.append(line)
        else:
            hidden += 1
    return [*kept, Line("gap", count=hidden)] if hidden else kept
