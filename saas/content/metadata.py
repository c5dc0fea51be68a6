"""Taking out what a picture says besides its pixels (place, camera, comments, appended bytes) without touching the pixels."""

from __future__ import annotations

import struct

from saas.content.picture_types import jpeg_segments

_ORIENTATION = 0x0112
_PNG_KEPT = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT"}


def strip(data: bytes, kind: str) -> bytes:
    """The same picture without metadata. What cannot be read comes back as it was: decoding will name the fault."""
    match kind:
        case "JPEG":
            return _strip_jpeg(data)
        case "PNG":
            return _strip_png(data)
        case _:
            return _strip_gif(data)


def _strip_jpeg(data: bytes) -> bytes:
    """Keep JFIF, the colour profile and Adobe's colour mark; cut after the last end-of-image mark."""
    out = [data[:2]]
    for marker, start, end in jpeg_segments(data):
        if marker == 0xDA:
            tail = data.rfind(b"\xff\xd9", start)
            return b"".join([*out, data[start : tail + 2] if tail > 0 else data[start:]])
        profile = marker == 0xE2 and data[start + 4 : start + 15] == b"ICC_PROFILE"
        if marker in (0xE0, 0xEE) or profile or not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            out.append(data[start:end])
    return data


def _strip_png(data: bytes) -> bytes:
    out, at = [data[:8]], 8
    while at + 12 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        name, end = data[at + 4 : at + 8], at + 12 + length
        if name in _PNG_KEPT:
            out.append(data[at:end])
        at = end
        if name == b"IEND":
            return b"".join(out)
    return data


def _strip_gif(data: bytes) -> bytes:
    """Drop comments and application blocks except the one that says how often an animation repeats."""
    at = 13 + _table(data, 10)
    out = [data[:at]]
    while at < len(data):
        start = at
        match data[at]:
            case 0x21:
                at = _sub_blocks_end(data, at + 2)
                if data[start + 1 : start + 2] == b"\xf9" or data[start + 3 : start + 14] == b"NETSCAPE2.0":
                    out.append(data[start:at])
            case 0x2C:
                at = _sub_blocks_end(data, at + 10 + _table(data, at + 9) + 1)
                out.append(data[start:at])
            case 0x3B:
                return b"".join([*out, b"\x3b"])
            case _:
                return data
    return data


def _table(data: bytes, at: int) -> int:
    flags = data[at] if at < len(data) else 0
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _sub_blocks_end(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        at += data[at] + 1
    return at + 1


def orientation(data: bytes, kind: str) -> int:
    """The EXIF orientation, 1 to 8; 1 when there is none or it cannot be read: a damaged note does not spoil a picture."""
    note = _exif(data, kind)
    order = {b"II": "<", b"MM": ">"}.get(note[:2], "")
    if not order:
        return 1
    try:
        (at,) = struct.unpack_from(f"{order}I", note, 4)
        (count,) = struct.unpack_from(f"{order}H", note, at)
        entries = (struct.unpack_from(f"{order}HHIH", note, at + 2 + 12 * index) for index in range(min(count, 200)))
        value = next((value for tag, _, _, value in entries if tag == _ORIENTATION), 1)
    except struct.error:
        return 1
    return int(value) if value in range(1, 9) else 1


def _exif(data: bytes, kind: str) -> bytes:
    """The TIFF part of a picture's EXIF note, empty without one."""
    if kind == "JPEG":
        marks = (data[start + 4 : end] for marker, start, end in jpeg_segments(data) if marker == 0xE1)
        return next((note[6:] for note in marks if note.startswith(b"Exif\x00\x00")), b"")
    at = 8
    while kind == "PNG" and at + 12 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        if data[at + 4 : at + 8] == b"eXIf":
            return data[at + 8 : at + 8 + length]
        at += 12 + length
    return b""
