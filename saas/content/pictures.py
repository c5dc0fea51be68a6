"""Pictures: what they really are by their content, and whether they are whole."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from saas.channels import Finding
from saas.content.faults import block, megabytes, note, shown
from saas.content.metadata import orientation, strip
from saas.content.picture_types import MIMES, Header, read_header, true_type

DECODE_ERRORS = (OSError, ValueError, SyntaxError, EOFError, IndexError, OverflowError, MemoryError, Image.DecompressionBombError)


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """What is accepted at all. A JPEG that is not progressive decodes at a reduced size, so it may be larger."""

    max_bytes: int = 20_000_000
    max_pixels: int = 25_000_000
    max_jpeg_pixels: int = 80_000_000


STANDARD = PictureLimits()


@dataclass(frozen=True, slots=True)
class PictureReading:
    """A picture that may be used (``mime`` set), or the blocking findings that say why not. Bytes are not held."""

    name: str
    sha256: str
    size: int
    mime: str = ""
    width: int = 0
    height: int = 0
    turned: bool = False
    findings: tuple[Finding, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether it can be fitted and sent."""
        return bool(self.mime)


def read_picture(source: bytes | Path, limits: PictureLimits = STANDARD, name: str = "") -> PictureReading:
    """Check a picture by its content: type, header, size, and that it decodes to the end. Never raises for bad bytes."""
    label = name or (source.name if isinstance(source, Path) else "picture")
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if size > limits.max_bytes:
        message = (
            f"图片 {megabytes(size)}，最多 {megabytes(limits.max_bytes)}",
            f"the picture has {megabytes(size)}, at most {megabytes(limits.max_bytes)}",
        )
        return PictureReading(
            label, "", size, findings=(block("picture_bytes", label, message, ("先压缩再放进来", "make it smaller first")),)
        )
    data = source if isinstance(source, bytes) else source.read_bytes()
    reading = PictureReading(label, hashlib.sha256(data).hexdigest(), size)
    kind = true_type(data)
    fault = _type_fault(kind, label) or _header_fault(data, kind, limits, label) or _decode_fault(strip(data, kind), label)
    if fault:
        return replace(reading, findings=(fault,))
    return _facts(reading, data, kind)


def _type_fault(kind: str, label: str) -> Finding | None:
    if kind in MIMES:
        return None
    message = (f"{shown(label)} 不是图片，真实类型是 {kind}", f"{shown(label)} is not an accepted picture: it is really {kind}")
    return block("picture_type", label, message, ("导出为 JPG 或 PNG", "export it as JPG or PNG"))


def _header_fault(data: bytes, kind: str, limits: PictureLimits, label: str) -> Finding | None:
    header = read_header(data, kind)
    if header is None or not header.pixels:
        message = (f"{shown(label)} 的文件头损坏", f"the header of {shown(label)} is damaged")
        return block("picture_damaged", label, message, ("重新导出这张图片", "export the picture again"))
    most = limits.max_jpeg_pixels if kind == "JPEG" and not header.progressive else limits.max_pixels
    if header.pixels <= most:
        return None
    have = f"{header.width}×{header.height}"
    message = (
        f"{shown(label)} 有 {header.pixels / 1e6:,.0f} 百万像素（{have}），最多 {most // 10**6} 百万",
        f"{shown(label)} has {header.pixels / 1e6:,.0f} megapixels ({have}), at most {most // 10**6}",
    )
    return block(
        "picture_pixels", label, message, ("缩小到宽 1800 像素以内再放进来", "scale it to at most 1800 pixels wide first")
    )


def _decode_fault(data: bytes, label: str) -> Finding | None:
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.draft("RGB", (256, 256))
            image.load()
    except DECODE_ERRORS as error:
        cut = "truncated" in str(error) or "broken data" in str(error) or isinstance(error, EOFError)
        zh, en = (
            ("不完整，文件被截断", "is cut off: the file is not whole")
            if cut
            else ("解不开，文件损坏", "cannot be decoded: the file is damaged")
        )
        return block(
            "picture_truncated" if cut else "picture_damaged",
            label,
            (f"{shown(label)} {zh}", f"{shown(label)} {en}"),
            ("重新导出或重新上传原图", "export or copy the original again"),
        )
    return None


def _facts(reading: PictureReading, data: bytes, kind: str) -> PictureReading:
    header = read_header(data, kind) or Header(0, 0)
    width, height, turn = header.width, header.height, orientation(data, kind)
    sideways = turn in (5, 6, 7, 8)
    found: list[Finding] = []
    suffix = Path(reading.name).suffix.lower().lstrip(".")
    if suffix and suffix.replace("jpg", "jpeg") != kind.lower():
        message = (f"{shown(reading.name)} 其实是 {kind}", f"{shown(reading.name)} is really {kind}")
        found.append(note("picture_suffix", reading.name, message, ("会按真实类型处理", "it is handled as what it is")))
    return replace(
        reading,
        mime=MIMES[kind],
        width=height if sideways else width,
        height=width if sideways else height,
        turned=turn > 1,
        findings=tuple(found),
    )
