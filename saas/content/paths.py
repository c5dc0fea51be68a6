"""From a path as written to a file of the folder, or to the finding that says why not."""

from __future__ import annotations

import posixpath
from difflib import get_close_matches

from saas.channels import Finding
from saas.content.faults import Words, block, shown
from saas.content.files import Files, FolderError, leaves_folder, missing

_INSIDE: Words = (
    "把文件放进活动文件夹，写相对路径，例如 images/cover.jpg",
    "put the file into the campaign folder and write a path such as images/cover.jpg",
)


def find_file(files: Files, written: str, where: str, line: int, base: str = "") -> tuple[str, Finding | None]:
    """The name inside the folder for a path as written, or "" with a finding.

    Paths count from the folder; what is not there is looked for beside the file that names it (``base``),
    as Markdown editors write it. A path that leaves the folder is refused.
    """
    try:
        for candidate in _candidates(written, base):
            if files.size(candidate) is not None:
                return candidate, None
    except FolderError as error:
        return "", block(error.rule, where, error.message, _INSIDE, line)
    if leaves_folder(written):
        message = (f"路径 {shown(written)} 指到文件夹之外", f"the path {shown(written)} leads out of the folder")
        return "", block("path_leaves_folder", where, message, _INSIDE, line)
    return "", block("file_missing", where, missing(shown(written)).message, _nearest(files, written), line)


def _candidates(written: str, base: str) -> list[str]:
    plain = posixpath.normpath(written.removeprefix("./"))
    beside = posixpath.normpath(posixpath.join(base, written)) if base and not written.startswith("/") else plain
    return [name for name in (plain, beside) if not leaves_folder(name)]


def _nearest(files: Files, written: str) -> Words:
    near = get_close_matches(written, files.names(), n=1, cutoff=0.75)
    if near:
        return (f"文件夹里有 {near[0]}，是不是它？", f"the folder holds {near[0]}: is that it?")
    return ("把文件放进活动文件夹，或改正文件名", "put the file into the campaign folder, or correct its name")
