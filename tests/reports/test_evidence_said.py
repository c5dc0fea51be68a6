"""What the program inside an extract says to people: on every system, of every name, of forged records, without a head."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from saas.reports.evidence import verify

FILES = {verify.README: "", verify.PROGRAM: ""}
FIRST = {"kind": "extract", "format": verify.FORMAT, "version": verify.VERSION, "files": FILES}
EXTRACT = FIRST | {"agency": "群发", "subject": "#1", "client": ""}
CAMPAIGN = {"kind": "campaign", "campaign": 1, "name": "春天", "author": "林"}
DECISION = {"kind": "decision", "decision": "approved", "by": "周", "at": "2026-11-22T01:30:00.000000Z", "digest": "0" * 64}


def chain(file: Path, *told: dict[str, Any]) -> str:
    """Write a chain with hashes that fit; its head."""
    head, out = verify.FIRST, b""
    for number, record in enumerate([*told, {"kind": "end", "records": len(told) + 1}], 1):
        head, line = verify.line(number, head, record)
        out += line
    file.write_bytes(out)
    return head


def run(file: Path, *head: str, encoding: str = "utf-8") -> tuple[int, str, bytes]:
    """Status, what was written, and what went wrong, with the output redirected on a system of that encoding."""
    words = [sys.executable, "-S", verify.__file__, str(file), *head]
    done = subprocess.run(words, capture_output=True, check=False, env={**os.environ, "PYTHONIOENCODING": encoding})
    return done.returncode, done.stdout.decode("utf-8"), done.stderr


@pytest.mark.parametrize("encoding", ["gbk", "cp1252"])
def test_it_is_written_in_full_where_the_systems_own_encoding_lacks_its_signs(tmp_path: Path, encoding: str) -> None:
    head = chain(tmp_path / "e.jsonl", EXTRACT, CAMPAIGN | {"name": "☀️ 2026 🎉"}, DECISION)
    status, said, fault = run(tmp_path / "e.jsonl", head, encoding=encoding)
    assert (status, fault) == (0, b"")
    assert said.startswith("✓ 完好，未被改动 / intact: nothing was changed")
    assert "🎉" in said


def test_without_the_head_it_does_not_say_that_nothing_was_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = chain(tmp_path / "e.jsonl", EXTRACT, CAMPAIGN)
    for words in ([str(tmp_path / "e.jsonl")], [str(tmp_path / "e.jsonl"), ""]):
        assert verify.main(words) == 0
        said = capsys.readouterr().out
        assert "consistent; give the head to exclude a rewrite" in said and "请给出头哈希，以排除整份重写" in said
        assert "intact" not in said and "完好" not in said and head in said
    assert verify.main([str(tmp_path / "e.jsonl"), head]) == 0
    assert "intact: nothing was changed" in capsys.readouterr().out


def test_a_name_moves_no_cursor_writes_no_line_and_turns_no_writing_round(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "春\x1b[2J天\n✓ 完好\u202e\u3000节"
    chain(tmp_path / "e.jsonl", EXTRACT, CAMPAIGN | {"name": name})
    assert verify.main([str(tmp_path / "e.jsonl")]) == 0
    said = capsys.readouterr().out
    assert "春\\x1b[2J天\\n✓ 完好\\u202e\u3000节" in said
    assert len(said.splitlines()) == 4


def test_of_a_record_that_lacks_a_field_it_says_so_whichever_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dispatch = {"kind": "dispatch", "account": "a", "name": "a", "content_sha256": "", "dispatch": 1, "intended": 0}
    forged = [(number, record, field) for number, record in enumerate((EXTRACT, CAMPAIGN, DECISION), 1) for field in record]
    for number, record, field in [one for one in forged if one[2] not in ("kind", "format", "version")]:
        whole = [EXTRACT, CAMPAIGN, DECISION]
        whole[number - 1] = {name: value for name, value in record.items() if name != field}
        chain(tmp_path / "e.jsonl", *whole)
        assert verify.main([str(tmp_path / "e.jsonl")]) == 1, field
        said = capsys.readouterr().out
        assert said == f"✗ 第 {number} 行的记录不完整 / the record in line {number} is not whole\n", field
    for record in ({"kind": "delivery"}, {"kind": "content"}, DECISION | {"digest": 7}, {}, dispatch | {"content_sha256": []}):
        chain(tmp_path / "e.jsonl", EXTRACT, record)
        assert verify.main([str(tmp_path / "e.jsonl")]) == 1
        assert "the record in line 2 is not whole" in capsys.readouterr().out
