"""One file seen as a folder that holds nothing else."""

from __future__ import annotations

import posixpath
from pathlib import Path

from saas.content.files import MAX_FILE_BYTES, missing, too_large


class SingleFile:
    """Satisfies ``Files`` with one name."""

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, posixpath.basename(name.replace("\\", "/"))

    def names(self) -> list[str]:
        return [self._name]

    def size(self, name: str) -> int | None:
        return self._path.stat().st_size if name == self._name else None

    def read(self, name: str, limit: int = MAX_FILE_BYTES) -> bytes:
        if name != self._name:
            raise missing(name)
        data = self._path.read_bytes()
        if len(data) > limit:
            raise too_large(name, len(data), limit)
        return data

    def neighbour_articles(self) -> list[tuple[str, Path]]:
        return []
