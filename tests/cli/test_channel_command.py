"""``channel new`` and ``channel verify``: what they say, what they answer, and how they end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CHINESE = {"LANG": "zh_CN.UTF-8", "LC_ALL": ""}


def run(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {**os.environ, "LANG": "en_US.UTF-8", "LC_ALL": "", **environment}
    asked = [sys.executable, "-m", "saas.cli", "channel", *words]
    return subprocess.run(asked, cwd=cwd, env=known, capture_output=True, text=True, timeout=120, check=False)


def checks(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    (told,) = json.loads(done.stdout)["channels"]
    assert set(told) == {"name", "checks"}
    assert all(set(check) == {"id", "passed", "detail"} for check in told["checks"])
    return {check["id"]: check for check in told["checks"]}


def test_a_new_channel_passes_its_own_tests_and_every_check_at_once(tmp_path: Path) -> None:
    assert run("new", "notice_board", cwd=tmp_path).returncode == 0
    verified = run("verify", "notice_board", "--json", cwd=tmp_path)
    assert verified.returncode == 0, verified.stderr
    assert all(check["passed"] for check in checks(verified).values())
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", "-p", "no:cacheprovider"],
        cwd=tmp_path / "notice_board",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert tested.returncode == 0, tested.stdout[-2000:]


def test_a_broken_promise_ends_with_one_and_is_named(tmp_path: Path) -> None:
    run("new", "notice_board", cwd=tmp_path)
    rules = tmp_path / "notice_board/qunfa_notice_board/rules.toml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("amount = 60", "amount = 61"), encoding="utf-8")
    done = run("verify", "notice_board", "--check", "caps", "--check", "titles", "--json", cwd=tmp_path)
    assert done.returncode == 1
    found = checks(done)
    assert list(found) == ["contract", "titles", "caps"]
    assert not found["caps"]["passed"]
    assert "messages_day declares 61" in found["caps"]["detail"]


def test_a_channel_that_cannot_be_imported_fails_the_contract(tmp_path: Path) -> None:
    run("new", "notice_board", cwd=tmp_path)
    (tmp_path / "notice_board/qunfa_notice_board/plugin.py").write_text("import nothing_of_that_name\n")
    done = run("verify", "notice_board", "--json", cwd=tmp_path)
    assert done.returncode == 1
    assert "nothing_of_that_name" in checks(done)["contract"]["detail"]


def test_an_unknown_name_ends_with_two_and_names_what_there_is(tmp_path: Path) -> None:
    done = run("verify", "nobody", cwd=tmp_path)
    assert done.returncode == 2
    assert "no channel 'nobody' is installed; installed: " in done.stderr
    assert "wecom" in done.stderr


def test_a_folder_without_a_pyproject_and_a_check_there_is_none_of_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "drawer").mkdir()
    folder = run("verify", "./drawer", cwd=tmp_path)
    assert folder.returncode == 2 and "'./drawer' has no pyproject.toml" in folder.stderr
    check = run("verify", "personal", "--check", "capz", cwd=tmp_path)
    assert check.returncode == 2 and "no check 'capz'; there are: contract, import-quiet" in " ".join(check.stderr.split())


def test_a_broken_rule_pack_is_named_by_its_file(tmp_path: Path) -> None:
    run("new", "notice_board", cwd=tmp_path)
    rules = tmp_path / "notice_board/qunfa_notice_board/rules.toml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("amount = 60", "amount = sixty"), encoding="utf-8")
    done = run("verify", "notice_board", "--check", "contract", "--json", cwd=tmp_path)
    assert done.returncode == 1
    assert list(checks(done)) == ["contract"]
    assert "qunfa_notice_board/rules.toml: " in checks(done)["contract"]["detail"]


def test_without_a_name_the_remedy_is_said(tmp_path: Path) -> None:
    done = run("verify", cwd=tmp_path, **CHINESE)
    assert done.returncode == 2
    assert "--all" in done.stderr
    assert "请写渠道名称" in done.stderr


def test_the_table_speaks_the_language_of_the_shell(tmp_path: Path) -> None:
    done = run("verify", "personal", "--check", "titles", cwd=tmp_path, **CHINESE)
    assert done.returncode == 0
    assert "名称有中英文" in done.stdout
    assert "全部通过" in done.stderr


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("Bad-Name", "lower-case letters"),
        ("x", "2 to 40"),
        ("class", "keyword"),
        ("wecom", "installed already"),
        ("trailing_", "lower-case letters"),
        ("channels", "'channels' is reserved"),
    ],
)
def test_a_name_no_channel_can_have_is_refused_with_the_rule(tmp_path: Path, name: str, rule: str) -> None:
    done = run("new", name, cwd=tmp_path)
    assert done.returncode == 2
    assert rule in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "kept.txt").write_text("kept")
    done = run("new", "mine", "--into", str(tmp_path), cwd=tmp_path)
    assert done.returncode == 2
    assert "exists already" in done.stderr
    assert [file.name for file in (tmp_path / "mine").iterdir()] == ["kept.txt"]
