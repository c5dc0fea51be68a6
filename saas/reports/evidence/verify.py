#!/usr/bin/env python3
"""Check an evidence extract of Qunfa / 核对群发证据:  python3 verify.py FILE [HEAD]

FILE is the extract (evidence-….zip) or the evidence.jsonl inside it. HEAD is the head hash as it stands on the report or
as the agency has named it: with it not even a wholly rewritten file passes. Needs nothing but Python 3.8 or newer.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import sys
import zlib
from pathlib import Path
from typing import Any, BinaryIO, Iterator  # noqa: UP035 — Python 3.8

FORMAT, VERSION = "qunfa-evidence", 1
FIRST = "0" * 64
README, PROGRAM, CHAIN = "README.txt", "verify.py", "evidence.jsonl"
PIECE = 1 << 20
COUNTS = ("accepted", "delivered", "failed", "skipped", "unknown", "awaiting")
LOCAL, CENTRAL, END = "<4s5H3I2H", "<4s6H3I5H2I", "<4s4H2IH"
INTACT = "✓ 完好，未被改动 / intact: nothing was changed"
CONSISTENT = "✓ 前后一致；请给出头哈希，以排除整份重写 / consistent; give the head to exclude a rewrite"
WIDE = "\u3000"


class Broken(Exception):
    """The extract is not what was handed out; says where and why, in both languages."""


def canonical(value: Any) -> bytes:
    """The one way to write a value: keys sorted by code point, no spaces, UTF-8, no escapes that are not needed."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8")


def line_hash(number: int, previous: str, record: Any) -> str:
    """The hash of a line: over its number, the hash before it and its record."""
    return hashlib.sha256(canonical({"n": number, "previous": previous, "record": record})).hexdigest()


def line(number: int, previous: str, record: Any) -> tuple[str, bytes]:
    """A line of the chain and its hash."""
    made = line_hash(number, previous, record)
    return made, canonical({"hash": made, "n": number, "previous": previous, "record": record}) + b"\n"


def records(lines: BinaryIO) -> Iterator[tuple[str, dict[str, Any]]]:
    """Hash and record of each line, each checked against the line before. Raises Broken."""
    previous = FIRST
    for number, raw in enumerate(lines, 1):
        try:
            found = json.loads(raw.decode("utf-8"))
            intact = (
                isinstance(found, dict) and canonical(found) + b"\n" == raw and set(found) == {"hash", "n", "previous", "record"}
            )
        except (ValueError, RecursionError):
            intact = False
        if not intact:
            raise Broken(f"第 {number} 行已损坏或被改动 / line {number} is damaged or was changed")
        if found["previous"] != previous or found["n"] != number or type(found["n"]) is not int:
            raise Broken(f"第 {number} 行与上一行不相连 / line {number} does not follow the line before it")
        if found["hash"] != line_hash(number, previous, found["record"]):
            raise Broken(f"第 {number} 行的内容与哈希不符 / line {number} is not what its hash says")
        previous = found["hash"]
        yield previous, found["record"]


def check_chain(lines: BinaryIO) -> tuple[str, list[dict[str, Any]], dict[str, str]]:
    """The head, what the campaigns say of themselves, and the hashes of the files beside it. Raises Broken."""
    files: dict[str, str] = {}
    kinds, told, books = [""], [], Books()
    head, count = FIRST, 0
    for made, record in records(lines):
        head, count = made, count + 1
        kind = record.get("kind", "") if isinstance(record, dict) else ""
        if count == 1 and (kind != "extract" or record.get("format") != FORMAT or record.get("version") != VERSION):
            raise Broken("不是本程序认识的证据格式 / not a format this program knows")
        if kinds[-1] == "end" or (kind == "extract") != (count == 1):
            raise Broken(f"第 {count} 行不该在这里 / line {count} does not belong here")
        kinds.append(kind)
        try:
            files = record["files"] if kind == "extract" else files
            books.add(count, record)
            told.extend([record] if story(record) else [])
        except (KeyError, TypeError, AttributeError) as fault:
            raise Broken(f"第 {count} 行的记录不完整 / the record in line {count} is not whole") from fault
    if kinds[-1] != "end" or record.get("records") != count:
        raise Broken("文件不完整，结尾缺失 / the end of the file is missing")
    books.balance()
    return head, told, files


class Books:
    """What must agree inside an extract: contents with their hashes, sums of accounts with their deliveries."""

    def __init__(self) -> None:
        self.contents: dict[str, int] = {}
        self.sums: dict[int, dict[str, int]] = {}

    def add(self, number: int, record: dict[str, Any]) -> None:
        """Look at one record. Raises Broken."""
        kind = record.get("kind")
        if kind == "content":
            if hashlib.sha256(canonical(record["message"])).hexdigest() != record["sha256"]:
                raise Broken(f"第 {number} 行：正文与哈希不符 / line {number}: the content is not what its hash says")
            self.contents[record["sha256"]] = number
        elif kind == "dispatch":
            if record["content_sha256"] not in self.contents:
                raise Broken(f"第 {number} 行：缺少正文 / line {number}: its content is missing")
            self.sums[record["dispatch"]] = {"people": record["intended"], **{name: record[name] for name in COUNTS}}
        elif kind == "delivery":
            sums = self.sums[record["dispatch"]]
            for name in ("people", *COUNTS):
                sums[name] -= record[name]

    def balance(self) -> None:
        """Every account's sums are those of its deliveries. Raises Broken."""
        for dispatch, sums in self.sums.items():
            if any(sums.values()):
                raise Broken(
                    f"账号记录 {dispatch} 的合计与明细不符 / the sums of dispatch {dispatch} are not those of its deliveries"
                )


def local_header(name: str, crc: int, size: int) -> bytes:
    """What stands before a file in the archive: stored as it is, with a fixed date."""
    raw = name.encode("ascii")
    return struct.pack(LOCAL, b"PK\3\4", 20, 0, 0, 0, 0x21, crc, size, size, len(raw), 0) + raw


def directory(files: list[tuple[str, int, int, int]]) -> bytes:
    """What stands at the archive's end, for (name, crc, size, offset) of each file."""
    entries = b""
    for name, crc, size, at in files:
        raw = name.encode("ascii")
        entries += struct.pack(CENTRAL, b"PK\1\2", 20, 20, 0, 0, 0, 0x21, crc, size, size, len(raw), 0, 0, 0, 0, 0, at) + raw
    end = files[-1][3] + len(local_header(*files[-1][:3])) + files[-1][2]
    return entries + struct.pack(END, b"PK\5\6", 0, 0, len(files), len(files), len(entries), end, 0)


def check_archive(archive: BinaryIO) -> tuple[str, list[dict[str, Any]]]:
    """The archive byte by byte: its frame, the files beside the chain, the chain. Raises Broken."""
    found: list[tuple[str, int, int, int]] = []
    hashes = {}
    for name in (README, PROGRAM, CHAIN):
        at = archive.tell()
        frame = archive.read(struct.calcsize(LOCAL) + len(name))
        size = struct.unpack("<I", frame[18:22])[0] if len(frame) > 22 else 0
        crc, digest = _sums(archive, size)
        if frame != local_header(name, crc, size):
            raise Broken(f"压缩包中的 {name} 已损坏 / {name} in the archive is damaged")
        found.append((name, crc, size, at))
        hashes[name] = digest
    if archive.read() != directory(found):
        raise Broken("压缩包的目录已损坏 / the archive's directory is damaged")
    archive.seek(found[-1][3] + len(local_header(*found[-1][:3])))
    head, told, files = check_chain(Part(archive, found[-1][2]))  # type: ignore[arg-type]
    if files != {name: hashes[name] for name in (README, PROGRAM)}:
        raise Broken("压缩包中的说明或程序被改动 / the readme or the program in the archive was changed")
    return head, told


def _sums(file: BinaryIO, size: int) -> tuple[int, str]:
    crc, digest, left = 0, hashlib.sha256(), size
    while left:
        piece = file.read(min(left, PIECE))
        if not piece:
            raise Broken("文件不完整 / the file is cut off")
        crc, left = zlib.crc32(piece, crc), left - len(piece)
        digest.update(piece)
    return crc, digest.hexdigest()


class Part:
    """The lines of a part of a file."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.file, self.left = file, size

    def __iter__(self) -> Iterator[bytes]:
        while self.left:
            raw = self.file.readline(self.left)
            self.left -= len(raw)
            yield raw


def check(path: str, head: str = "") -> tuple[str, list[dict[str, Any]]]:
    """The head of the extract at ``path`` and what it tells. Raises Broken, OSError."""
    with Path(path).open("rb") as file:
        zipped = file.read(4) == b"PK\3\4"
        file.seek(0)
        try:
            made, told = check_archive(file) if zipped else check_chain(file)[:2]
        except (KeyError, TypeError, AttributeError, struct.error) as fault:
            raise Broken("不是完整的证据文件 / not a whole extract") from fault
    if head and made != head.strip().lower():
        raise Broken("完好，但不是这个头哈希的那一份 / intact, but not the extract with that head")
    return made, told


def main(words: list[str]) -> int:
    """Check a file and say what it proves: 0 intact, 1 not, 2 no such file."""
    if not 1 <= len(words) <= 2:
        sys.stdout.write(__doc__ or "")
        return 2
    try:
        head, told = check(*words)
    except Broken as fault:
        say(f"✗ {fault}")
        return 1
    except OSError as fault:
        say(f"✗ 无法读取 / cannot be read: {fault}")
        return 2
    say(INTACT if any(words[1:]) else CONSISTENT, *map(story, told), f"head {head}")
    return 0


def say(*lines: str) -> None:
    """Write lines. What a name could do to a screen (move the cursor, turn the writing round) stands there as its code."""
    for words in lines:
        seen = (sign if sign.isprintable() or sign == WIDE else sign.encode("unicode_escape").decode() for sign in words)
        sys.stdout.write("".join(seen) + "\n")


def story(record: dict[str, Any]) -> str:
    """What a record says to people; nothing for most kinds. Raises KeyError or TypeError when it is not whole."""
    kind = record["kind"]
    if kind == "extract":
        return f"  {record['agency']} · {record['subject']} · {record['client'] or '全部客户 / every client'}"
    if kind == "campaign":
        return f"  #{record['campaign']} {record['name']} · 撰写 / written by {record['author']}"
    if kind == "decision":
        return f"    {record['decision']} · {record['by']} · {record['at']} · {record['digest'][:16]}…"
    if kind == "dispatch":
        counts = " ".join(f"{name} {record[name]}" for name in ("intended", "delivered", "failed", "skipped", "unknown"))
        return f"    {record['account']} {record['name']} · {counts}"
    return ""


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # a redirected one is GBK on a Chinese Windows: it has no ✓
    sys.exit(main(sys.argv[1:]))
