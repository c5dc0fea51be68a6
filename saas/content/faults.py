"""How the checks of this room word a finding: both languages, the place, the rule and the remedy in one call."""

from __future__ import annotations

from typing import Literal

from saas.channels import Finding

Severity = Literal["block", "warn", "note"]
Words = tuple[str, str]


def block(rule: str, where: str, message: Words, remedy: Words = ("", ""), line: int = 0) -> Finding:
    """A finding that stops the send."""
    return Finding(rule, "block", where, message, remedy, line)


def warn(rule: str, where: str, message: Words, remedy: Words = ("", ""), line: int = 0) -> Finding:
    """A finding that a reviewer may pass with a reason."""
    return Finding(rule, "warn", where, message, remedy, line)


def note(rule: str, where: str, message: Words, remedy: Words = ("", ""), line: int = 0) -> Finding:
    """A finding that only informs."""
    return Finding(rule, "note", where, message, remedy, line)


def graded(severity: Severity, rule: str, where: str, message: Words, remedy: Words = ("", ""), line: int = 0) -> Finding:
    """A finding whose severity is data."""
    return Finding(rule, severity, where, message, remedy, line)


def in_file(where: str, field: str) -> str:
    """The place of a field of a file, as findings write it: ``campaign.yaml: schedule``."""
    return f"{where}: {field}" if field else where


def shown(value: str, limit: int = 60) -> str:
    """A value as a sentence may quote it: one line, no control characters, not too long."""
    clean = "".join(c if c.isprintable() else "�" for c in value)
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def megabytes(size: int) -> str:
    """A size for people: ``1.9 MB`` or ``380 KB``."""
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{max(1, round(size / 1000))} KB"
