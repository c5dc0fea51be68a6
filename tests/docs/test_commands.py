"""Every command and option stands in the manual, and the manual names no other."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest

from saas.channels.simulator import FAULTS
from saas.cli.main import cli
from saas.cli.saying import BAD_INPUT, CANNOT_START, NOT_ALL
from tests.docs.conftest import Page, page, rows, spans

MANUAL = "docs/commands.md"
OUTSIDE = {"test"}
"""Words that ``run.py`` itself understands."""


def commands(group: click.Group = cli, before: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command with its whole name."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        if isinstance(command, click.Group):
            yield from commands(command, (*before, name))
        else:
            yield " ".join((*before, name)), command


def documented() -> dict[str, str]:
    """The row of each command in the manual, by its usage."""
    usages = {usage(name, command) for name, command in commands()}
    table = [row for row in rows(page(MANUAL).text) if len(row) == 3 and row[0] != "command"]
    found = {spans(row[0])[0]: row[2] for row in table}
    assert len(found) == len(table)
    assert set(found) == usages
    return found


def usage(name: str, command: click.Command) -> str:
    arguments = [p.metavar or (p.name or "").upper() for p in command.params if isinstance(p, click.Argument)]
    return " ".join([name, *arguments])


def options(command: click.Command) -> set[str]:
    shown = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    return {word for p in shown for word in (*p.opts, *p.secondary_opts)}


def test_the_manual_has_a_row_for_every_command_with_its_arguments() -> None:
    assert len(documented()) > 20


def test_each_row_names_exactly_the_options_of_its_command() -> None:
    manual = documented()
    for name, command in commands():
        named = {word.split()[0] for word in spans(manual[usage(name, command)]) if word.startswith("-")}
        assert named == options(command), name


def test_the_manual_names_every_fault() -> None:
    row = next(row for row in rows(page(MANUAL).text) if row[0].startswith("`simulators fault NAME`"))
    assert set(FAULTS) <= set(spans(row[1]))


@pytest.mark.parametrize("name", [MANUAL, "README.md", "README.zh-CN.md"])
def test_the_exit_codes_are_the_ones_of_the_code(name: str) -> None:
    codes = {int(row[0]) for row in rows(page(name).text) if row[0].isdigit()}
    assert codes == {0, NOT_ALL, BAD_INPUT, CANNOT_START}


def test_every_command_a_page_tells_to_type_exists(pages: list[Page]) -> None:
    known = {name.split()[0] for name, _ in commands()} | OUTSIDE
    typed = {word for one in pages for word in re.findall(r"python3 run\.py ([a-z-]+)", one.text)}
    assert {"demo", "test", "send"} <= typed
    assert typed <= known
