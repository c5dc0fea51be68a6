"""What went wrong with a command: words on stderr, and one JSON object on stdout where that was asked for."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from saas.cli.saying import both, give_json, locale, say, show_findings
from saas.kernel.errors import NotFound, Problem, Words

JSON = "--json"
_PLACE = {"argument": "参数", "option": "选项", "parameter": "参数"}
_TYPES = {"integer": "整数", "float": "数", "boolean": "是或否（true 或 false）", "UUID": "UUID"}
_LISTS = {
    "account": "accounts list",
    "campaign": "campaigns list",
    "channel": "channels list",
    "client": "accounts list",
    "member": "members list",
    "plugin": "channels list --json",
    "portal": "portals list",
}
"""The command that lists what there is, by what was not found."""
_SENTENCES = [
    (r"No such option '?(.+?)'?\.(.*)", r"没有选项 \1。\2"),
    (r"No such command '?(.+?)'?\.(.*)", r"没有命令 \1。\2"),
    (r"Missing command\.", "没有写命令。"),
    (r"Missing parameter: (.+)", r"缺少参数 \1。"),
    (r"Missing (argument|option|parameter) (.+?)\.(?: Choose from:\s*(.*))?", r"缺少{\1} \2。\3"),
    (r"Got unexpected extra arguments? \((.*)\)", r"多出了参数 \1。"),
    (r"Option (.+) requires an argument\.", r"选项 \1 后面要写一个值。"),
    (r"Option (.+) requires (\d+) arguments\.", r"选项 \1 后面要写 \2 个值。"),
    (r"Option (.+) does not take a value\.", r"选项 \1 后面不能写值。"),
    (r"Argument (.+) takes (\d+) values?\.", r"参数 \1 要写 \2 个值。"),
    (r"Could not open file (.+?): (.*)", r"打不开文件 \1：\2"),
    (r"Invalid value for (.+?): (.*)", r"\1 的值不对：\2"),
    (r"Invalid value: (.*)", r"值不对：\1"),
]
_VALUES = [
    (r"(?:File|Directory|Path) '(.*)' does not exist\.", r"“\1”不存在。"),
    (r"File '(.*)' is a directory\.", r"“\1”是一个文件夹，这里要一个文件。"),
    (r"Directory '(.*)' is a file\.", r"“\1”是一个文件，这里要一个文件夹。"),
    (r"(?:File|Directory|Path) '(.*)' is not readable\.", r"“\1”没有读取权限。"),
    (r"(?:File|Directory|Path) '(.*)' is not writable\.", r"“\1”没有写入权限。"),
    (r"(.+) is not one of (.+)\.", r"\1 不在可选的值之中：\2。"),
    (r"(.+) is not a valid (\w+)\.(?: Recognized values: (.*))?", r"\1 不是{\2}。\3"),
    (r"(.+) is not in the range (.+)\.", r"\1 不在范围 \2 之内。"),
    (r"Did you mean (.+)\?", r"是不是 \1？"),
]


def show_problem(problem: Problem) -> None:
    """A problem with what to do about it, and every finding it carries; as the API's envelope where JSON was asked for."""
    findings: Sequence[Mapping[str, Any]] = problem.detail.get("findings", ())
    message, remedy = _with_what_was_given(problem) if isinstance(problem, NotFound) else (problem.message, problem.remedy)
    if JSON in sys.argv:
        _give(problem.code, both(*message), both(*remedy), problem.field, problem.detail, findings)
    show_findings(findings)
    say(*message)
    if remedy[0]:
        say(f"→ {remedy[0]}", f"→ {remedy[1]}")


def _with_what_was_given(problem: NotFound) -> tuple[Words, Words]:
    zh, en = problem.message
    message = (f"{zh}：{problem.given}", f"{en}: {problem.given}") if problem.given else problem.message
    listing = _LISTS.get(problem.what[1])
    return message, (f"{listing} 列出现有的", f"{listing} shows what there is") if listing else problem.remedy


def show_usage(error: click.ClickException) -> None:
    """What is wrong with the words of a command, and where its help is."""
    context: click.Context | None = getattr(error, "ctx", None)
    incomplete = context if context and _is_incomplete(error, context) else None
    words = _which_command(incomplete) if incomplete else (in_chinese(error.format_message()), error.format_message())
    if JSON in sys.argv:
        remedy = f"{context.command_path} -h" if context else ""
        param = getattr(getattr(error, "param", None), "name", "") or getattr(error, "option_name", "") or ""
        _give("usage", both(*words), remedy, str(param), {}, ())
    if locale() == "en" and not (incomplete and JSON in sys.argv):
        error.show(sys.stderr)
        return
    if context is not None and locale() != "en":
        usage = " ".join(context.get_usage().removeprefix("Usage:").split())
        click.echo(f"用法：{usage}\n帮助：{context.command_path} -h\n", err=True)
    click.echo(both(f"错误：{words[0]}", f"Error: {words[1]}"), err=True)


def _is_incomplete(error: click.ClickException, context: click.Context) -> bool:
    """Whether a group was named and none of its commands; ``--json`` behind it names none either."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return True
    alone = isinstance(error, click.NoSuchOption) and error.option_name == JSON and sys.argv[-1] == JSON
    return alone and isinstance(context.command, click.Group)


def _which_command(context: click.Context) -> Words:
    names = context.command.list_commands(context) if isinstance(context.command, click.Group) else []
    zh = f"{context.command_path} 后面要写一个子命令：{'、'.join(names)}。"
    return zh, f"{context.command_path} needs one of its commands: {', '.join(names)}."


def _give(code: str, message: str, remedy: str, field: str, detail: Any, findings: Sequence[Mapping[str, Any]]) -> None:
    error = {"code": code, "message": message, "remedy": remedy, "field": field, "detail": detail}
    give_json({"error": error, "findings": list(findings)})


def in_chinese(text: str) -> str:
    """A sentence of the command library, in Chinese; what it knows no words for stays as it is."""
    sentence = _said(" ".join(text.split()), _SENTENCES)
    head, colon, value = sentence.partition("：")
    return head + colon + _said(value, _VALUES) if colon else _said(sentence, _VALUES)


def _said(text: str, table: Sequence[tuple[str, str]]) -> str:
    for pattern, words in table:
        if found := re.fullmatch(pattern, text.strip()):
            said = found.expand(words)
            return re.sub(r"\{(\w+)\}", lambda name: (_PLACE | _TYPES).get(name[1], name[1]), said)
    return re.sub(
        r"Did you mean (.+?)\?", r"是不是 \1？", re.sub(r"\(Did you mean one of: (.+?)\?\)", r"是不是其中一个：\1？", text)
    )
