"""Values over days: one line a series, or a column a day."""

from __future__ import annotations

from collections.abc import Sequence

from saas.reports.charts import marks
from saas.reports.charts.marks import COLOURS, SIZE, Attributes, Chart, Series, element, told
from saas.reports.charts.scale import Say, label_width, levels, shown_labels, ticks

HIGH, FOOT, TOP = 190.0, 24.0, 10.0


def line(
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    say: Say,
    *,
    wide: float = 640,
    level: bool = False,
    exact: Say | None = None,
) -> Chart:
    """``labels``: the days, one for each value. A day without a value is a gap in the line; a lone day is a dot. ``level``: the
    axis begins near the least value, for a number that hardly moves; whoever asks for it says so in the title. ``exact``: how the
    table and a pointed-at day say what ``say`` rounds on the axis."""
    frame, parts = _framed(labels, series, say, wide, level, dashed=True)
    drawn = [stroke for place, one in enumerate(series) for stroke in _strokes(frame, one, place)]
    return _chart(title, labels, series, exact or say, wide, frame, [*parts, *drawn])


def columns(
    title: str, labels: Sequence[str], series: Sequence[Series], say: Say, *, wide: float = 640, exact: Say | None = None
) -> Chart:
    """A column a day; each further series is a part of the first and stands narrower before it. No value: nothing. ``exact``: as
    for ``line``."""
    frame, parts = _framed(labels, series, say, wide, False, dashed=False)
    drawn = [box for place, one in enumerate(series) for box in _boxes(frame, one, place)]
    return _chart(title, labels, series, exact or say, wide, frame, [*parts, *drawn])


def _framed(
    labels: Sequence[str], series: Sequence[Series], say: Say, wide: float, level: bool, *, dashed: bool
) -> tuple[_Frame, list[str]]:
    known = [value for one in series for value in one.values if value is not None]
    steps = levels(min(known), max(known)) if level and known else ticks(max(known, default=0))
    left = label_width([say(step) for step in steps], SIZE, wide / 4) + 10
    key, top = marks.legend([one.name for one in series], left, 8, wide - left, dashed=dashed) if len(series) > 1 else ("", 0.0)
    frame = _Frame(left, top + TOP, wide - left - 12, HIGH, steps, max(len(labels), 1))
    return frame, [key, *_grid(frame, steps, say), *_days(frame, labels)]


def _chart(
    title: str, labels: Sequence[str], series: Sequence[Series], say: Say, wide: float, frame: _Frame, drawn: list[str]
) -> Chart:
    touch = [_touch(frame, number, label, series, say) for number, label in enumerate(labels)]
    rows = [[label, *(_said(one.values[number], say) for one in series)] for number, label in enumerate(labels)]
    svg = marks.picture(title, wide, frame.top + HIGH + FOOT, "".join([*drawn, *touch]))
    return Chart(title, svg, ["", *(one.name for one in series)], rows)


class _Frame:
    """Where values lie in the drawing."""

    def __init__(self, left: float, top: float, wide: float, high: float, steps: Sequence[float], days: int) -> None:
        self.left, self.top, self.wide, self.high, self.days = left, top, wide, high, days
        self.least, self.most = steps[0], steps[-1]

    def x(self, number: int) -> float:
        return self.left + self.wide * (number + 0.5) / self.days

    def y(self, value: float) -> float:
        return self.top + self.high * (1 - (value - self.least) / (self.most - self.least))


def _grid(frame: _Frame, steps: Sequence[float], say: Say) -> list[str]:
    return [
        marks.rule(frame.left, frame.y(step), frame.left + frame.wide, frame.y(step))
        + marks.write(say(step), frame.left - 6, frame.y(step) + 4, anchor="end")
        for step in steps
    ]


def _days(frame: _Frame, labels: Sequence[str]) -> list[str]:
    shown = shown_labels(labels, frame.wide, SIZE)
    return [marks.write(labels[n], frame.x(n), frame.top + frame.high + 17, anchor="middle") for n in sorted(shown)]


def _strokes(frame: _Frame, one: Series, place: int) -> list[str]:
    colour, name = COLOURS[place % len(COLOURS)], f"c{place % len(COLOURS) + 1}"
    parts = []
    for run in _runs(one.values):
        points = [(frame.x(number), frame.y(one.values[number] or 0)) for number in run]
        if len(points) == 1:
            parts.append(element("circle", {"cx": points[0][0], "cy": points[0][1], "r": 2.5, "fill": colour, "class": name}))
            continue
        path = " ".join(f"{marks.number(x)},{marks.number(y)}" for x, y in points)
        stroke: Attributes = {"points": path, "fill": "none", "stroke": colour, "stroke_width": 2, "stroke_linejoin": "round"}
        parts.append(element("polyline", stroke | {"class": f"s {name}"} | marks.dash(place)))
    return parts


def _boxes(frame: _Frame, one: Series, place: int) -> list[str]:
    broad = frame.wide / frame.days * (0.36 if place else 0.76)
    foot, colour, name = frame.top + frame.high, COLOURS[place % len(COLOURS)], f"c{place % len(COLOURS) + 1}"
    tops = [(number, min(frame.y(value), foot - 1)) for number, value in enumerate(one.values) if value]
    return [marks.box(frame.x(number) - broad / 2, top, broad, foot - top, colour, name, 1) for number, top in tops]


def _runs(values: Sequence[float | None]) -> list[list[int]]:
    """The places of values that stand side by side."""
    runs: list[list[int]] = []
    for number, value in enumerate(values):
        if value is None:
            continue
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def _touch(frame: _Frame, number: int, label: str, series: Sequence[Series], say: Say) -> str:
    """A day's column: it says what every line is on that day, and shows the points."""
    step = frame.wide / frame.days
    known = [(place, one.values[number]) for place, one in enumerate(series)]
    shapes = marks.box(frame.x(number) - step / 2, frame.top, step, frame.high, "none", "hit", 0)
    for place, value in known:
        if value is not None:
            point: Attributes = {"cx": frame.x(number), "cy": frame.y(value), "r": 3.0, "fill": "none"}
            shapes += element("circle", point | {"class": f"dot c{place % len(COLOURS) + 1}"})
    text = " · ".join([label, *(f"{one.name} {_said(one.values[number], say)}" for one in series)])
    return told(shapes, text)


def _said(value: float | None, say: Say) -> str:
    return "—" if value is None else say(value)
