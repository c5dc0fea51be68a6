"""A cover as a feed crops it: the part that was drawn, or what lies around the point that must stay in sight."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL import Image

from saas.content.covers import crop_box
from saas.kernel.errors import Invalid

SHAPES: Mapping[str, tuple[float, tuple[int, int]]] = {
    "2.35:1": (2.35, (900, 383)),
    "1:1": (1.0, (500, 500)),
    "9:5": (1.8, (900, 500)),
}
"""Each crop's ratio, and the size in which it is drawn."""
QUALITY = 85


@dataclass(frozen=True, slots=True)
class Cropped:
    """A cropped picture as JPEG, and its size in pixels."""

    data: bytes
    width: int
    height: int


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height of a stored picture."""
    with Image.open(io.BytesIO(data)) as image:
        return image.size


def crop(data: bytes, shape: str, box: Sequence[float] | None, focus: Sequence[float] | None = None) -> Cropped:
    """The part ``box`` (left, top, width, height as parts of the picture), brought to the shape's size, never made larger.

    Without a box the largest one of that shape around ``focus``. Invalid for a shape there is not or a box outside the picture.
    """
    if shape not in SHAPES:
        known = ", ".join(SHAPES)
        raise Invalid("crop", (f"没有裁剪比例 {shape[:20]}", f"no crop '{shape[:20]}'"), (known, known), "shape")
    ratio, most = SHAPES[shape]
    with Image.open(io.BytesIO(data)) as image:
        image.draft("RGB", (2 * most[0], 2 * most[1]))
        width, height = image.size
        part = _pixels(box, width, height) if box else crop_box(width, height, ratio, _point(focus))
        piece = image.convert("RGB").crop(part)
    piece.thumbnail(most, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    piece.save(out, "JPEG", quality=QUALITY, optimize=True)
    return Cropped(out.getvalue(), *piece.size)


def _point(focus: Sequence[float] | None) -> tuple[float, float]:
    return (focus[0], focus[1]) if focus else (0.5, 0.5)


def _pixels(box: Sequence[float], width: int, height: int) -> tuple[int, int, int, int]:
    inside = len(box) == 4 and all(0 <= part <= 1 for part in box) and box[2] > 0 and box[3] > 0
    if not inside or box[0] + box[2] > 1.001 or box[1] + box[3] > 1.001:
        words = ("裁剪框要在图片里面", "the crop must lie inside the picture")
        raise Invalid("crop", words, ("重新裁一次", "crop it again"), "box")
    left, top = round(box[0] * width), round(box[1] * height)
    right, bottom = min(width, round((box[0] + box[2]) * width)), min(height, round((box[1] + box[3]) * height))
    return left, top, max(right, left + 1), max(bottom, top + 1)
