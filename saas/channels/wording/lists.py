"""A word list: TOML data with the law behind each entry, how grave it is, what to write instead, and what is no fault.

``[pack]`` names the list; ``[sets]`` holds parts for ``templates``; each ``[[term]]`` is one entry. See docs/compliance.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import product
from typing import Any, Literal

from saas.channels.passage import TRADES

Severity = Literal["block", "warn", "note"]
_NEEDED = ("rule", "severity", "law", "zh", "en", "instead_zh", "instead_en")
KEYS = {
    *_NEEDED, "words", "templates", "patterns", "anchors", "unless", "unless_words", "trades", "from", "until", "sound",
    "instead", "always",
}  # fmt: skip
"""Everything a ``[[term]]`` may say."""
_SET = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Term:
    """One entry. ``words`` are literals; a ``pattern`` is tried in the sentences that hold one of its ``anchors``, or in all
    where there are none. What lies inside an ``unless`` match is no fault. ``trades`` empty: it holds for everybody.

    ``sound``: words that sound the same count too. ``always``: a sentence that speaks about the rule is no excuse.
    """

    rule: str
    severity: Severity
    law: str
    message: tuple[str, str]
    remedy: tuple[str, str]
    words: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    anchors: tuple[str, ...] = ()
    unless: re.Pattern[str] | None = None
    trades: frozenset[str] = frozenset()
    sound: bool = False
    always: bool = False
    instead: Mapping[str, str] = field(default_factory=dict)
    since: date = date.min
    until: date | None = None

    def in_force(self, day: date) -> bool:
        """Whether the entry holds on that day."""
        return self.since <= day and (self.until is None or day < self.until)


def read_terms(pack: Mapping[str, Any]) -> tuple[Term, ...]:
    """Every entry of a list as TOML gives it. ValueError names the entry that is wrong, and why."""
    sets = {name: tuple(words) for name, words in pack.get("sets", {}).items()}
    return tuple(_term(entry, sets, f"term {number}") for number, entry in enumerate(pack.get("term", ()), 1))


def _term(entry: Mapping[str, Any], sets: Mapping[str, Sequence[str]], label: str) -> Term:
    label = f"{label} ({entry.get('rule', 'unnamed')})"
    _check(entry, label)
    try:
        words = tuple(dict.fromkeys(word.lower() for word in [*entry.get("words", ()), *_filled(entry, sets)]))
        pattern = _joined((), [_expression(p, sets) for p in entry.get("patterns", ())])
        unless = _joined(entry.get("unless_words", ()), [_expression(p, sets) for p in entry.get("unless", ())])
    except (KeyError, re.error) as error:
        raise ValueError(f"{label}: {error}") from error
    return Term(
        entry["rule"],
        entry["severity"],
        entry["law"],
        (entry["zh"], entry["en"]),
        (entry["instead_zh"], entry["instead_en"]),
        words,
        pattern,
        tuple(anchor.lower() for anchor in entry.get("anchors", ())),
        unless,
        frozenset(entry.get("trades", ())),
        entry.get("sound", False),
        entry.get("always", False),
        entry.get("instead", {}),
        entry.get("from", date.min),
        entry.get("until"),
    )


def _check(entry: Mapping[str, Any], label: str) -> None:
    if absent := [key for key in _NEEDED if not entry.get(key)]:
        raise ValueError(f"{label}: {', '.join(absent)} is missing")
    if unknown := sorted(set(entry) - KEYS):
        raise ValueError(f"{label}: unknown key {', '.join(unknown)}")
    if entry["severity"] not in ("block", "warn", "note"):
        raise ValueError(f"{label}: severity '{entry['severity']}' is not block, warn or note")
    if strange := sorted(set(entry.get("trades", ())) - set(TRADES)):
        raise ValueError(f"{label}: trade '{strange[0]}' is none of {', '.join(TRADES)}")
    if not any(entry.get(key) for key in ("words", "templates", "patterns")):
        raise ValueError(f"{label}: neither words nor templates nor patterns")


def _filled(entry: Mapping[str, Any], sets: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Every word its templates make: ``{scope}第一`` with each word of the set ``scope``."""
    for template in entry.get("templates", ()):
        names = _SET.findall(template)
        for chosen in product(*(sets[name] for name in names)):
            parts = iter(chosen)
            yield _SET.sub(lambda _, parts=parts: next(parts), template)  # type: ignore[misc]


def _expression(pattern: str, sets: Mapping[str, Sequence[str]]) -> str:
    """A pattern with each ``{set}`` as alternatives; counts such as ``{0,8}`` stay."""
    return _SET.sub(lambda name: name[0] if name[1].isdigit() else _alternatives(sets[name[1]]), pattern)


def _alternatives(words: Sequence[str]) -> str:
    return f"(?:{'|'.join(re.escape(word.lower()) for word in sorted(words, key=len, reverse=True))})"


def _joined(words: Sequence[str], patterns: Sequence[str]) -> re.Pattern[str] | None:
    parts = [*patterns, *([_alternatives(words)] if words else [])]
    return re.compile("|".join(f"(?:{part})" for part in parts)) if parts else None
