"""Reading a list of accounts: every fault in one go, each with line, rule and remedy."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from saas.accounts.channels import registry
from saas.channels.platform import Finding

COLUMNS = ("key", "client", "channel", "kind", "name", "audience_size")
KEY = re.compile(r"^[a-z0-9][a-z0-9_-]{0,63}$")
MOST_LINES = 100_000
CONNECT = "credentials and settings are entered with accounts connect"


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One line of the list."""

    line: int
    key: str
    client: str
    channel: str
    kind: str
    name: str
    audience_size: int


def read_accounts(data: bytes) -> tuple[list[AccountLine], list[dict[str, Any]]]:
    """The lines and the faults (as dicts of ``Finding``); lines are only complete when there are no faults."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return [], [
            _fault("encoding", 0, ("文件不是 UTF-8 编码", "the file is not UTF-8"), ("请另存为 UTF-8", "save it as UTF-8"))
        ]
    rows = csv.DictReader(io.StringIO(text.replace("\0", "")))
    missing = [column for column in COLUMNS if column not in (rows.fieldnames or [])]
    if missing:
        words = (f"缺少列：{', '.join(missing)}", f"missing columns: {', '.join(missing)}")
        return [], [
            _fault("columns", 1, words, (f"第一行应为 {','.join(COLUMNS)}", f"the first line must be {','.join(COLUMNS)}"))
        ]
    if unknown := [column for column in rows.fieldnames or [] if column.strip() and column not in COLUMNS]:
        words = (f"有不认识的列：{', '.join(unknown)}", f"unknown columns: {', '.join(unknown)}")
        remedy = (f"只能有 {','.join(COLUMNS)}；凭证与设置用 accounts connect 填写", f"only {','.join(COLUMNS)}; {CONNECT}")
        return [], [_fault("columns", 1, words, remedy)]
    faults: list[dict[str, Any]] = []
    lines: list[AccountLine] = []
    seen: dict[str, int] = {}
    for number, row in enumerate(rows, 2):
        found = list(_faults_of(number, row, seen))
        faults.extend(found)
        if not found:
            lines.append(_line(number, row))
        seen.setdefault(row["key"] or "", number)
    return lines, faults


def _line(number: int, row: dict[str, str]) -> AccountLine:
    values = {column: (row[column] or "").strip() for column in COLUMNS}
    return AccountLine(
        line=number,
        key=values["key"],
        client=values["client"],
        channel=values["channel"],
        kind=values["kind"],
        name=values["name"],
        audience_size=int(values["audience_size"]),
    )


def _faults_of(number: int, row: dict[str, str], seen: dict[str, int]) -> Iterator[dict[str, Any]]:
    key = (row["key"] or "").strip()
    if not KEY.match(key):
        rule = ("只能用小写字母、数字、- 和 _，最多 64 个", "use lower-case letters, digits, - and _, at most 64")
        yield _fault("key", number, (f"key “{key}”不合规", f"the key '{key}' is not allowed"), rule)
    if any(name is None for name in row):
        rule = ("内容里的逗号请加引号", "put quotes around a text with commas")
        yield _fault("columns", number, ("单元格多于列数", "there are more cells than columns"), rule)
    if key in seen:
        yield _fault(
            "key",
            number,
            (f"key “{key}”与第 {seen[key]} 行重复", f"the key '{key}' is in line {seen[key]} already"),
            ("请删去一行", "remove one"),
        )
    for column in ("client", "name"):
        if not (row[column] or "").strip():
            yield _fault(column, number, (f"{column} 为空", f"{column} is empty"), ("请填写", "fill it in"))
    yield from _faults_of_the_kind(number, row)
    if not (row["audience_size"] or "").strip().isdecimal() or len(row["audience_size"]) > 9:
        yield _fault(
            "audience_size",
            number,
            ("受众人数不是数字", "the audience size is not a number"),
            ("请填写整数", "enter a whole number"),
        )


def _faults_of_the_kind(number: int, row: dict[str, str]) -> Iterator[dict[str, Any]]:
    installed = registry().get((row["channel"] or "").strip())
    if installed is None:
        known = ", ".join(i.channel.name for i in registry().all())
        yield _fault(
            "channel",
            number,
            (f"没有渠道“{row['channel']}”", f"no channel '{row['channel']}'"),
            (f"可用：{known}", f"available: {known}"),
        )
    elif installed.channel.kind((row["kind"] or "").strip()) is None:
        known = ", ".join(k.name for k in installed.channel.kinds)
        yield _fault(
            "kind",
            number,
            (f"没有账号类型“{row['kind']}”", f"no account kind '{row['kind']}'"),
            (f"可用：{known}", f"available: {known}"),
        )


def _fault(rule: str, line: int, message: tuple[str, str], remedy: tuple[str, str]) -> dict[str, Any]:
    return asdict(Finding(f"accounts.{rule}", "block", "accounts.csv", message, remedy, line))
