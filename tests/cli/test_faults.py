"""What is wrong with the words of a command is said in the shell's language, and as JSON where that was asked for."""

from __future__ import annotations

import json
import re

import pytest

from saas.cli.faults import in_chinese, show_problem
from saas.cli.main import main
from saas.cli.saying import table, width, wrapped
from saas.kernel.errors import NotFound

USAGES = [
    ["sedn"], ["send"], ["send", "no such folder"], ["send", ".", "more"], ["send", ".", "--jsno"],
    ["send", ".", "--patience", "x"],
    ["approve", "x", "--as", "a"], ["approve"], ["simulators", "fault", "nonsense"], ["accounts", "tags"], ["check", ".", "--as"],
]  # fmt: skip


@pytest.mark.parametrize("words", USAGES)
def test_a_wrong_command_is_answered_in_chinese(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["run.py", *words])
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert main() == 2
    said = capsys.readouterr()
    fault = said.err.split("错误：")[1]
    assert said.out == ""
    assert not re.search(r"\b(Invalid|Missing|Did|Got|No such|does not|requires|Usage|Error|not one of)\b", said.err), said.err
    assert re.search(r"[一-鿿]", fault)


def test_a_wrong_command_with_json_is_one_object_on_stdout(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["run.py", "send", "no such folder", "--json"])
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    assert main() == 2
    told = json.loads(capsys.readouterr().out)
    assert (told["error"]["code"], told["error"]["field"], told["findings"]) == ("usage", "folder", [])
    assert "no such folder" in told["error"]["message"]


def test_a_group_without_a_command_lists_its_commands_in_chinese(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["run.py", "unknowns"])
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert main() == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.endswith("错误：python3 run.py unknowns 后面要写一个子命令：again、list、settle。\n")
    assert not re.search(r"Usage|Commands:|Show this message", said.err)


@pytest.mark.parametrize(
    ("language", "word"), [("zh_CN.UTF-8", "子命令：again、list、settle"), ("en_US.UTF-8", "commands: again, list, settle")]
)
def test_a_group_without_a_command_is_one_object_with_json(
    language: str, word: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["run.py", "unknowns", "--json"])
    monkeypatch.setenv("LC_ALL", language)
    assert main() == 2
    said = capsys.readouterr()
    error = json.loads(said.out)["error"]
    assert (error["code"], error["remedy"]) == ("usage", "python3 run.py unknowns -h")
    assert word in error["message"]
    assert word in said.err


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (NotFound(("账号", "account"), "nobody"), ["没有这个账号：nobody", "→ accounts list 列出现有的"]),
        (NotFound(("活动", "campaign"), 999), ["没有这个活动：999", "→ campaigns list 列出现有的"]),
        (NotFound(("渠道", "channel"), "fax"), ["没有这个渠道：fax", "→ channels list 列出现有的"]),
        (NotFound(("令牌", "token")), ["没有这个令牌"]),
    ],
)
def test_what_is_not_there_is_named_with_the_command_that_lists_what_is(
    problem: NotFound, said: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["run.py", "recall"])
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    show_problem(problem)
    assert capsys.readouterr().err.splitlines() == said
    assert problem.given not in problem.message[0] or not problem.given, "other answers tell nothing of what was asked"


def test_a_sentence_the_product_wrote_itself_stays_as_it_is() -> None:
    assert in_chinese("Invalid value: 模拟平台上没有账号“x”") == "值不对：模拟平台上没有账号“x”"


def test_a_long_reason_goes_on_in_the_next_line_whole() -> None:
    reason = "账号没有这个标签（没有标签“VIP”；audience.tag 改成现有的标签：常客（编号 100，200 人））or these English words"
    lines = wrapped(reason, 30)
    assert all(width(line) <= 34 for line in lines)
    assert "".join("".join(lines).split()) == "".join(reason.split())
    shown = table(("key", "n", "reason"), [("one", 5, reason), ("two", "", "")], {2: 30}).splitlines()
    assert len(shown) == 2 + len(lines) + 1
    assert [line[:3].strip() for line in shown[2:]] == ["one", *[""] * (len(lines) - 1), "two"]
