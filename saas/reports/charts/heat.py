"""A value for each pair of a row and a column: which hour of which day of the week is best."""

from __future__ import annotations

from collections.abc import Sequence

from saas.reports.charts import marks
from saas.reports.charts.marks import HEATS, LINE, SIZE, Attributes, Chart, element, told
from saas.reports.charts.scale import Say, label_width, shortened, shown_labels, width

CELL, FOOT, KEY = 22.0, 30.0, 16.0


def heat(
    title: str,
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Sequence[Sequence[float | None]],
    say: Say,
    *,
    wide: float = 640,
    why: Sequence[Sequence[str]] | None = None,
) -> Chart:
    """``cells[row][column]``; an empty cell has no value, which is not zero. ``why``: what more a cell says, such as its base."""
    left = label_width(rows, SIZE, wide / 4) + 8
    step = (wide - left) / max(len(columns), 1)
    most = max((value for row in cells for value in row if value is not None), default=0) or 1
    parts = []
    for y, name in enumerate(rows):
        parts.append(marks.write(shortened(name, left - 8, SIZE), left - 6, y * CELL + 15, anchor="end"))
        for x, column in enumerate(columns):
            value = cells[y][x]
            more = f" · {why[y][x]}" if why and why[y][x] else ""
            text = f"{name} {column} · {'—' if value is None else say(value)}{more}"
            parts.append(_cell(left + x * step, y * CELL, step, value, most, text))
    shown = shown_labels(columns, wide - left, SIZE)
    foot = len(rows) * CELL + 15
    for n in sorted(shown):
        middle = left + (n + 0.5) * step
        over = middle + width(columns[n], SIZE) / 2 > wide
        parts.append(marks.write(columns[n], wide if over else middle, foot, anchor="end" if over else "middle"))
    high = len(rows) * CELL + FOOT
    if any(value is not None for row in cells for value in row):
        parts += _key(wide, high, most, say)
        high += KEY
    table = [[name, *("—" if value is None else say(value) for value in row)] for name, row in zip(rows, cells, strict=True)]
    return Chart(title, marks.picture(title, wide, high, "".join(parts)), ["", *columns], table)


def _key(wide: float, y: float, most: float, say: Say) -> list[str]:
    """What the shades mean, from nothing to the highest value, for who has the drawing on paper."""
    end = wide - width(say(most), SIZE) - 8
    start = end - len(HEATS) * KEY
    boxes = [marks.box(start + place * KEY, y, KEY - 2, 10, shade, f"h{place + 1}", 1) for place, shade in enumerate(HEATS)]
    return [marks.write(say(0), start - 5, y + 9, anchor="end"), *boxes, marks.write(say(most), end + 3, y + 9)]


def _cell(x: float, y: float, step: float, value: float | None, most: float, text: str) -> str:
    place: Attributes = {"x": x + 1, "y": y + 1, "width": step - 2, "height": CELL - 2, "rx": 2}
    if value is None:
        return element("rect", {**place, "fill": "none", "stroke": LINE, "class": "none"})
    level = min(int(len(HEATS) * value / most), len(HEATS) - 1)
    return told(element("rect", {**place, "fill": HEATS[level], "class": f"h{level + 1}"}), text)
