"""Files that are too much, or meant to do harm: a clear word, bounded memory, and nothing stored."""

from __future__ import annotations

import json
import stat
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from saas.content.library import service
from saas.content.library.importing.upload import import_upload
from saas.content.library.views import Saved
from saas.kernel.errors import Invalid
from tests.conftest import House
from tests.content.library.documents import document, paragraph, table

READ = """
import json, re, sys
from pathlib import Path
from saas.content.library.importing.batch import Batch
from saas.content.library.importing.upload import read_upload
from saas.content.library.keeping import spool
from saas.kernel.errors import Invalid
with spool() as place:
    batch = Batch(place)
    try:
        read_upload(Path(sys.argv[1]), Path(sys.argv[1]).name, batch)
        rules = [found.rule for found in batch.notes if found.severity == "block"]
    except Invalid as fault:
        rules = [fault.code]
    items = len(batch.items)
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
print(json.dumps({"rules": rules, "items": items, "mb": int(peak[1]) // 1024}))
"""
MOST_MB = 300


def chunk(name: bytes, data: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def pixel_bomb(path: Path) -> Path:
    """900 megapixels in a few kilobytes."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(100_000))) + chunk(b"IEND", b""))
    return path


def hundred_megabytes(path: Path) -> Path:
    """A picture of 100 MB."""
    with path.open("wb") as out:
        out.write(b"\xff\xd8\xff\xe0")
        out.truncate(100_000_000)
    return path


def zipped(path: Path, entries: dict[str, bytes]) -> Path:
    """A zip of these."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def with_link(path: Path) -> Path:
    """A zip with a symbolic link."""
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo("articles/1.md")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    return path


def big_document(path: Path) -> Path:
    """A document with 5 MB of text."""
    return document(path, "".join(paragraph(f"第{n}段，{'汉' * 20}") for n in range(38_000)))


def big_page(path: Path) -> Path:
    """A page of 10 MB, as a paste from an editor may be."""
    path.write_text("<html><body>" + "<p style='color:red'>段落</p>" * 330_000, encoding="utf-8")
    return path


def big_inside(path: Path) -> Path:
    """A page that holds a picture of 40 MB as text."""
    path.write_bytes(b'<p>x<img src="data:image/jpeg;base64,' + b"/9j/" * 13_000_000 + b'"></p>')
    return path


CASES: list[tuple[str, str, Callable[[Path], Path]]] = [
    ("picture_pixels", "a.png", pixel_bomb),
    ("file_too_large", "a.jpg", hundred_megabytes),
    ("zip_bomb", "a.zip", lambda path: zipped(path, {"articles/1.md": b"x", "images/a.png": bytes(60_000_000)})),
    ("zip_size", "a.zip", lambda path: zipped(path, {f"{n}.md": b"ab" * 1_900_000 for n in range(70)})),
    ("zip_files", "a.zip", lambda path: zipped(path, {f"{n}.md": b"x" for n in range(2001)})),
    ("path_leaves_folder", "a.zip", lambda path: zipped(path, {"../../evil.md": b"x"})),
    ("zip_link", "a.zip", with_link),
    ("body_bytes", "a.html", big_page),
    ("picture_bytes", "b.html", big_inside),
    ("body_bytes", "a.docx", big_document),
    ("body_depth", "c.html", lambda path: path.write_text("<div>" * 10_000 + "深") and path),  # type: ignore[return-value]
    ("encoding", "d.html", lambda path: path.write_bytes(b"<p>a\x00b</p>") and path),  # type: ignore[return-value]
    ("control_character", "e.md", lambda path: path.write_text("---\ntitle: a\n---\nb\x07b") and path),  # type: ignore[return-value]
    ("encoding", "f.md", lambda path: path.write_bytes(b"---\ntitle: a\n---\nx\x00") and path),  # type: ignore[return-value]
    ("picture_type", "g.png", lambda path: path.write_bytes(b"<svg onload='x()'></svg>") and path),  # type: ignore[return-value]
]


@pytest.mark.parametrize(("rule", "name", "make"), CASES, ids=[f"{rule}-{name}" for rule, name, _ in CASES])
def test_what_is_too_much_is_refused_within_bounded_memory(
    tmp_path: Path, rule: str, name: str, make: Callable[[Path], Path]
) -> None:
    path = make(tmp_path / name)
    told = json.loads(
        subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, check=True, timeout=120).stdout
    )
    assert rule in told["rules"], told
    assert told["mb"] < MOST_MB, told


def test_a_refused_file_leaves_nothing_behind(house: House, tmp_path: Path) -> None:
    good = {"articles/1.md": "---\ntitle: 好\n---\n正文".encode(), "images/a.png": pixel_bomb(tmp_path / "a.png").read_bytes()}
    with house.within(), pytest.raises(Invalid) as fault:
        import_upload(house.actor("editor"), house.client("Moon"), zipped(tmp_path / "a.zip", good))
    assert [found["rule"] for found in fault.value.detail["findings"]] == ["picture_pixels"]
    assert house.one("SELECT count(*) FROM library_items") == house.one("SELECT count(*) FROM blobs") == 0


def test_a_table_of_five_thousand_cells_rare_characters_and_right_to_left_text_stay_as_they_are(house: House) -> None:
    cells = "".join("<tr>" + "<td>𠮷😀‮שלום‬</td>" * 50 + "</tr>" for _ in range(100))
    body = f"<table><tbody>{cells}</tbody></table>"
    with house.within():
        saved = service.create(house.actor("editor"), house.client("Moon"), "article", {"title": "表", "body": body})
        read = service.read(house.actor("editor"), saved.item_id)
    assert isinstance(saved, Saved) and read.content["body"] == body


def test_a_paste_of_ten_megabytes_is_refused_and_what_was_there_stays(house: House) -> None:
    with house.within():
        editor = house.actor("editor")
        saved = service.create(editor, house.client("Moon"), "article", {"title": "稿", "body": "<p>好</p>"})
        for task in (service.save, service.autosave):
            with pytest.raises(Invalid) as fault:
                task(editor, saved.item_id, 1, {"title": "稿", "body": "<p>x</p>" * 1_300_000})
            assert (fault.value.code, fault.value.field) == ("body_bytes", "body")
            assert fault.value.remedy[0] and "10,400,000" in fault.value.message[1]
        assert service.read(editor, saved.item_id).content["body"] == "<p>好</p>"


def test_documents_of_this_size_come_in_whole(house: House, tmp_path: Path) -> None:
    with house.within():
        editor = house.actor("editor")
        made = import_upload(editor, house.client("Moon"), document(tmp_path / "a.docx", table(100, 50) + paragraph("𠮷")))
        assert service.read(editor, made.items[0]).content["body"].count("<td") == 5000
