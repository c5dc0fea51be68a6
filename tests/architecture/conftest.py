"""The source files the rules of the house apply to."""

from __future__ import annotations

import ast
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = {".venv", ".tools", ".qunfa", "node_modules", "build", "dist"}


@dataclass(frozen=True)
class Source:
    """A Python file and its syntax tree."""

    path: Path

    @cached_property
    def text(self) -> str:
        """The whole text."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse(self.text)

    @property
    def name(self) -> str:
        """The path inside the checkout."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def is_test(self) -> bool:
        """Whether it proves instead of doing."""
        return "tests" in self.path.relative_to(ROOT).parts


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def sources() -> list[Source]:
    """Every Python file of the product, its plugins, its tests and its set-up."""
    folders = ["saas", "plugins", "tests", "requirements", "bench"]
    files = [ROOT / "run.py", *(file for folder in folders for file in sorted((ROOT / folder).rglob("*.py")))]
    return [Source(file) for file in files if not OUTSIDE & set(file.relative_to(ROOT).parts)]


@pytest.fixture(scope="session")
def product(sources: list[Source]) -> list[Source]:
    """What is installed: the core and the plugins, without tests."""
    return [source for source in sources if source.name.startswith(("saas/", "plugins/")) and not source.is_test]


@pytest.fixture(scope="session")
def texts() -> list[Path]:
    """Every text file a reader of the repository sees."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False).stdout.decode().split("\0")
    files = [ROOT / name for name in listed if name] or [path for path in ROOT.rglob("*") if path.is_file()]
    kinds = {".py", ".md", ".toml", ".html", ".css", ".js", ".sql", ".yml", ".yaml", ".txt", ".json", ".ini", ""}
    return [file for file in files if file.suffix in kinds and file.is_file() and not OUTSIDE & set(file.relative_to(ROOT).parts)]
