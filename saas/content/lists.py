"""The CSV lists of a folder: which accounts, and which recipients with what fields."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from saas.channels import Finding
from saas.content.draft import CampaignDraft
from saas.content.faults import Words, block, shown, warn
from saas.content.files import Files
from saas.content.text_files import read_text

MAX_LIST_BYTES = 64_000_000
ID_COLUMNS = ("openid", "id", "userid", "external_userid", "unionid", "group_openid", "group_id")
MAX_NAMED = 20
_PLACEHOLDER = re.compile(r"\{([^{}\s]+)\}")


@dataclass(frozen=True, slots=True)
class Recipient:
    """One row of the recipients: the platform's id and the values for ``{placeholders}``."""

    id: str
    fields: dict[str, str]
    line: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV: its header, and (line, cells) of every row that is not blank."""

    header: tuple[str, ...]
    rows: Iterable[tuple[int, list[str]]]


def read_table(files: Files, name: str, found: list[Finding]) -> Table | None:
    """The CSV of that name (comma, semicolon or tab), or None with the reason in ``found``."""
    text = read_text(files, name, found, MAX_LIST_BYTES)
    if text is None:
        return None
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = tuple(cell.strip() for cell in next(reader, []))
    if not any(header):
        message = ("列表是空的", "the list is empty")
        found.append(
            block(
                "list_empty",
                name,
                message,
                ("第一行写列名，下面每行一条", "write column names on the first line, then a row a line"),
                1,
            )
        )
        return None
    return Table(header, _rows(reader, name, found))


def _rows(reader: Iterator[list[str]], name: str, found: list[Finding]) -> Iterator[tuple[int, list[str]]]:
    line = 1
    try:
        for cells in reader:
            line = reader.line_num  # type: ignore[attr-defined]
            if any(cell.strip() for cell in cells):
                yield line, [cell.strip() for cell in cells]
    except csv.Error as error:
        message = (f"CSV 写法有误：{error}", f"the CSV cannot be read: {error}")
        found.append(block("csv_syntax", name, message, ("检查引号是否成对", "check that quotes come in pairs"), line + 1))


def check_keys(rows: Iterable[tuple[int, str]], where: str, found: list[Finding]) -> dict[str, int]:
    """Account keys with the line of each, in order; doubled and empty ones are reported."""
    first: dict[str, int] = {}
    for line, key in rows:
        if not key:
            found.append(
                block(
                    "account_empty",
                    where,
                    ("账号 key 是空的", "the account key is empty"),
                    ("填上 key 或删掉这行", "fill it in or delete the line"),
                    line,
                )
            )
        elif key in first:
            message = (
                f"账号 {shown(key)} 重复（第一次在第 {first[key]} 行）",
                f"account {shown(key)} is doubled (first on line {first[key]})",
            )
            found.append(block("account_doubled", where, message, ("删掉这一行", "delete this line"), line))
        else:
            first[key] = line
    return first


def read_accounts(files: Files, name: str, found: list[Finding]) -> list[tuple[int, str]]:
    """(line, key) of every row of the accounts list; the column is ``key``, or the first one."""
    table = read_table(files, name, found)
    if table is None:
        return []
    if "key" not in table.header:
        message = (
            f"没有 key 列（现有：{shown(', '.join(table.header))}）",
            f"there is no column key (there are: {shown(', '.join(table.header))})",
        )
        found.append(block("column_missing", name, message, ("第一行写 key", "write key on the first line"), 1))
        return []
    column = table.header.index("key")
    return [(line, cells[column] if column < len(cells) else "") for line, cells in table.rows]


def placeholders(texts: Iterable[str]) -> set[str]:
    """The names in braces that need a column."""
    return {name for text in texts for name in _PLACEHOLDER.findall(text)}


def check_recipients(files: Files, name: str, needed: set[str], found: list[Finding]) -> int:
    """The number of usable rows; missing columns, empty and doubled ids and empty fields go to ``found``."""
    table = read_table(files, name, found)
    if table is None:
        return 0
    found.extend(_column_faults(table.header, name, needed))
    watch = _RowWatch(name, [(n, table.header.index(n)) for n in sorted(needed) if n in table.header], len(table.header))
    for line, cells in table.rows:
        watch.look(line, cells)
    found.extend(watch.findings())
    if not watch.first:
        found.append(
            block(
                "recipients_empty",
                name,
                ("一个收件人都没有", "there is not one recipient"),
                ("每行写一个", "write one a line"),
                2,
            )
        )
    return len(watch.first)


def _column_faults(header: Sequence[str], name: str, needed: set[str]) -> list[Finding]:
    found: list[Finding] = []
    if header[0].lower() not in ID_COLUMNS:
        message = (
            f"第一列是 {shown(header[0])}，应当是收件人的 id",
            f"the first column is {shown(header[0])}, it must be the recipients' id",
        )
        remedy: Words = (
            f"第一列的列名写 {'、'.join(ID_COLUMNS[:3])} 之一",
            f"name the first column one of {', '.join(ID_COLUMNS[:3])}",
        )
        found.append(block("column_id", name, message, remedy, 1))
    for column in sorted(needed - set(header)):
        message = (
            f"模板用到 {{{shown(column)}}}，列表里没有这一列",
            f"the template uses {{{shown(column)}}}, the list has no such column",
        )
        remedy = (f"加上 {shown(column)} 列，或从模板里去掉", f"add the column {shown(column)}, or take it out of the template")
        found.append(block("column_missing", name, message, remedy, 1))
    doubled = sorted({h for h in header if h and header.count(h) > 1})
    for column in doubled:
        message = (f"列名 {shown(column)} 重复", f"the column {shown(column)} is doubled")
        found.append(block("column_doubled", name, message, ("每列一个名字", "give every column its own name"), 1))
    return found


class _RowWatch:
    """Counts what is wrong with rows; names the first few and sums up the rest, so a bad list stays readable."""

    def __init__(self, name: str, wanted: list[tuple[str, int]], width: int) -> None:
        self.name, self.wanted, self.width = name, wanted, width
        self.first: dict[str, int] = {}
        self._found: dict[str, list[Finding]] = {}
        self._counts: dict[str, int] = {}

    def look(self, line: int, cells: list[str]) -> None:
        key = cells[0]
        if not key:
            self._add("id_empty", line, ("id 是空的", "the id is empty"))
        elif key in self.first:
            where = self.first[key]
            self._add(
                "id_doubled",
                line,
                (f"id {shown(key)} 重复（第一次在第 {where} 行）", f"id {shown(key)} is doubled (first on line {where})"),
            )
        else:
            self.first[key] = line
        if len(cells) > self.width:
            self._add(
                "row_width",
                line,
                (f"有 {len(cells)} 格，列名只有 {self.width} 个", f"has {len(cells)} cells for {self.width} columns"),
            )
        for column, index in self.wanted:
            if index >= len(cells) or not cells[index]:
                self._add("field_empty", line, (f"{column} 是空的", f"{column} is empty"), "warn")

    def _add(self, rule: str, line: int, message: Words, severity: str = "block") -> None:
        self._counts[rule] = self._counts.get(rule, 0) + 1
        if self._counts[rule] <= MAX_NAMED:
            make = warn if severity == "warn" else block
            self._found.setdefault(rule, []).append(
                make(rule, self.name, message, ("改正或删掉这一行", "correct or delete the line"), line)
            )

    def findings(self) -> list[Finding]:
        found = [finding for group in self._found.values() for finding in group]
        for rule, count in self._counts.items():
            if count > MAX_NAMED:
                rest = count - MAX_NAMED
                make = warn if rule == "field_empty" else block
                found.append(
                    make(
                        rule,
                        self.name,
                        (f"另有 {rest} 行同样的问题", f"{rest} more lines have the same fault"),
                        ("一并改正", "correct them too"),
                    )
                )
        return sorted(found, key=lambda f: f.line or 10**9)


def iter_recipients(files: Files, draft: CampaignDraft) -> Iterator[Recipient]:
    """The usable recipients of a draft, in order, each id once; nothing when the draft names no list."""
    table = read_table(files, draft.recipients, []) if draft.recipients else None
    seen: set[str] = set()
    for line, cells in table.rows if table else ():
        if cells[0] and cells[0] not in seen:
            seen.add(cells[0])
            yield Recipient(cells[0], dict(zip(table.header, cells, strict=False)), line)  # type: ignore[union-attr]
