"""The faulty channels of ``faulty.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Faulty:
    """A channel, what it does wrong, the check it must fail, and what differs from the skeleton: (file, old, new)."""

    name: str
    says: str
    check: str
    changes: tuple[tuple[str, str, str], ...]


def read(told: dict[str, Any]) -> tuple[Faulty, ...]:
    return tuple(
        Faulty(one["name"], one["says"], one["check"], SHARED.get(one.get("like", ""), ()) + changes_of(one))
        for one in told["faulty"]
    )


def changes_of(one: dict[str, Any]) -> tuple[tuple[str, str, str], ...]:
    return tuple((change["file"], change["old"], change["new"]) for change in one["change"])


TOLD = tomllib.loads(Path(__file__).with_name("faulty.toml").read_text(encoding="utf-8"))
SHARED = {one["name"]: changes_of(one) for one in TOLD["shared"]}
FAULTY = read(TOLD)
