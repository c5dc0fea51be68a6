"""Listings by cursor, and the rules that several endpoints share."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from qunfa_wecom.simulator.replies import Refusal

Item = TypeVar("Item")


def page(items: Sequence[Item], body: Mapping[str, Any], most: int, usual: int) -> tuple[Sequence[Item], str]:
    """The page that ``cursor`` and ``limit`` ask for, and the next cursor ("" at the end)."""
    limit, cursor = int(body.get("limit") or usual), str(body.get("cursor") or "0")
    if not 0 < limit <= most or not cursor.isdecimal():
        raise Refusal(40058)
    start = int(cursor)
    following = start + limit
    return items[start:following], str(following) if following < len(items) else ""


def text_of(body: Mapping[str, Any], most: int) -> str:
    """The text's content; 45002 when it is longer than ``most`` bytes."""
    text = str((body.get("text") or {}).get("content", ""))
    if len(text.encode()) > most:
        raise Refusal(45002)
    return text


def words(content: Any) -> str:
    """How a message begins, for the log of effects: what tells one campaign from the next."""
    return json.dumps(content, ensure_ascii=False)[:200]


def short(value: Any, most: int) -> None:
    """40058 when the value is longer than ``most`` bytes."""
    if len(str(value or "").encode()) > most:
        raise Refusal(40058)
