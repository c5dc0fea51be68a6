"""The parts every chart is drawn with, and their colours: told apart by people who see red and green alike, and in grey."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from saas.reports.charts.scale import shortened, width

FONT = "Noto Sans SC"
SIZE = 11.0
INK, QUIET, LINE, GROUND = "#17201c", "#65706b", "#dfe3df", "#ffffff"
COLOURS = ("#0b6fb0", "#d97706", "#0f8a63", "#b4478d", "#5a4fcf", "#7a5c1e")
DASHES = ("", "6 3", "2 3", "8 3 2 3", "4 4", "1 3")
Attributes = dict[str, str | float]
HEATS = ("#eef5f9", "#cfe3f0", "#a3cbe3", "#6aa9d2", "#2f7fb8", "#0b5a94")


@dataclass(frozen=True, slots=True)
class Series:
    """A name and its values; None where nothing is known."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Chart:
    """A finished picture, and the table behind it: the same values in words, each row as long as the header."""

    title: str
    svg: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


def number(value: float) -> str:
    """A coordinate, short."""
    return f"{value:.1f}".removesuffix(".0")


def element(name: str, attributes: Attributes, inside: str = "") -> str:
    """One element; every attribute and every text is escaped here and nowhere else."""
    said = "".join(
        f" {key.rstrip('_').replace('_', '-')}={quoteattr(value if isinstance(value, str) else number(value))}"
        for key, value in attributes.items()
    )
    return f"<{name}{said}>{inside}</{name}>" if inside else f"<{name}{said}/>"


def write(
    text: str, x: float, y: float, *, anchor: str = "start", quiet: bool = True, bold: bool = False, size: float = SIZE
) -> str:
    """A line of text whose baseline is at ``y``."""
    colour, name = (QUIET, "quiet") if quiet else (INK, "ink")
    attributes: Attributes = {"x": x, "y": y, "font_size": size, "text_anchor": anchor, "fill": colour, "class": name}
    if bold:
        attributes["font_weight"] = "bold"
    return element("text", attributes, escape(text))


def rule(x1: float, y1: float, x2: float, y2: float) -> str:
    """A thin line of the grid."""
    return element("line", {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "stroke": LINE, "class": "grid"})


def box(x: float, y: float, wide: float, high: float, colour: str, name: str, rounded: float = 2) -> str:
    """A filled rectangle; ``name`` is the class by which a page gives it another colour."""
    return element("rect", {"x": x, "y": y, "width": wide, "height": high, "rx": rounded, "fill": colour, "class": name})


def told(shape: str, text: str) -> str:
    """A shape that says its value when the pointer or the keyboard reaches it."""
    return element(
        "g",
        {"class": "mark", "tabindex": "0", "role": "img", "aria_label": text, "data_t": text},
        f"<title>{escape(text)}</title>{shape}",
    )


def legend(names: Sequence[str], x: float, y: float, wide: float, *, dashed: bool = False) -> tuple[str, float]:
    """The names of the series with their colours, in as many lines as they need; and the height they take."""
    parts, at, row = [], x, 0
    for place, name in enumerate(names):
        text = shortened(name, wide - 22, SIZE)
        need = width(text, SIZE) + 34
        if at > x and at + need > x + wide:
            at, row = x, row + 1
        middle = y + row * 18
        parts.append(_key(at, middle, place, dashed))
        parts.append(write(text, at + 20, middle + 4))
        at += need
    return "".join(parts), (row + 1) * 18.0 + 4


def _key(x: float, y: float, place: int, dashed: bool) -> str:
    name = f"c{place % len(COLOURS) + 1}"
    colour = COLOURS[place % len(COLOURS)]
    if not dashed:
        return box(x, y - 5, 12, 10, colour, name)
    place_of: Attributes = {"x1": x, "y1": y, "x2": x + 16, "y2": y}
    return element("line", {**place_of, "stroke": colour, "stroke_width": 2, "class": f"s {name}", **dash(place)})


def dash(place: int) -> Attributes:
    """How the line of the n-th series is broken, so that lines differ on a grey print too; the first is whole."""
    pattern = DASHES[place % len(DASHES)]
    return {"stroke_dasharray": pattern} if pattern else {}


def picture(title: str, wide: float, high: float, inside: str) -> str:
    """The whole drawing, with its title for those who hear it."""
    size = f"0 0 {number(wide)} {number(high)}"
    attributes: Attributes = {
        "xmlns": "http://www.w3.org/2000/svg", "viewBox": size, "width": wide, "height": high, "class": "chart", "role": "group",
        "aria_label": title, "font_family": FONT,
    }  # fmt: skip
    return element("svg", attributes, inside)
