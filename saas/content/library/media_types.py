"""Videos and voice by their first bytes: what they really are, and how long where the head of the file says so."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

VIDEO_BYTES, VOICE_BYTES = 20_000_000, 5_000_000
_BRANDS = (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV", b"dash")


@dataclass(frozen=True, slots=True)
class Media:
    """A video or a voice. ``seconds`` 0: its head does not say."""

    kind: str
    mime: str
    suffix: str
    seconds: int = 0


def read_media(data: bytes) -> Media | None:
    """What it is; None when it is no video or voice that any channel takes."""
    head = data[:16]
    if head[4:8] == b"ftyp":
        if head[8:12] in (b"M4A ", b"M4B "):
            return Media("voice", "audio/mp4", "m4a", _movie_seconds(data))
        return Media("video", "video/mp4", "mp4", _movie_seconds(data)) if head[8:12] in _BRANDS else None
    if head.startswith(b"#!AMR"):
        return Media("voice", "audio/amr", "amr", (len(data) - 6) // (32 * 50))
    if head.startswith(b"ID3") or (head[:1] == b"\xff" and len(head) > 1 and head[1] & 0xE6 == 0xE2):
        return Media("voice", "audio/mpeg", "mp3")
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return Media("voice", "audio/wav", "wav", _wave_seconds(data))
    return None


def _wave_seconds(data: bytes) -> int:
    try:
        rate = struct.unpack("<I", data[28:32])[0]
    except struct.error:
        return 0
    return int((len(data) - 44) // rate) if rate else 0


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(name, start, end) of the boxes of an MP4 between two places, at most a thousand."""
    for _ in range(1000):
        if start + 8 > end:
            return
        size = int(struct.unpack(">I", data[start : start + 4])[0])
        body = start + 8
        if size == 1 and start + 16 <= end:
            size, body = int(struct.unpack(">Q", data[start + 8 : start + 16])[0]), start + 16
        stop = end if size == 0 else min(end, start + max(size, 8))
        yield data[start + 4 : start + 8], body, stop
        start = stop


def _movie_seconds(data: bytes) -> int:
    moov = next(((a, b) for name, a, b in _boxes(data, 0, len(data)) if name == b"moov"), None)
    head = next(((a, b) for name, a, b in _boxes(data, *moov) if name == b"mvhd"), None) if moov else None
    if head is None:
        return 0
    try:
        if data[head[0]] == 1:
            scale, length = struct.unpack(">IQ", data[head[0] + 20 : head[0] + 32])
        else:
            scale, length = struct.unpack(">II", data[head[0] + 12 : head[0] + 20])
    except struct.error:
        return 0
    return int(length // scale) if scale else 0
