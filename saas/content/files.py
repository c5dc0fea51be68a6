"""The files of a campaign folder, from a directory or straight out of a zip; nothing outside it is ever touched."""

from __future__ import annotations

import posixpath
import stat
import zipfile
from pathlib import Path
from typing import Protocol

MAX_FILES = 2000
MAX_FILE_BYTES = 64_000_000
MAX_TOTAL_BYTES = 256_000_000
MAX_RATIO = 200
RATIO_MATTERS_FROM = 4_000_000
"""A small file may compress well honestly; only what would grow large is measured by its ratio."""


class FolderError(Exception):
    """A folder or file that must not or cannot be read. ``rule`` names the rule; ``message`` is (zh, en)."""

    def __init__(self, rule: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.rule = rule
        self.message = (zh, en)


class Files(Protocol):
    """What the checks need of a folder. Names are relative, with ``/``."""

    def names(self) -> list[str]:
        """The names of all regular files, sorted."""

    def size(self, name: str) -> int | None:
        """The size in bytes, or None when there is no such file in the folder."""

    def read(self, name: str, limit: int = MAX_FILE_BYTES) -> bytes:
        """The bytes. FolderError when the file is missing, leaves the folder, or is larger than ``limit``."""

    def neighbour_articles(self) -> list[tuple[str, Path]]:
        """(label, path) of articles in sibling folders; none for a zip."""


def leaves_folder(name: str) -> bool:
    """Whether a name as written is absolute, or climbs out of the folder with ``..``."""
    plain = name.replace("\\", "/")
    if plain.startswith("/") or plain[1:2] == ":" or "\x00" in plain:
        return True
    return posixpath.normpath(plain).split("/")[0] == ".."


def open_files(path: Path) -> Files:
    """The files of a directory or of a zip. FolderError says what is wrong with it."""
    if path.is_dir():
        return DirectoryFiles(path)
    if not path.exists():
        raise FolderError("folder_missing", f"没有这个文件夹：{path.name}", f"there is no folder {path.name}")
    if zipfile.is_zipfile(path):
        return ZipFiles(path)
    raise FolderError("folder_type", f"{path.name} 既不是文件夹也不是 zip", f"{path.name} is neither a folder nor a zip")


class DirectoryFiles:
    """A folder on disk. Symbolic links may stay inside the folder but never lead out of it."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def names(self) -> list[str]:
        found: list[str] = []
        for path in self.root.rglob("*"):
            if len(found) >= MAX_FILES:
                break
            if path.is_file() and not path.is_symlink():
                found.append(path.relative_to(self.root).as_posix())
        return sorted(found)

    def size(self, name: str) -> int | None:
        path = self._inside(name)
        return path.stat().st_size if path else None

    def read(self, name: str, limit: int = MAX_FILE_BYTES) -> bytes:
        path = self._inside(name)
        if path is None:
            raise missing(name)
        try:
            with path.open("rb") as stream:
                data = stream.read(limit + 1)
        except OSError as error:
            raise FolderError("file_unreadable", f"读不了 {name}", f"{name} cannot be read") from error
        if len(data) > limit:
            raise too_large(name, path.stat().st_size, limit)
        return data

    def neighbour_articles(self) -> list[tuple[str, Path]]:
        if not (self.root / "campaign.yaml").is_file():
            return []
        siblings = [d for d in _folders(self.root.parent) if d != self.root and (d / "campaign.yaml").is_file()]
        return [(f"{d.name}/articles/{p.name}", p) for d in siblings for p in sorted((d / "articles").glob("*.md"))[:20]]

    def _inside(self, name: str) -> Path | None:
        if leaves_folder(name):
            raise FolderError("path_leaves_folder", f"路径 {name} 指到文件夹之外", f"the path {name} leads out of the folder")
        try:
            path = (self.root / name).resolve()
            if not path.is_relative_to(self.root):
                raise FolderError(
                    "path_leaves_folder", f"{name} 是指到文件夹之外的链接", f"{name} is a link that leads out of the folder"
                )
            return path if stat.S_ISREG(path.stat().st_mode) else None
        except (FileNotFoundError, NotADirectoryError, RuntimeError, OSError):
            return None


def _folders(parent: Path) -> list[Path]:
    try:
        return sorted(p for p in parent.iterdir() if p.is_dir() and not p.is_symlink())[:50]
    except OSError:
        return []


class ZipFiles:
    """A zip of a folder, read entry by entry. A single top folder (as zip tools add) is looked through."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise FolderError("zip_damaged", f"{path.name} 损坏，打不开", f"{path.name} is damaged") from error
        entries = [entry for entry in self._zip.infolist() if not entry.is_dir()]
        _check_zip(entries)
        plain = {_entry_name(entry): entry for entry in entries}
        top = _single_top(list(plain))
        self._entries = {name.removeprefix(top): entry for name, entry in plain.items() if not _clutter(name)}

    def names(self) -> list[str]:
        return sorted(self._entries)

    def size(self, name: str) -> int | None:
        entry = self._entry(name)
        return entry.file_size if entry else None

    def read(self, name: str, limit: int = MAX_FILE_BYTES) -> bytes:
        entry = self._entry(name)
        if entry is None:
            raise missing(name)
        if entry.file_size > limit:
            raise too_large(name, entry.file_size, limit)
        try:
            with self._zip.open(entry) as stream:
                data = stream.read(limit + 1)
        except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
            raise FolderError("zip_damaged", f"压缩包里的 {name} 已损坏", f"{name} in the zip is damaged") from error
        if len(data) > limit:
            raise too_large(name, len(data), limit)
        return data

    def neighbour_articles(self) -> list[tuple[str, Path]]:
        return []

    def _entry(self, name: str) -> zipfile.ZipInfo | None:
        if leaves_folder(name):
            raise FolderError("path_leaves_folder", f"路径 {name} 指到文件夹之外", f"the path {name} leads out of the folder")
        return self._entries.get(posixpath.normpath(name))


def _entry_name(entry: zipfile.ZipInfo) -> str:
    """The name as the writer saw it: zip tools on Chinese systems store GBK without saying so."""
    name = entry.filename
    if not entry.flag_bits & 0x800 and not name.isascii():
        try:
            name = name.encode("cp437").decode("gb18030")
        except UnicodeError:
            return name
    return name


def _check_zip(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_FILES:
        raise FolderError(
            "zip_files",
            f"压缩包里有 {len(entries)} 个文件，最多 {MAX_FILES} 个",
            f"{len(entries)} files in the zip, at most {MAX_FILES}",
        )
    total = sum(entry.file_size for entry in entries)
    if total > MAX_TOTAL_BYTES:
        limit = MAX_TOTAL_BYTES // 1_000_000
        raise FolderError(
            "zip_size",
            f"解压后 {total // 1_000_000} MB，最多 {limit} MB",
            f"{total // 1_000_000} MB unpacked, at most {limit} MB",
        )
    for entry in entries:
        _check_entry(entry)


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = _entry_name(entry)
    if leaves_folder(name) or ".." in name.split("/"):
        raise FolderError(
            "path_leaves_folder", f"压缩包里的 {name!r} 指到文件夹之外", f"{name!r} in the zip leads out of the folder"
        )
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise FolderError("zip_link", f"压缩包里的 {name} 是链接，不接受", f"{name} in the zip is a link, which is not accepted")
    if entry.flag_bits & 0x1:
        raise FolderError("zip_encrypted", f"压缩包里的 {name} 加了密码", f"{name} in the zip is encrypted")
    if entry.file_size > RATIO_MATTERS_FROM and entry.file_size > MAX_RATIO * max(1, entry.compress_size):
        raise FolderError(
            "zip_bomb", f"压缩包里的 {name} 膨胀超过 {MAX_RATIO} 倍", f"{name} in the zip grows more than {MAX_RATIO} times"
        )


def _single_top(names: list[str]) -> str:
    if "campaign.yaml" in names:
        return ""
    tops = {name.split("/")[0] for name in names if "/" in name and not _clutter(name)}
    top = tops.pop() + "/" if len(tops) == 1 else ""
    return top if top and f"{top}campaign.yaml" in names else ""


def _clutter(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.endswith((".DS_Store", "Thumbs.db"))


def missing(name: str) -> FolderError:
    """The error for a file that is not in the folder."""
    return FolderError("file_missing", f"文件夹里没有 {name}", f"{name} is not in the folder")


def too_large(name: str, size: int, limit: int) -> FolderError:
    """The error for a file over its limit, with both numbers."""
    return FolderError(
        "file_too_large", f"{name} 有 {size:,} 字节，最多 {limit:,}", f"{name} has {size:,} bytes, at most {limit:,}"
    )
