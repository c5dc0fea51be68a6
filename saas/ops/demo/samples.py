"""A sample campaign for the first minutes with the demo: its words are in ``weekend/``, its pictures are drawn here."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from math import cos, pi, sin
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

SOURCE = Path(__file__).parent / "weekend"
COVER = (1280, 544)  # 2.35:1
BODY = (1600, 1000)  # wider than any channel takes, so that the fitting can be seen
Draw = Callable[[ImageDraw.ImageDraw, int, int], None]


def write_samples(home: Path) -> Path:
    """Put the sample campaign into ``home/samples/weekend``, once; the folder."""
    target = home / "samples" / "weekend"
    if target.exists():
        return target
    fresh = target.with_name(".weekend")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(SOURCE, fresh)
    pictures = fresh / "images"
    pictures.mkdir()
    for name, night, paint in (
        ("beans", (92, 56, 36), _beans),
        ("checkup", (214, 228, 224), _curve),
        ("planet", (12, 18, 40), _planet),
    ):
        _picture(COVER, night, paint).save(pictures / f"cover-{name}.jpg", quality=88)
        _picture(BODY, night, paint).save(pictures / f"{name}.png")
    fresh.rename(target)
    return target


def _picture(size: tuple[int, int], ground: tuple[int, int, int], paint: Draw) -> Image.Image:
    """A ground that darkens towards the bottom, and something painted on it."""
    image = Image.new("RGB", size, ground)
    shade = Image.linear_gradient("L").resize(size).point(lambda value: value // 3)
    image.paste((0, 0, 0), mask=shade)
    paint(ImageDraw.Draw(image), *size)
    return image.filter(ImageFilter.SMOOTH)


def _beans(draw: ImageDraw.ImageDraw, width: int, height: int) -> None:
    radius = height // 5
    for place, colour in enumerate(((196, 140, 92), (158, 100, 60), (112, 66, 40))):
        x, y = width * (place + 1) // 4, height // 2
        draw.ellipse((x - radius, y - radius * 1.3, x + radius, y + radius * 1.3), fill=colour)
        line = [(x + radius * 0.25 * sin(step / 6), y + radius * 1.2 * (step / 15 - 1)) for step in range(31)]
        draw.line(line, fill=(60, 34, 20), width=max(radius // 12, 2))


def _curve(draw: ImageDraw.ImageDraw, width: int, height: int) -> None:
    points = [(width * (0.1 + 0.8 * step / 11), height * (0.55 + 0.16 * sin(step * 0.9) - 0.012 * step)) for step in range(12)]
    draw.line(points, fill=(15, 118, 96), width=max(height // 70, 3), joint="curve")
    for x, y in points:
        size = height // 55
        draw.ellipse(
            (x - size, y - size, x + size, y + size), fill=(255, 255, 255), outline=(15, 118, 96), width=max(size // 3, 1)
        )


def _planet(draw: ImageDraw.ImageDraw, width: int, height: int) -> None:
    for star in range(160):
        x, y = (star * 7919) % width, (star * 104729) % height
        draw.point((x, y), fill=(200, 210, 255))
    radius, x, y = height // 4, width // 2, height // 2
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(222, 184, 140))
    for band in (-0.5, -0.15, 0.2, 0.55):
        half = radius * cos(band * pi / 2)
        top = y + radius * band
        draw.ellipse((x - half, top - radius * 0.06, x + half, top + radius * 0.06), fill=(176, 124, 88))
    for moon in (-3.1, -1.9, 1.7, 2.8):
        draw.ellipse((x + radius * moon - 4, y - 4, x + radius * moon + 4, y + 4), fill=(240, 240, 250))
