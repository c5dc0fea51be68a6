"""Reading a list of what was sent elsewhere: every fault in one go, each with line, rule and remedy."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from saas.channels.platform import Finding
from saas.kernel import clock
from saas.kernel.errors import Invalid, Words

COLUMNS = ("account", "rule", "units", "at", "reason")
OPTIONAL = ("target", "ref")
MOST_LINES = 10_000
MOST_UNITS = 1_000_000
_CORRECTION = re.compile(r"-[1-9]\d{0,6}", re.ASCII)

Findings = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ExternalLine:
    """One line. ``ref`` knows it again: the list's own, or made of what the line says and how often it is said before."""

    line: int
    account: str
    rule: str
    units: int
    at: datetime
    reason: str
    target: str
    ref: str


def read_external(
    data: bytes, faults_of: Callable[[ExternalLine], Iterable[Invalid]], name: str
) -> tuple[list[ExternalLine], Findings]:
    """The lines and every fault (as dicts of ``Finding``) in the file of this name. ``faults_of`` knows what only the database
    can tell of a line."""
    lines, findings = _decoded(data, faults_of)
    return lines, [{**finding, "where": name} for finding in findings]


def _decoded(data: bytes, faults_of: Callable[[ExternalLine], Iterable[Invalid]]) -> tuple[list[ExternalLine], Findings]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        words = ("文件不是 UTF-8 编码", "the file is not UTF-8")
        return [], [_fault("encoding", 0, words, ("请另存为 UTF-8", "save it as UTF-8"))]
    try:
        return _read(csv.DictReader(io.StringIO(text.replace("\0", ""), newline="")), faults_of)
    except csv.Error as fault:
        words = (f"不是 CSV：{fault}", f"not a CSV: {fault}")
        return [], [_fault("encoding", 0, words, ("请另存为 CSV（UTF-8）", "save it as CSV (UTF-8)"))]


def _read(
    rows: csv.DictReader[str], faults_of: Callable[[ExternalLine], Iterable[Invalid]]
) -> tuple[list[ExternalLine], Findings]:
    head = _head_faults([name or "" for name in rows.fieldnames or []])
    if head:
        return [], head
    lines: list[ExternalLine] = []
    findings: Findings = []
    said: Counter[str] = Counter()
    for number, row in enumerate(rows, 2):
        if number > MOST_LINES + 1:
            words = (f"超过 {MOST_LINES:,} 行", f"more than {MOST_LINES:,} lines")
            return [], [*findings, _fault("lines", number, words, ("请分成几个文件", "split the file"))]
        line, faults = _line(number, {name: (row.get(name) or "").strip() for name in (*COLUMNS, *OPTIONAL)}, said)
        findings += [*faults, *(_fault(f.field, number, f.message, f.remedy) for f in faults_of(line))]
        lines.append(line)
    return lines, findings or _twice(lines)


def _head_faults(names: list[str]) -> Findings:
    missing = [name for name in COLUMNS if name not in names]
    strange = [name for name in names if name not in (*COLUMNS, *OPTIONAL)]
    remedy = (f"第一行应为 {','.join(COLUMNS)}", f"the first line must be {','.join(COLUMNS)}")
    found = []
    if missing:
        found.append(_fault("columns", 1, (f"缺少列：{', '.join(missing)}", f"missing columns: {', '.join(missing)}"), remedy))
    if strange and not missing:
        words = (f"不认识的列：{', '.join(strange)}", f"unknown columns: {', '.join(strange)}")
        found.append(_fault("columns", 1, words, ("可选的列：target, ref", "optional columns: target, ref")))
    return found


def _line(number: int, values: dict[str, str], said: Counter[str]) -> tuple[ExternalLine, Findings]:
    """The line, with something in place of what is no number or time, so that its other faults are found as well."""
    faults = []
    units, at = _units(values["units"]), _at(values["at"])
    if units is None:
        words = (f"units “{values['units']}”不是正整数", f"units '{values['units']}' is not a whole number above 0")
        faults.append(_fault("units", number, words, _units_remedy(values["units"])))
    if at is None:
        words = (f"at “{values['at']}”不是时间", f"at '{values['at']}' is not a time")
        faults.append(_fault("at", number, words, ("例如 2026-11-22T09:30", "such as 2026-11-22T09:30")))
    same = json.dumps([values[name] for name in (*COLUMNS, "target")])
    said[same] += 1
    ref = values["ref"] or "csv:" + hashlib.sha256(f"{same}#{said[same]}".encode()).hexdigest()[:40]
    rest = (values["reason"], values["target"], ref)
    return ExternalLine(number, values["account"], values["rule"], units or 1, at or clock.now(), *rest), faults


def _units(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdecimal() and len(value) <= 7 and int(value) else None


def _units_remedy(value: str) -> Words:
    if _CORRECTION.fullmatch(value):
        return ("更正请用 quota enter", "correct with quota enter")
    return (f"请写 1 到 {MOST_UNITS:,} 的整数，不带逗号", f"write a whole number from 1 to {MOST_UNITS:,}, without commas")


def _at(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _twice(lines: list[ExternalLine]) -> Findings:
    seen: dict[tuple[str, str, str, str], int] = {}
    found = []
    for line in lines:
        key = (line.account, line.rule, line.target, line.ref)
        if key in seen:
            words = (f"ref “{line.ref}”与第 {seen[key]} 行重复", f"the ref '{line.ref}' is in line {seen[key]} already")
            found.append(_fault("ref", line.line, words, ("请删去一行", "remove one")))
        seen.setdefault(key, line.line)
    return found


def fault_of_line(fault: Invalid, line: ExternalLine, name: str) -> dict[str, Any]:
    """What only storing the line has shown, as a finding of the file of this name."""
    return _fault(fault.field, line.line, fault.message, fault.remedy) | {"where": name}


def _fault(rule: str, line: int, message: Words, remedy: Words) -> dict[str, Any]:
    return asdict(Finding(f"quota.{rule}", "block", "", message, remedy, line))
