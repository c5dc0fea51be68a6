"""Text from files: UTF-8 with or without BOM, and a clear word about everything else."""

from __future__ import annotations

import codecs

from saas.channels import Finding
from saas.content.faults import block
from saas.content.files import Files, FolderError

MAX_TEXT_BYTES = 4_000_000
READABLE = ("换成一个能读的文件", "put a readable file there")
REMEDIES = {
    "file_missing": ("在文件夹里放进这个文件", "put this file into the folder"),
    "file_too_large": ("换成一个更小的文件", "put a smaller file there"),
    "path_leaves_folder": ("把文件本身放进文件夹", "put the file itself into the folder"),
}
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(files: Files, name: str, found: list[Finding], limit: int = MAX_TEXT_BYTES) -> str | None:
    """The text of a file with its line ends as ``\\n``, or None with the reason in ``found``."""
    try:
        data = files.read(name, limit)
    except FolderError as error:
        found.append(block(error.rule, name, error.message, REMEDIES.get(error.rule, READABLE)))
        return None
    return decode(data, name, found)


def decode(data: bytes, name: str, found: list[Finding]) -> str | None:
    """Bytes to text; None with a finding when they are not clean UTF-8."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        guess = _encoding(data)
        message = (f"不是 UTF-8 编码（看起来是 {guess}）", f"is not UTF-8 (it looks like {guess})")
        found.append(block("encoding", name, message, ("用编辑器另存为 UTF-8", "save it as UTF-8"), line))
        return None
    if data.startswith(_UTF16) or "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        message = ("含有 NUL 字节，不是文本文件", "holds NUL bytes: this is not a text file")
        found.append(block("encoding", name, message, ("另存为 UTF-8 纯文本", "save it as plain UTF-8 text"), line))
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _encoding(data: bytes) -> str:
    if data.startswith(_UTF16):
        return "UTF-16"
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return "binary"
    return "GBK"
