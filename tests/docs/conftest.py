"""The pages of the manual, and their tables as rows of cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SPAN = re.compile(r"`([^`]+)`")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Page:
    """A Markdown file of the repository."""

    path: Path

    @property
    def name(self) -> str:
        """The path inside the checkout."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def text(self) -> str:
        """The whole text."""
        return self.path.read_text(encoding="utf-8")

    @property
    def prose(self) -> str:
        """The text without its fenced blocks."""
        return FENCE.sub("", self.text)

    def section(self, title: str) -> str:
        """The text under a heading of the second level."""
        parts = re.split(r"^## ", self.text, flags=re.MULTILINE)
        return next(part for part in parts if part.splitlines()[0] == title)

    def blocks(self) -> list[str]:
        """The fenced blocks, without their fences."""
        return [block.split("\n", 1)[1].rsplit("\n", 1)[0] for block in FENCE.findall(self.text)]


def rows(text: str) -> Iterator[list[str]]:
    """The body rows of every table, as cells."""
    for line in text.splitlines():
        if line.startswith("|") and not set(line) <= set("|-: "):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def spans(text: str) -> list[str]:
    """What stands between back-ticks."""
    return SPAN.findall(text)


def page(name: str) -> Page:
    """A page by its path inside the checkout."""
    return Page(ROOT / name)


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def pages() -> list[Page]:
    """Every page a reader may open."""
    folders = [ROOT, *(ROOT / "plugins").iterdir(), ROOT / "requirements"]
    found = [file for folder in folders for file in sorted(folder.glob("*.md"))]
    return [Page(file) for file in [*found, *sorted((ROOT / "docs").rglob("*.md"))]]
