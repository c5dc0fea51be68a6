"""Many words at once: one pass of an automaton over the text, patterns only where their anchors stand, then the excuses."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from functools import cached_property
from itertools import chain
from typing import Literal, NamedTuple

from saas.channels.wording.automaton import Words
from saas.channels.wording.lists import Severity, Term
from saas.channels.wording.sounds import is_word, sound_of, sounds

SENTENCE = 160
"""How far to either side of an anchor a pattern is tried, at most: up to the ends of its sentence."""
AROUND = 30
"""How far to either side of a hit its excuses are looked for."""
ABOUT = re.compile(
    "违禁词|极限词|违规词|敏感词|绝对化用语|广告法|谨防|警惕|骗局|诈骗|反诈|防骗|传销|谣言|辟谣|虚假宣传|夸大宣传|罚款|处罚|被罚|被查|立案|曝光|打假|被骗|"
    "上当|误区|伪科学|智商税|不存在|没有所谓|(?:广告|文案|宣传|标题)[^。！？\\n]{0,6}(?:不能|不得|不要|不可|禁止|避免)|"
    "(?:禁止|不得|严禁|不准|不可|不能|不要|请勿|切勿|谨慎|拒绝)[^。！？\\n]{0,12}(?:使用|出现|宣称|承诺|宣传|含有|发布|诱导|相信|轻信|信)"
)
"""Words of a sentence that speaks about such claims instead of making one."""
ENOUGH = 200
"""So many places of one entry are told of one text; more of the same say nothing new."""
_END = re.compile(r"[。！？!?；;\n]")
_SIMILAR = 3


class Hit(NamedTuple):
    """One place in the normalised text. ``word`` is the list's word, or what a pattern matched; ``like``: it only sounds so.

    ``softened`` says why it is but a note: *trade*, the client's is not known; *about*, the sentence speaks about the rule.
    """

    start: int
    end: int
    term: Term
    word: str
    severity: Severity
    like: bool = False
    softened: Literal["", "trade", "about"] = ""


class Scanner:
    """The entries of one or several lists, ready to look for."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self.terms = tuple(terms)
        self._anchored = [term for term in self.terms if term.pattern and term.anchors]
        self._loose = [term for term in self.terms if term.pattern and not term.anchors]
        self._plain = frozenset(word for term in self.terms if term.sound for word in term.words)

    @cached_property
    def _words(self) -> Words[tuple[list[int], list[int]]]:
        """Word → (the terms it is a word of, the patterns it is an anchor of)."""
        known: dict[str, tuple[list[int], list[int]]] = {}
        for number, term in enumerate(self.terms):
            for word in term.words:
                known.setdefault(word, ([], []))[0].append(number)
        for number, term in enumerate(self._anchored):
            for word in term.anchors:
                known.setdefault(word, ([], []))[1].append(number)
        return Words(known.items())

    @cached_property
    def _sounds(self) -> Words[list[tuple[str, int]]]:
        """Sounds of a word → the words that sound so, with their terms."""
        known: dict[str, list[tuple[str, int]]] = {}
        for number, term in enumerate(self.terms):
            for word in term.words if term.sound else ():
                if len(word) >= _SIMILAR and (heard := sound_of(word)):
                    known.setdefault(heard, []).append((word, number))
        return Words(known.items())

    def scan(self, text: str, trades: Collection[str] = (), day: date = date.max) -> list[Hit]:
        """Every hit in a normalised text for clients of those trades, on a day, in order; what is excused is left out.

        ``trades`` empty: not known; then what only one trade forbids is a note.
        """
        kept: list[Hit] = []
        counts: dict[int, int] = {}
        sentences = _Sentences(text)
        for hit in chain(self._written(text, sentences), self._alike(text)):
            if counts.get(id(hit.term), 0) < ENOUGH and (weighed := _weighed(hit, text, sentences, trades, day)):
                kept.append(weighed)
                counts[id(hit.term)] = counts.get(id(hit.term), 0) + (not weighed.softened)
        return _widest(kept)

    def _written(self, text: str, sentences: _Sentences) -> Iterator[Hit]:
        """Words as they stand, and patterns in the sentences of their anchors."""
        windows: dict[int, list[tuple[int, int]]] = {}
        for start, end, (numbers, anchored) in self._words.find(text):
            for number in numbers:
                term = self.terms[number]
                yield Hit(start, end, term, text[start:end], term.severity)
            if anchored:
                window = sentences.around(start, end)
                for number in anchored:
                    _joined(windows.setdefault(number, []), window)
        for number, found in windows.items():
            for window in found:
                yield from _matches(self._anchored[number], text, *window)
        for term in self._loose:
            yield from _matches(term, text, 0, len(text))

    def _alike(self, text: str) -> Iterator[Hit]:
        """Words that sound like one of ours and are none: letters put for others to get past a filter."""
        if not len(self._sounds):
            return
        spoken = sounds(text)
        for first, after, words in self._sounds.find(spoken.text):
            start, end = spoken.mark(first, after)
            if text[start:end] in self._plain:
                continue
            written = [text[slice(*spoken.span(at))] for at in range(first, after)]
            for word, number in words:
                if _disguised(word, written, text, start, end):
                    term = self.terms[number]
                    yield Hit(start, end, term, word, term.severity, like=True)


class _Sentences:
    """Where the sentences of a text end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ends = [found.start() for found in _END.finditer(text)]
        self._about: dict[tuple[int, int], bool] = {}

    def around(self, start: int, end: int) -> tuple[int, int]:
        """The sentence of a range, no further than ``SENTENCE`` to either side."""
        before, after = bisect_left(self._ends, start) - 1, bisect_left(self._ends, end)
        low = self._ends[before] + 1 if before >= 0 else 0
        high = self._ends[after] if after < len(self._ends) else len(self._text)
        return max(low, start - SENTENCE), min(high, end + SENTENCE)

    def about(self, start: int, end: int) -> bool:
        """Whether the sentence of a range speaks about such claims."""
        window = self.around(start, end)
        if window not in self._about:
            self._about[window] = ABOUT.search(self._text, *window) is not None
        return self._about[window]


def _joined(windows: list[tuple[int, int]], window: tuple[int, int]) -> None:
    """Add a window that begins no sooner than the last; what overlaps is one."""
    if windows and window[0] <= windows[-1][1]:
        start, end = windows.pop()
        window = min(start, window[0]), max(end, window[1])
    windows.append(window)


def _matches(term: Term, text: str, start: int, end: int) -> Iterator[Hit]:
    assert term.pattern is not None
    for match in term.pattern.finditer(text, start, end):
        if match.start() < match.end():
            yield Hit(*match.span(), term, match[0], term.severity)


def _disguised(word: str, written: Sequence[str], text: str, start: int, end: int) -> bool:
    """Whether what is written is the word with at most half of its letters changed, none of which makes a word of its own."""
    changed = [at for at, (ours, theirs) in enumerate(zip(word, written, strict=True)) if ours != theirs]
    if not changed or len(changed) > len(word) // 2:
        return False
    if any(len(written[at]) > 1 for at in changed):
        return True
    around = [text[start - 1 : start] or " ", *written, text[end : end + 1] or " "]
    return not any(is_word(around[at] + around[at + 1]) or is_word(around[at + 1] + around[at + 2]) for at in changed)


def _weighed(hit: Hit, text: str, sentences: _Sentences, trades: Collection[str], day: date) -> Hit | None:
    """The hit as grave as it is here, or None where it is excused or does not hold."""
    term = hit.term
    if not term.in_force(day) or (term.trades and trades and not term.trades & set(trades)):
        return None
    if term.unless and _excused(term.unless, text, hit.start, hit.end):
        return None
    if term.trades and not trades:
        return hit._replace(severity="note", softened="trade")
    if not term.always and hit.severity != "note" and sentences.about(hit.start, hit.end):
        return hit._replace(severity="note", softened="about")
    return hit


def _excused(unless: re.Pattern[str], text: str, start: int, end: int) -> bool:
    low, high = max(0, start - AROUND), min(len(text), end + AROUND)
    around = (match.span() for match in unless.finditer(text, low, high))
    return any((a <= start and end <= b) or (start <= a < b <= end) for a, b in around)


def _widest(hits: list[Hit]) -> list[Hit]:
    """Hits in order. Of those of one rule only the widest and the gravest of a place, a word as written before one alike."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (h.start, -h.end, h.like, h.term.rule)):
        if not any(k.term.rule == hit.term.rule and k.start <= hit.start and hit.end <= k.end for k in kept[-8:]):
            kept.append(hit)
    grave = [hit for hit in kept if not hit.softened]
    return [hit for hit in kept if not hit.softened or not any(_same(hit, other) for other in grave)]


def _same(one: Hit, other: Hit) -> bool:
    """Whether both are of one rule and share a letter."""
    return one.term.rule == other.term.rule and one.start < other.end and other.start < one.end
