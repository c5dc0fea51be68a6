"""The built-in check packs, by the road of every other: entry points of the group ``qunfa.checks`` name them here."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from saas.channels.checks import Checks
from saas.channels.wording import WordPack

LISTS = Path(__file__).parent / "lists"
NAMES = ("inducement", "advertising", "medical", "finance", "education", "food", "cosmetics")


@cache
def built_in(name: str) -> WordPack:
    """One of the lists that come with the product."""
    return WordPack.load(LISTS / f"{name}.toml")


def __getattr__(name: str) -> WordPack:
    if name not in NAMES:
        raise AttributeError(name)
    return built_in(name)


@cache
def checks() -> Checks:
    """Every check pack of this installation, read once a process. Raises BadChannel when one must not be used."""
    return Checks.from_entry_points()
