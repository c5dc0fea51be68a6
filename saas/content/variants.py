"""What front matter says of a cover's crops, and of what single accounts say otherwise."""

from __future__ import annotations

import re

from saas.content.covers import crop_box, crop_percent
from saas.content.draft import ArticleSource, Variant
from saas.content.strict_yaml import Fields

RATIOS = {"2.35:1": 2.35, "1:1": 1.0, "9:5": 1.8}
FOCUS = "focus"
_PART = re.compile(r"(?:0(?:\.\d{1,6})?|1(?:\.0{1,6})?)")


def read_crops(fields: Fields) -> dict[str, str]:
    """By ratio ``x y width height``, and ``focus: x y``: parts of the picture from 0 to 1, six digits at most."""
    inner = fields.mapping("crops")
    if inner is None:
        return {}
    inner.refuse_unknown((*RATIOS, FOCUS))
    crops: dict[str, str] = {}
    for key in inner.each():
        written, count = inner.text(key).replace(",", " ").split(), 2 if key == FOCUS else 4
        if len(written) == count and all(_PART.fullmatch(part) for part in written):
            crops[key] = " ".join(written)
        elif key in (*RATIOS, FOCUS):
            message = (f"{key} 要写 {count} 个 0 到 1 的数", f"{key} takes {count} numbers from 0 to 1")
            inner.fault(
                "crop",
                key,
                message,
                ("写成 0.1 0.2 0.8 0.5（左、上、宽、高）", "write 0.1 0.2 0.8 0.5 (left, top, width, height)"),
            )
    return crops


def read_variants(fields: Fields) -> dict[str, Variant]:
    """By account key, what this account says otherwise."""
    inner = fields.mapping("variants")
    if inner is None:
        return {}
    variants: dict[str, Variant] = {}
    for key in inner.each():
        own = inner.mapping(key)
        if own is not None:
            own.refuse_unknown(("title", "digest", "cover", "footer", "crops"))
            variants[key] = Variant(own.text("title"), own.text("digest"), own.text("cover"), own.text("footer"), read_crops(own))
    return variants


def crops_for(article: ArticleSource, width: int, height: int) -> dict[str, str]:
    """The crops a platform is told, ``x1_y1_x2_y2``: as drawn, or around the point that must stay in sight."""
    focus = article.crops.get(FOCUS)
    told: dict[str, str] = {}
    for ratio in ("2.35:1", "1:1"):
        if drawn := article.crops.get(ratio):
            x, y, wide, high = (float(part) for part in drawn.split())
            told[ratio] = "_".join(f"{part:.6f}" for part in (x, y, min(1.0, x + wide), min(1.0, y + high)))
        elif focus:
            across, down = (float(part) for part in focus.split())
            box = crop_box(width, height, RATIOS[ratio], (across, down))
            told[ratio] = "_".join(crop_percent(box, width, height))
    return told
