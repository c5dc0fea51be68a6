"""An article as a phone's dark mode shows it: ink is lifted until it can be read, paper is darkened, hues stay.

Platforms recolour an article themselves and do not publish how; this is near enough to find words that vanish. Pure.
"""

from __future__ import annotations

import colorsys
import re

Colour = tuple[float, float, float]

GROUND: Colour = (25 / 255, 25 / 255, 25 / 255)
LEGIBLE = 4.5
INK_STEP = 0.04
DARK_ENOUGH = 0.24
_STYLE = re.compile(r'(\sstyle=")([^"]*)(")')
_VALUE = re.compile(r"#[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3})?\b|rgba?\([^)]*\)|\b(?:white|black|gr[ae]y|red|blue|green)\b")
_NAMED: dict[str, str] = {
    "white": "#ffffff", "black": "#000000", "gray": "#808080", "grey": "#808080", "red": "#ff0000", "blue": "#0000ff",
    "green": "#008000",
}  # fmt: skip


def at_night(html: str) -> str:
    """The same HTML with the colours of its inline styles changed."""
    return _STYLE.sub(lambda found: f"{found[1]}{_style(found[2])}{found[3]}", html)


def _style(style: str) -> str:
    return ";".join(_declaration(part) for part in style.split(";"))


def _declaration(declaration: str) -> str:
    name, colon, value = declaration.partition(":")
    change = ink if name.strip().lower() == "color" else paper if _is_paper(name.strip().lower()) else None
    if not colon or change is None:
        return declaration
    return f"{name}:{_VALUE.sub(lambda found: _changed(found[0], change), value)}"


def _is_paper(name: str) -> bool:
    return name.startswith(("background", "border")) and not name.endswith(("radius", "width", "style", "collapse", "spacing"))


def _changed(written: str, change: object) -> str:
    colour = read(written)
    if colour is None:
        return written
    alpha = re.search(r",\s*([\d.]+)\s*\)$", written) if written.startswith("rgba") else None
    red, green, blue = (round(255 * part) for part in (ink(colour) if change is ink else paper(colour)))
    return f"rgba({red},{green},{blue},{alpha[1]})" if alpha else f"#{red:02x}{green:02x}{blue:02x}"


def read(written: str) -> Colour | None:
    """A colour as written in a style, each part from 0 to 1; None when it cannot be read."""
    word = _NAMED.get(written, written)
    if word.startswith("#"):
        digits = word[1:] if len(word) == 7 else "".join(2 * digit for digit in word[1:])
        return int(digits[:2], 16) / 255, int(digits[2:4], 16) / 255, int(digits[4:], 16) / 255
    parts = re.findall(r"[\d.]+", word)
    if len(parts) < 3 or "%" in word or any(part.count(".") > 1 or part == "." for part in parts):
        return None
    red, green, blue = (min(float(part) / 255, 1.0) for part in parts[:3])
    return red, green, blue


def ink(colour: Colour) -> Colour:
    """What can be read on the dark ground stays; else dark becomes light, no more colourful than before, until it can."""
    if contrast(colour, GROUND) >= LEGIBLE:
        return colour
    hue, light, _ = colorsys.rgb_to_hls(*colour)
    spread, light = max(colour) - min(colour), max(light, 1 - light)
    while contrast(lifted := _of(hue, light, spread), GROUND) < LEGIBLE:
        light += INK_STEP
    return lifted


def _of(hue: float, light: float, spread: float) -> Colour:
    """The colour of this hue and lightness whose parts lie this far apart, or as far as they can."""
    room = 1 - abs(2 * min(light, 1.0) - 1)
    return colorsys.hls_to_rgb(hue, min(light, 1.0), min(spread / room, 1.0) if room else 0.0)


def paper(colour: Colour) -> Colour:
    """Darkened when it is light, as far as it was light: white becomes the ground."""
    hue, light, colourful = colorsys.rgb_to_hls(*colour)
    if light <= DARK_ENOUGH:
        return colour
    return colorsys.hls_to_rgb(hue, 0.1 + (1 - light) * 0.28, colourful * 0.7)


def contrast(one: Colour, other: Colour) -> float:
    """The contrast of two colours as WCAG counts it, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
