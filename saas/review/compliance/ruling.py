"""What an agency has changed of the rules, as values: another limit for content, another gravity for a finding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from saas.channels import Finding

FOLDER = "folder"
_WORDS = {"block": ("阻止发送", "blocking"), "warn": ("提醒", "a warning"), "note": ("说明", "a note")}


@dataclass(frozen=True, slots=True)
class Change:
    """One rule changed by the agency. Either ``amount`` or ``severity`` is given."""

    pack: str
    rule: str
    reason: str
    by: str
    on: date
    amount: int | None = None
    severity: Literal["block", "warn", "note"] | None = None


@dataclass(frozen=True, slots=True)
class Ruling:
    """Every change that holds on a day."""

    changes: tuple[Change, ...] = ()

    def amounts(self, pack: str) -> dict[str, dict[str, Any]]:
        """The changed limits of a pack, as ``RulePack.limits`` takes overrides."""
        return {
            c.rule: {"value": c.amount, "reason": f"{c.reason}（{c.by}，{c.on:%Y-%m-%d}）"}
            for c in self.changes
            if c.pack == pack and c.amount is not None
        }

    def weighed(self, findings: Iterable[Finding]) -> list[Finding]:
        """Findings as grave as the agency wants them, each saying that it was changed, by whom and why."""
        changed = {c.rule: c for c in self.changes if c.severity}
        return [_changed(f, changed[f.rule]) if f.rule in changed and f.rule != "check_failed" else f for f in findings]

    def to_json(self) -> list[dict[str, Any]]:
        """Plain values for the record of a check."""
        return [
            {"pack": c.pack, "rule": c.rule, "reason": c.reason, "by": c.by, "on": c.on.isoformat(),
             "amount": c.amount, "severity": c.severity} for c in self.changes
        ]  # fmt: skip

    @classmethod
    def from_json(cls, value: Iterable[Mapping[str, Any]]) -> Ruling:
        """The inverse of ``to_json``."""
        return cls(tuple(Change(**{**change, "on": date.fromisoformat(change["on"])}) for change in value))


def _changed(finding: Finding, change: Change) -> Finding:
    """A note stays one: what the words already soften is not made graver by accident."""
    assert change.severity is not None
    if finding.severity == change.severity or finding.severity == "note":
        return finding
    zh, en = _WORDS[change.severity]
    message = (
        f"{finding.message[0]}（本机构改为“{zh}”：{change.reason}，{change.by}，{change.on:%Y-%m-%d}）",
        f"{finding.message[1]} (made {en} by the agency: {change.reason}, {change.by}, {change.on:%Y-%m-%d})",
    )
    return replace(finding, severity=change.severity, message=message)
