"""Zips of campaign folders: read in place, and refused when they are traps."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from saas.content.folder import FolderReading, read_folder

MakeFolder = Callable[..., Path]


def zipped(root: Path, target: Path, top: str = "") -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(root.rglob("*")):
            if path.is_file():
                archive.write(path, top + path.relative_to(root).as_posix())
    return target


def trap(target: Path, *entries: tuple[zipfile.ZipInfo | str, bytes]) -> FolderReading:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("campaign.yaml", "name: x\nkind: text\ntext: 好\naccounts: [a]\n")
        for name, data in entries:
            archive.writestr(name, data)
    return read_folder(target)


def rules(reading: FolderReading) -> list[str]:
    return [finding.rule for finding in reading.findings]


def test_a_zip_reads_like_its_folder(make_folder: MakeFolder, tmp_path: Path) -> None:
    root = make_folder()
    assert read_folder(zipped(root, tmp_path / "a.zip")).campaign == read_folder(root).campaign


def test_a_zip_with_one_top_folder_and_clutter_reads_like_its_folder(make_folder: MakeFolder, tmp_path: Path) -> None:
    root = make_folder()
    target = zipped(root, tmp_path / "a.zip", "春季/")
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr("__MACOSX/春季/._campaign.yaml", b"x")
    assert read_folder(target).campaign == read_folder(root).campaign


@pytest.mark.parametrize("name", ["../evil.txt", "a/../../evil.txt", "/etc/evil", "C:/evil"])
def test_a_zip_entry_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    assert rules(trap(tmp_path / "t.zip", (name, b"x"))) == ["path_leaves_folder"]


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("images/link.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert rules(trap(tmp_path / "t.zip", (link, b"/etc/passwd"))) == ["zip_link"]


def test_a_zip_bomb_is_refused_without_unpacking(tmp_path: Path) -> None:
    assert rules(trap(tmp_path / "t.zip", ("images/bomb.bin", b"\x00" * 40_000_000))) == ["zip_bomb"]


def test_a_zip_that_is_large_in_sum_is_refused(tmp_path: Path) -> None:
    entries = [(f"images/{i}.bin", b"\x00" * 3_900_000) for i in range(70)]
    assert rules(trap(tmp_path / "t.zip", *entries)) == ["zip_size"]


def test_a_zip_of_too_many_files_is_refused(tmp_path: Path) -> None:
    assert rules(trap(tmp_path / "t.zip", *[(f"{i}.txt", b"x") for i in range(2001)])) == ["zip_files"]


def test_a_zip_that_lies_about_a_size_is_caught_while_reading(tmp_path: Path) -> None:
    target = tmp_path / "t.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("campaign.yaml", b"name: " + b"x" * 5_000_000)
    data = bytearray(target.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")
    target.write_bytes(data)
    assert read_folder(target).blocked


def test_a_damaged_zip_is_said(make_folder: MakeFolder, tmp_path: Path) -> None:
    target = zipped(make_folder(), tmp_path / "a.zip")
    data = bytearray(target.read_bytes())
    data[40:60] = b"\xff" * 20
    target.write_bytes(data)
    assert read_folder(target).blocked


def test_names_in_gbk_are_read_as_their_writer_saw_them(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("campaign.yaml", "name: x\nkind: image\nimages: [图/杯.jpg]\naccounts: [a]\n")
        archive.writestr("AAAAA.jpg", b"x")
    raw = stream.getvalue().replace(b"AAAAA.jpg", "图/杯.jp".encode("gbk") + b"g")
    (tmp_path / "g.zip").write_bytes(raw)
    assert read_folder(tmp_path / "g.zip").findings == []


def test_a_file_that_is_no_zip_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"not a zip")
    assert rules(read_folder(tmp_path / "a.zip")) == ["folder_type"]
