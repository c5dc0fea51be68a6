"""Reading the forms of a report as their readers do: the cells of a workbook, the words of a PDF, the rows of a page."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from defusedxml.ElementTree import fromstring
from pypdf import PdfReader

CELL = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def sheet(data: bytes, number: int) -> list[list[Any]]:
    """The cells of a sheet, as Excel would read them."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        root = fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
        assert not list(root.iter(f"{CELL}f")), "no formula anywhere"
    return [cells_of(row) for row in root.iter(f"{CELL}row")]


def cells_of(row: Any) -> list[Any]:
    """The cells in their columns; one that is not written is None."""
    found = {ord(cell.get("r")[0]) - ord("A"): cell_value(cell) for cell in row if cell.get("r")[1].isdigit()}
    return [found.get(place) for place in range(max(found) + 1)]


def timeless(body: Any) -> Any:
    """The body without when it was made."""
    if isinstance(body, dict):
        return {name: timeless(value) for name, value in body.items() if name not in ("as_of", "made_at")}
    return [timeless(one) for one in body] if isinstance(body, list) else body


def cell_value(cell: Any) -> Any:
    text = "".join(node.text or "" for node in cell.iter(f"{CELL}t"))
    value = cell.find(f"{CELL}v")
    return text if cell.get("t") == "inlineStr" else float(value.text) if value is not None and value.text else None


def rows_of(page: str) -> dict[str, str]:
    """The present value of each figure in the page's table of all figures."""
    found = re.findall(r'<tr data-all="(\w+)">.*?<td class="num"[^>]*>([^<]*)</td>', page, re.DOTALL)
    return dict(found)


def told(data: bytes, form: str) -> Iterator[str]:
    """Every text that a file holds, files inside files too."""
    if form == "pdf":
        yield from (page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
    elif form in ("zip", "xlsx"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield name
                yield from told(archive.read(name), name.rpartition(".")[2])
    else:
        yield data.decode("utf-8", "replace")


def squeezed(texts: Iterable[str]) -> str:
    """Texts in their order without any space: paper breaks its lines where it must."""
    return "".join("".join(texts).split())
