"""Campaign folders and pictures made on the spot, so that no test needs files from elsewhere."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

YAML = "name: 春季\nkind: articles\narticles: [articles/1.md]\naccounts: accounts.csv\nschedule: now\n"
ARTICLE = (
    "---\ntitle: 第一批豆子到店\nauthor: 山岚咖啡\ncover: images/cover.jpg\n---\n\n正文第一段。\n\n![一杯](images/cup.jpg)\n"
)


def photo(kind: str = "JPEG", width: int = 1200, height: int = 800, mode: str = "RGB", seed: int = 1, **options: object) -> bytes:
    """A picture with smooth colour and some noise, like a photograph; the same every time."""
    grain = Image.frombytes("L", (64, 64), random.Random(seed).randbytes(64 * 64)).resize((width, height))
    slope = Image.linear_gradient("L").resize((width, height))
    image = Image.merge("RGB", (slope, grain, slope.transpose(Image.Transpose.FLIP_TOP_BOTTOM))).convert(mode)
    if mode == "RGBA":
        image.putalpha(slope)
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def png_bomb(side: int) -> bytes:
    """A small PNG whose header and data stand for ``side`` × ``side`` pixels of one bit."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packer = zlib.compressobj(9)
    row = b"\x00" * (1 + (side + 7) // 8)
    body = b"".join(packer.compress(row * 100) for _ in range(side // 100)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.fixture(scope="session")
def make_photo() -> Callable[..., bytes]:
    return photo


@pytest.fixture(scope="session")
def make_bomb() -> Callable[[int], bytes]:
    return png_bomb


@pytest.fixture
def make_folder(tmp_path: Path) -> Callable[..., Path]:
    """``make_folder({"campaign.yaml": …}, name="a")`` writes a sound folder with these files added or replaced."""

    def make(files: dict[str, str | bytes | None] | None = None, name: str = "folder") -> Path:
        root = tmp_path / name
        sound: dict[str, str | bytes | None] = {
            "campaign.yaml": YAML,
            "accounts.csv": "\ufeffkey\nalpha-sub\n",
            "articles/1.md": ARTICLE,
            "images/cover.jpg": photo(width=900, height=500),
            "images/cup.jpg": photo(width=600, height=400, seed=2),
        }
        for path, content in {**sound, **(files or {})}.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if content is not None:
                target.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return root

    return make
