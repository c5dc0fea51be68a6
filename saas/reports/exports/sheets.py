"""Excel and CSV. Rows are written as they come and are not kept, so that a million of them need no more memory than a thousand.

No text can become a formula: Excel gets texts as texts, and in CSV a text that begins like a formula begins with an apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO

import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.workbook import Workbook  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from saas.reports.exports.tables import Table, Value

MOST_ROWS = 1_048_575
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "nan_inf_to_errors": True,
}


def excel(tables: Iterable[Table], out: BinaryIO, charts: bool = True) -> None:
    """A workbook, a sheet a table: frozen headers, filters, native charts beside the days and the accounts."""
    with xlsxwriter.Workbook(out, OPTIONS) as book:
        formats = {
            "head": book.add_format({"bold": True, "bg_color": "#E8EFEA", "bottom": 1, "text_wrap": True, "valign": "top"}),
            "rate": book.add_format({"num_format": "0.0%"}),
            "count": book.add_format({"num_format": "#,##0"}),
        }  # fmt: skip
        for table in tables:
            rows = _sheets(book, table, formats)
            if charts and table.charted and rows:
                _chart(book, table, rows, by_day=len(table.widths) == 1)


def _sheets(book: Workbook, table: Table, formats: dict[str, Any]) -> int:
    """Write the rows, on further sheets where one is full; how many stand on the first."""
    sheet, number, first, at = _sheet(book, table, formats, 1), 1, 0, 0
    for row in table.rows:
        if at == MOST_ROWS:
            number, first, at = number + 1, first or at, 0
            sheet = _sheet(book, table, formats, number)
        at += 1
        for column, value in enumerate(row):
            _cell(sheet, at, column, value, formats, rate=column in table.rates or at - 1 in table.rate_rows)
    if at and number == 1:
        sheet.autofilter(0, 0, at, len(table.header) - 1)
    return first or at


def _sheet(book: Workbook, table: Table, formats: dict[str, Any], number: int) -> Worksheet:
    sheet = book.add_worksheet(table.name if number == 1 else f"{table.name} {number}")
    sheet.freeze_panes(1, 1)
    for column in range(len(table.header)):
        sheet.set_column(column, column, table.widths[column] if column < len(table.widths) else 12)
    for column, title in enumerate(table.header):
        sheet.write_string(0, column, title, formats["head"])
    return sheet


def _cell(sheet: Worksheet, row: int, column: int, value: Value, formats: dict[str, Any], *, rate: bool) -> None:
    if isinstance(value, str):
        sheet.write_string(row, column, value)
    elif value is not None:
        sheet.write_number(row, column, value, formats["rate" if rate else "count"])


def _chart(book: Workbook, table: Table, rows: int, *, by_day: bool) -> None:
    """A chart of Excel's own on a sheet of its own page: it follows the cells."""
    sheet = book.get_worksheet_by_name(table.name)
    chart = book.add_chart({"type": "line" if by_day else "bar"})
    last = min(rows, 400 if by_day else 20)
    for column in table.charted:
        chart.add_series(
            {
                "name": [table.name, 0, column],
                "categories": [table.name, 1, 0, last, 0],
                "values": [table.name, 1, column, last, column],
            }
        )
    chart.show_blanks_as("gap")
    chart.set_size({"width": 720, "height": 360})
    if not by_day:
        chart.set_y_axis({"reverse": True})
        chart.set_legend({"none": True})
    sheet.insert_chart(1, len(table.header) + 1, chart)


def csv_bytes(table: Table) -> Iterator[bytes]:
    """One table as CSV, piece by piece; Excel reads its Chinese because of the mark at the beginning."""
    held = io.StringIO()
    yield "\ufeff".encode()
    for row in _csv_rows(table):
        csv.writer(held).writerow(row)
        if held.tell() > 1 << 15:
            yield held.getvalue().encode()
            held.seek(0)
            held.truncate()
    yield held.getvalue().encode()


def _csv_rows(table: Table) -> Iterator[Sequence[object]]:
    yield [safe(title) for title in table.header]
    for row in table.rows:
        yield [safe(value) if isinstance(value, str) else "" if value is None else value for value in row]


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text
