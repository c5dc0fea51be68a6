"""The skeleton written out, as it is or with a fault, and imported under a name of its own."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from saas.channels.skeleton import named, write

Made = Callable[[str, tuple[tuple[str, str, str], ...]], object]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    """``made(name, changes)``: the plugin of a new channel with these changes to its files."""
    before, modules = list(sys.path), set(sys.modules)

    def make(name: str, changes: tuple[tuple[str, str, str], ...] = ()) -> object:
        folder = write(name, tmp_path) / f"qunfa_{name}"
        for file, old, new in changes:
            text = (folder / file).read_text(encoding="utf-8")
            assert named(old, name) in text, f"{name}: {file} has no '{old}'"
            (folder / file).write_text(text.replace(named(old, name), named(new, name), 1), encoding="utf-8")
        sys.path.insert(0, str(folder.parent))
        return importlib.import_module(f"qunfa_{name}.plugin")

    yield make
    sys.path[:] = before
    for module in set(sys.modules) - modules:
        if module.startswith("qunfa_"):
            del sys.modules[module]
