"""Ticks a person would choose, numbers in 万 and 亿, and how wide a text is."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Sequence

FORMS: dict[str, tuple[tuple[float, str], ...]] = {"zh": ((1e8, "亿"), (1e4, "万")), "en": ((1e9, "B"), (1e6, "M"), (1e3, "k"))}
Say = Callable[[float], str]


def count(language: str) -> Say:
    """How a chart writes a number of people where there is little room: 1.2万, 3亿; in English 12k, 300M."""

    def say(value: float) -> str:
        for size, mark in FORMS[language]:
            if abs(value) >= size:
                return f"{value / size:.2f}".rstrip("0").rstrip(".") + mark
        return f"{value:,.0f}" if value == int(value) else f"{value:.1f}"

    return say


def whole(value: float) -> str:
    """The same number to the last person, for the table and for whoever points at a mark."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def share(value: float) -> str:
    """A rate in percent."""
    return f"{100 * value:.1f}".removesuffix(".0") + "%"


def ticks(most: float, wanted: int = 4) -> list[float]:
    """Round numbers from 0 to at least ``most``."""
    if most <= 0:
        return [0.0, 1.0]
    step = _step(most / wanted)
    return [round(step * n, 10) for n in range(math.ceil(most / step - 1e-9) + 1)]


def levels(least: float, most: float, wanted: int = 4) -> list[float]:
    """Whole round numbers from below ``least`` to above ``most``: an axis on which a small change of a large number is seen."""
    step = max(_step((most - least) / wanted), 1.0) if most > least else 1.0
    first, last = math.floor(least / step), math.ceil(most / step)
    return [step * n for n in range(first, max(last, first + 1) + 1)]


def _step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(size * power for size in (1, 2, 2.5, 5, 10) if size * power >= rough * 0.999)


def width(text: str, size: float) -> float:
    """About how wide a text is: a Chinese character is as wide as the letter is high."""
    return size * sum(1.0 if unicodedata.east_asian_width(char) in "WF" else 0.58 for char in text)


def shortened(text: str, most: float, size: float) -> str:
    """The text, or as much of it as fits with an ellipsis."""
    if width(text, size) <= most:
        return text
    kept = ""
    for char in text:
        if width(kept + char + "…", size) > most:
            break
        kept += char
    return kept + "…"


def label_width(texts: Sequence[str], size: float, most: float) -> float:
    """The room to keep for labels: the longest, but no more than ``most``."""
    return min(max((width(text, size) for text in texts), default=0.0), most)


def shown_labels(texts: Sequence[str], room: float, size: float) -> set[int]:
    """Which labels of an axis are written so that none touches the next: the last always, then every n-th before it."""
    if not texts:
        return set()
    widest = max(width(text, size) for text in texts) + size
    every = max(1, math.ceil(widest * len(texts) / max(room, 1.0)))
    return set(range(len(texts) - 1, -1, -every))
