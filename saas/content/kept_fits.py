"""Fitted pictures kept on disk, so that no process fits the same picture twice. Losing the folder costs only time."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections import OrderedDict
from collections.abc import Iterator, MutableMapping
from pathlib import Path

from saas.content.fitting import Fit, Fitted

MEMORY_BYTES = 32 * 1024 * 1024
DISK_FILES = 5_000
Key = tuple[str, Fit]


class KeptFits(MutableMapping[Key, Fitted]):
    """A ``FitCache`` in a folder: a line of JSON, then the bytes, which are checked against their hash when read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._near: OrderedDict[Key, Fitted] = OrderedDict()

    def __getitem__(self, key: Key) -> Fitted:
        if key not in self._near:
            self._keep_near(key, self._read(key))
        self._near.move_to_end(key)
        return self._near[key]

    def __setitem__(self, key: Key, fitted: Fitted) -> None:
        self._keep_near(key, fitted)
        try:
            self._write(key, fitted)
        except OSError:
            return  # a full or read-only disk only costs the next process its time

    def __delitem__(self, key: Key) -> None:
        self._near.pop(key, None)
        self._file(key).unlink(missing_ok=True)

    def __iter__(self) -> Iterator[Key]:
        return iter(tuple(self._near))

    def __len__(self) -> int:
        return len(self._near)

    def _keep_near(self, key: Key, fitted: Fitted) -> None:
        self._near[key] = fitted
        while len(self._near) > 1 and sum(len(f.data) for f in self._near.values()) > MEMORY_BYTES:
            self._near.popitem(last=False)

    def _file(self, key: Key) -> Path:
        sha256, limits = key
        name = hashlib.sha256(
            f"{sha256} {limits.max_bytes} {limits.max_width} {limits.max_height} {sorted(limits.formats)}".encode()
        )
        return self._folder / name.hexdigest()

    def _read(self, key: Key) -> Fitted:
        try:
            head, _, data = self._file(key).read_bytes().partition(b"\n")
            known = json.loads(head)
        except (OSError, ValueError):
            raise KeyError(key) from None
        if hashlib.sha256(data).hexdigest() != known["sha256"]:
            raise KeyError(key)
        changes = tuple((zh, en) for zh, en in known.pop("changes"))
        return Fitted(data=data, changes=changes, **known)

    def _write(self, key: Key, fitted: Fitted) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        head = {
            "mime": fitted.mime,
            "width": fitted.width,
            "height": fitted.height,
            "sha256": fitted.sha256,
            "changes": fitted.changes,
        }
        draft = self._folder / f".{secrets.token_hex(8)}"
        draft.write_bytes(json.dumps(head, ensure_ascii=False).encode() + b"\n" + fitted.data)
        draft.replace(self._file(key))
        self._thin_out()

    def _thin_out(self) -> None:
        """Keep the newest: a bounded folder needs no caretaker."""
        if secrets.randbelow(100):
            return
        with os.scandir(self._folder) as entries:
            files = sorted((entry for entry in entries if entry.is_file()), key=lambda entry: entry.stat().st_mtime)
        for entry in files[:-DISK_FILES]:
            Path(entry.path).unlink(missing_ok=True)
