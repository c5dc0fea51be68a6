"""The journal: what was created and stopped, one JSON line each, so that a restart knows it again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Journal:
    """An append-only file in the stage's folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def lines(self) -> Iterator[dict[str, Any]]:
        """Every whole line; a kill in the middle of a write leaves at most one that is not, and it is cut off."""
        if not self._path.exists():
            return
        text = self._path.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            self._path.write_text(whole, encoding="utf-8")
        for line in whole.splitlines():
            yield json.loads(line)

    def write(self, what: str, **detail: Any) -> None:
        """Add a line; it is on disk before the caller gets an answer."""
        with self._path.open("a", encoding="utf-8") as log:
            log.write(json.dumps({"what": what, **detail}, ensure_ascii=False, separators=(",", ":")) + "\n")
