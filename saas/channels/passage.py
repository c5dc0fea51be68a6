"""A stretch of text as its writer wrote it, with the place it stands in: what compliance checks read."""

from __future__ import annotations

from dataclasses import dataclass

TRADES = {
    "medical": ("医疗健康", "medicine and health"),
    "finance": ("金融", "finance"),
    "education": ("教育培训", "education"),
    "food": ("食品餐饮", "food and drink"),
    "cosmetics": ("美妆护肤", "cosmetics"),
}
"""The trades that have word lists of their own, with their names."""


@dataclass(frozen=True, slots=True)
class Passage:
    """``where`` is the file or field, ``line`` the line of the file on which ``text`` begins; 0 for text without lines."""

    text: str
    where: str
    line: int = 0
