"""What a file really is, by its first bytes, and the size of a picture from its header alone, before anything decodes it."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

MIMES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif"}
_MAGIC = (
    (b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG"), (b"GIF87a", "GIF"), (b"GIF89a", "GIF"), (b"BM", "BMP"),
    (b"II*\x00", "TIFF"), (b"MM\x00*", "TIFF"), (b"%PDF", "PDF"), (b"PK\x03\x04", "ZIP"), (b"8BPS", "PSD"),
    (b"\x00\x00\x01\x00", "ICO"), (b"\x1f\x8b", "gzip"), (b"\x7fELF", "program"), (b"MZ", "program"), (b"Rar!", "RAR"),
)  # fmt: skip
_MARKUP = re.compile(rb"<\s*(svg|html|!doctype\s+html|script|\?xml)", re.IGNORECASE)
_SOF = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says: pixels, and whether a JPEG is progressive (it decodes whole, so it costs more memory)."""

    width: int
    height: int
    progressive: bool = False

    @property
    def pixels(self) -> int:
        return self.width * self.height


def true_type(data: bytes) -> str:
    """``JPEG``, ``PNG``, ``GIF``, or the name of what it is instead (``SVG``, ``WebP``, ``HTML``, ``text`` …)."""
    if not data:
        return "empty"
    found = next((name for magic, name in _MAGIC if data.startswith(magic)), "")
    if found:
        return found
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if data[4:8] == b"ftyp":
        return {b"avif": "AVIF", b"avis": "AVIF", b"heic": "HEIC", b"heix": "HEIC", b"mif1": "HEIC"}.get(data[8:12], "video")
    return _text_type(data[:4096])


def _text_type(head: bytes) -> str:
    markup = _MARKUP.search(head.replace(b"\x00", b""))
    if markup:
        return (
            "SVG" if b"<svg" in head.lower() else "HTML" if b"html" in head.lower() or markup[1].lower() == b"script" else "XML"
        )
    return "text" if not any(c < 9 for c in head) else "unknown"


def read_header(data: bytes, kind: str) -> Header | None:
    """The header of a JPEG, PNG or GIF, or None when it is damaged."""
    try:
        match kind:
            case "PNG":
                return Header(*struct.unpack(">II", data[16:24])) if data[12:16] == b"IHDR" else None
            case "GIF":
                return Header(*struct.unpack("<HH", data[6:10]))
            case _:
                return _jpeg_header(data)
    except struct.error:
        return None


def jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, start, end) of every segment up to and including the first start of scan; ``start`` is at the 0xFF."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        end = at + 2 + (0 if marker in (0x01, *range(0xD0, 0xD8)) else struct.unpack(">H", data[at + 2 : at + 4])[0])
        yield marker, at, end
        if marker == 0xDA:
            return
        at = end


def _jpeg_header(data: bytes) -> Header | None:
    for marker, start, _ in jpeg_segments(data):
        if marker in _SOF:
            height, width = struct.unpack(">HH", data[start + 5 : start + 9])
            return Header(width, height, marker in (0xC2, 0xC6, 0xCA, 0xCE))
    return None
