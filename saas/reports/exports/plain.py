"""A report as plain data in one language: the body of the API's answer and of the JSON file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from saas.reports.periods.report import PeriodReport

WORDED = frozenset({"conclusion", "period_words", "reason"})


def plain(report: PeriodReport, language: str) -> dict[str, Any]:
    """Every value of the report; sentences in ``language`` (zh or en)."""
    side = 1 if language == "en" else 0
    found: dict[str, Any] = _plain(report, side)
    found["changes"] = [pair[side] for pair in report.changes]
    return found


def _plain(value: Any, side: int) -> Any:
    if is_dataclass(value):
        return {one.name: _field(one.name, getattr(value, one.name), side) for one in fields(value)}
    if isinstance(value, Mapping):
        return {name: _plain(one, side) for name, one in value.items()}
    return [_plain(one, side) for one in value] if isinstance(value, list | tuple) else value


def _field(name: str, value: Any, side: int) -> Any:
    if name in ("caveats", "untold"):
        return [pair[side] for pair in value]
    worded = name in WORDED or (name == "title" and isinstance(value, tuple))
    return value[side] if worded and isinstance(value, tuple) else _plain(value, side)
