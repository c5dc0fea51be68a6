"""Covers: the crops the feeds show, and whether a cover is large enough for them."""

from __future__ import annotations

from saas.channels import Finding
from saas.content.faults import Words, shown, warn
from saas.content.pictures import PictureReading

ADVISED = (900, 500)
SMALLEST = (900, 383)
HEAD_RATIO = 2.35
LIST_RATIO = 1.0
_REMEDY: Words = ("换一张至少 900×500 的封面，主体放在中间", "use a cover of at least 900×500 with its subject in the middle")


def crop_box(width: int, height: int, ratio: float, focus: tuple[float, float] = (0.5, 0.5)) -> tuple[int, int, int, int]:
    """The largest box of that ratio (width / height) inside a picture, as near to ``focus`` (0–1) as it can lie.

    (left, top, right, bottom) in pixels.
    """
    wide = min(width, round(height * ratio))
    high = min(height, round(width / ratio))
    left = min(max(0, round(width * focus[0] - wide / 2)), width - wide)
    top = min(max(0, round(height * focus[1] - high / 2)), height - high)
    return left, top, left + wide, top + high


def crop_percent(box: tuple[int, int, int, int], width: int, height: int) -> tuple[str, str, str, str]:
    """A crop box as fractions of the picture with six digits, as platforms take it."""
    left, top, right, bottom = box
    return f"{left / width:.6f}", f"{top / height:.6f}", f"{right / width:.6f}", f"{bottom / height:.6f}"


def cover_findings(reading: PictureReading, where: str, line: int) -> list[Finding]:
    """Warnings on a cover that is too small, or loses most of itself in the crops."""
    if not reading.usable:
        return []
    have = f"{reading.width}×{reading.height}"
    if reading.width < SMALLEST[0] or reading.height < SMALLEST[1]:
        message = (
            f"封面 {shown(reading.name)} 只有 {have}，小于 {SMALLEST[0]}×{SMALLEST[1]}，会发糊",
            f"the cover {shown(reading.name)} is only {have}, under {SMALLEST[0]}×{SMALLEST[1]}: it will look blurred",
        )
        return [warn("cover_small", where, message, _REMEDY, line)]
    left, top, right, bottom = crop_box(reading.width, reading.height, HEAD_RATIO)
    kept = (right - left) * (bottom - top) / (reading.width * reading.height)
    if kept >= 0.5:
        return []
    message = (
        f"封面 {have} 裁成 2.35:1 后只剩 {kept:.0%}", f"of the cover ({have}) only {kept:.0%} is left when cropped to 2.35:1"
    )  # fmt: skip
    return [warn("cover_crop", where, message, _REMEDY, line)]
