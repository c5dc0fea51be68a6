"""Values side by side: one bar a name, or one bar of parts."""

from __future__ import annotations

from collections.abc import Sequence

from saas.reports.charts import marks
from saas.reports.charts.marks import COLOURS, SIZE, Attributes, Chart, Series, told
from saas.reports.charts.scale import Say, label_width, shortened, width

ROW, BAR, FOOT = 26.0, 14.0, 6.0


def bars(
    title: str,
    names: Sequence[str],
    values: Sequence[float | None],
    say: Say,
    *,
    wide: float = 640,
    exact: Say | None = None,
    mean: float | None = None,
    mean_name: str = "",
) -> Chart:
    """One bar a name, in the order given; a value that is not known is a dash. ``mean``: a line to compare with. ``exact``: how
    the table and a pointed-at bar say what ``say`` rounds."""
    full = exact or say
    known = [value for value in values if value is not None] + ([mean] if mean is not None else [])
    most = max(known, default=0) or 1
    left = label_width(names, SIZE, wide * 0.36) + 10
    room = wide - left - max((width(say(value), SIZE) for value in known), default=0) - 12
    head = 18.0 if mean is not None else 0.0
    lines = zip(names, values, strict=True)
    line = left + room * mean / most if mean is not None else 0.0
    parts = [
        told(_bar(name, value, head + place * ROW, left, room / most, wide, say, line), f"{name} · {_said(value, full)}")
        for place, (name, value) in enumerate(lines)
    ]
    high = head + len(names) * ROW + FOOT
    if mean is not None:
        parts += _mean(line, high - FOOT, wide, f"{mean_name} {say(mean)}")
    rows = [[name, _said(value, full)] for name, value in zip(names, values, strict=True)]
    rows += [[mean_name, full(mean)]] if mean is not None else []
    return Chart(title, marks.picture(title, wide, high, "".join(parts)), ["", title], rows)


def _bar(name: str, value: float | None, y: float, left: float, scale: float, wide: float, say: Say, line: float) -> str:
    """One bar; its number stands behind the dashed ``line`` where that would go through it."""
    long = max(scale * value, 1.0) if value else 0.0
    shapes = marks.box(0, y, wide, ROW, "none", "hit", 0)
    shapes += marks.write(shortened(name, left - 10, SIZE), left - 8, y + 17, anchor="end", quiet=False)
    shapes += marks.box(left, y + 6, long, BAR, COLOURS[0], "c1") if long else ""
    end = left + long + 6
    crossed = end - 4 < line < end + width(_said(value, say), SIZE) + 4
    return shapes + marks.write(_said(value, say), line + 6 if crossed else end, y + 17)


def _mean(x: float, bottom: float, wide: float, text: str) -> list[str]:
    """A dashed line through all bars, named above them."""
    place: Attributes = {"x1": x, "y1": 16, "x2": x, "y2": bottom, "stroke": COLOURS[1], "stroke_width": 1.5}
    stroke = marks.element("line", {**place, "stroke_dasharray": "4 3", "class": "s c2"})
    return [stroke, marks.write(text, x, 11, anchor="end" if x > wide * 0.7 else "start")]


def stacked(
    title: str, names: Sequence[str], parts: Sequence[Series], say: Say, *, wide: float = 640, exact: Say | None = None
) -> Chart:
    """One bar a name, made of the parts' values for it; every bar is as long as its sum. ``exact``: as for ``bars``."""
    full = exact or say
    sums = [sum(part.values[place] or 0 for part in parts) for place in range(len(names))]
    most = max(sums, default=0) or 1
    left = label_width(names, SIZE, wide * 0.36) + 10
    room = wide - left - max((width(say(total), SIZE) for total in sums), default=0) - 12
    key, top = marks.legend([part.name for part in parts], left, 8, wide - left)
    drawn = [key]
    for place, name in enumerate(names):
        y = top + place * ROW
        drawn.append(marks.write(shortened(name, left - 10, SIZE), left - 8, y + 17, anchor="end", quiet=False))
        drawn += _segments(name, place, parts, left, y + 6, room / most, full)
        drawn.append(marks.write(say(sums[place]), left + room * sums[place] / most + 6, y + 17))
    rows = [[name, *(_said(part.values[place], full) for part in parts)] for place, name in enumerate(names)]
    svg = marks.picture(title, wide, top + len(names) * ROW + FOOT, "".join(drawn))
    return Chart(title, svg, ["", *(part.name for part in parts)], rows)


def _segments(name: str, place: int, parts: Sequence[Series], left: float, y: float, scale: float, say: Say) -> list[str]:
    drawn, x = [], left
    for number, part in enumerate(parts):
        value = part.values[place] or 0
        if value:
            shape = marks.box(x, y, value * scale, BAR, COLOURS[number % len(COLOURS)], f"c{number % len(COLOURS) + 1}", 1)
            drawn.append(told(shape, f"{name} · {part.name} {say(value)}"))
            x += value * scale
    return drawn


def _said(value: float | None, say: Say) -> str:
    return "—" if value is None else say(value)
