"""The faulty channels of ``faulty.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Faulty:
    """A channel, what it does wrong, the check it must fail, and what differs from the skeleton: (file, old, new)."""

    name: str
    says: str
    check: str
    changes: tuple[tuple[str, str, str], ...]


def read() -> tuple[Faulty, ...]:
    listed = tomllib.loads(Path(__file__).with_name("faulty.toml").read_text(encoding="utf-8"))["faulty"]
    return tuple(
        Faulty(one["name"], one["says"], one["check"], tuple((c["file"], c["old"], c["new"]) for c in one["change"]))
        for one in listed
    )


FAULTY = read()
