"""Fitting: a readable picture brought under a platform's limits, with every change told, always to the same bytes."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageCms

from saas.content.faults import Words, megabytes
from saas.content.metadata import orientation, strip
from saas.content.picture_types import MIMES, true_type

_SIDE = 2500
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How to undo each EXIF orientation."""
_QUALITIES = (88, 82, 76, 70, 62, 54, 46)


@dataclass(frozen=True, slots=True)
class Fit:
    """What a platform takes: at most ``max_bytes``, ``max_width`` and ``max_height`` (0: no limit), in ``formats``."""

    max_bytes: int = 2_000_000
    max_width: int = 0
    max_height: int = 0
    formats: frozenset[str] = frozenset({"image/jpeg", "image/png"})


@dataclass(frozen=True, slots=True)
class Fitted:
    """The bytes that go out, and every change as a sentence (zh, en); no changes: the pixels are the writer's own."""

    data: bytes
    mime: str
    width: int
    height: int
    sha256: str
    changes: tuple[Words, ...] = ()


class CannotFit(Exception):
    """The picture does not come under the limits even when it is made small."""


def fit(data: bytes, limits: Fit) -> Fitted:
    """Bring a readable picture under the limits: the same bytes for the same input, every time.

    A picture that fits already keeps its pixels; only its metadata is taken out. Phones show CMYK each in their own way, so it
    never goes out. CannotFit when nothing helps.
    """
    kind = true_type(data)
    changes: list[Words] = []
    plain = strip(data, kind)
    turn = orientation(data, kind)
    with Image.open(io.BytesIO(plain)) as image:
        printed = image.mode == "CMYK"
        if turn == 1 and not printed and _fits(plain, MIMES[kind], image.size, limits):
            return _fitted(plain, MIMES[kind], image.size, [])
        frame = _scaled(image, turn, limits, changes)
    if printed:
        changes.append(("印刷色（CMYK）转成屏幕色（RGB）", "print colours (CMYK) turned into screen colours (RGB)"))
    if kind == "GIF":
        changes.append(("动图只保留第一帧", "of the GIF the first frame is kept"))
    return _encode(frame, kind, len(data), limits, changes)


def _fits(data: bytes, mime: str, size: tuple[int, int], limits: Fit) -> bool:
    width, height = size
    small = not ((limits.max_width and width > limits.max_width) or (limits.max_height and height > limits.max_height))
    return small and mime in limits.formats and len(data) <= limits.max_bytes


def _scaled(image: Image.Image, turn: int, limits: Fit, changes: list[Words]) -> Image.Image:
    """The upright first frame in RGB or RGBA at its final size, never holding more of a large picture than it needs."""
    sideways = turn in (5, 6, 7, 8)
    full = (image.height, image.width) if sideways else image.size
    size = _target(full, limits)
    raw = (size[1], size[0]) if sideways else size
    profile = image.info.get("icc_profile")
    image.draft("RGB", (2 * raw[0], 2 * raw[1]))
    steps = min(image.width // (2 * raw[0]), image.height // (2 * raw[1]))
    frame = image.reduce(steps) if steps > 1 and image.mode in ("RGB", "RGBA", "L") else image
    frame = _to_rgb(frame, profile)
    if frame.size != raw:
        frame = frame.resize(raw, Image.Resampling.LANCZOS)
    if turn in _TURNS:
        frame = frame.transpose(_TURNS[turn])
        changes.append(("按 EXIF 方向转正", "turned upright by its EXIF"))
    if size != full:
        before, after = f"{full[0]}×{full[1]}", f"{size[0]}×{size[1]}"
        changes.append((f"从 {before} 缩小到 {after}", f"scaled from {before} to {after}"))
    return frame


def _target(full: tuple[int, int], limits: Fit) -> tuple[int, int]:
    """The size under the limits; where none is set a picture that must be written anew is kept within ``_SIDE``."""
    unlimited = not (limits.max_width or limits.max_height)
    width = _SIDE if unlimited else limits.max_width or full[0]
    height = _SIDE if unlimited else limits.max_height or full[1]
    factor = min(1.0, width / full[0], height / full[1])
    return max(1, round(full[0] * factor)), max(1, round(full[1] * factor))


def _to_rgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    transparent = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    mode = "RGBA" if transparent else "RGB"
    if profile and image.mode in ("RGB", "CMYK"):
        try:
            converted = ImageCms.profileToProfile(
                image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            if converted is not None:
                return converted
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    if image.mode == "I;16":
        image = image.point(lambda value: value / 256).convert("L")
    return image.convert(mode)


def _encode(frame: Image.Image, kind: str, before: int, limits: Fit, changes: list[Words]) -> Fitted:
    lossless = kind in ("PNG", "GIF") and "image/png" in limits.formats
    if lossless:
        data = _saved(frame, "PNG", compress_level=9)
        if len(data) <= limits.max_bytes:
            return _done(data, "image/png", frame, before, changes)
    if "image/jpeg" not in limits.formats:
        return _shrink(frame, limits, lambda f: _saved(f, "PNG"), "image/png", before, changes)
    if frame.mode == "RGBA":
        white = Image.new("RGB", frame.size, "white")
        white.paste(frame, mask=frame.getchannel("A"))
        frame = white
        changes.append(("透明处填成白色", "transparent parts made white"))
    if kind != "JPEG":
        changes.append((f"{kind} 转成 JPEG", f"{kind} turned into JPEG"))
    for quality in _QUALITIES:
        data = _jpeg(frame, quality)
        if len(data) <= limits.max_bytes:
            return _done(data, "image/jpeg", frame, before, changes)
    return _shrink(frame, limits, lambda f: _jpeg(f, _QUALITIES[-2]), "image/jpeg", before, changes)


def _shrink(
    frame: Image.Image, limits: Fit, save: Callable[[Image.Image], bytes], mime: str, before: int, changes: list[Words]
) -> Fitted:
    start = frame.size
    while min(frame.size) > 48:
        frame = frame.resize((max(1, frame.width * 4 // 5), max(1, frame.height * 4 // 5)), Image.Resampling.LANCZOS)
        data = save(frame)
        if len(data) <= limits.max_bytes:
            size = f"{frame.width}×{frame.height}"
            changes.append(
                (
                    f"再从 {start[0]}×{start[1]} 缩小到 {size} 以合乎字节上限",
                    f"scaled on from {start[0]}×{start[1]} to {size} to come under the byte limit",
                )
            )
            return _done(data, mime, frame, before, changes)
    raise CannotFit


def _jpeg(frame: Image.Image, quality: int) -> bytes:
    return _saved(frame, "JPEG", quality=quality, optimize=True, progressive=False)


def _saved(frame: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    bare = frame.copy()
    bare.info = {}
    bare.save(stream, kind, **options)
    return stream.getvalue()


def _done(data: bytes, mime: str, frame: Image.Image, before: int, changes: list[Words]) -> Fitted:
    if len(data) < before:
        changes.append(
            (
                f"从 {megabytes(before)} 压到 {megabytes(len(data))}",
                f"compressed from {megabytes(before)} to {megabytes(len(data))}",
            )
        )
    return _fitted(data, mime, frame.size, changes)


def _fitted(data: bytes, mime: str, size: tuple[int, int], changes: list[Words]) -> Fitted:
    return Fitted(data, mime, size[0], size[1], hashlib.sha256(data).hexdigest(), tuple(changes))
