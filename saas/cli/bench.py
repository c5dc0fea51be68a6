"""``bench``: the benchmarks of the checkout, each beside its baseline in the same run."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from saas.cli.saying import BAD_INPUT, NOT_ALL, both, give_json, say, table
from saas.ops.home import CHECKOUT


@click.command("bench")
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.option("--quick", is_flag=True, help="a look: less of everything")
@click.option("--tiny", is_flag=True, hidden=True)
@click.option("--json", "as_json", is_flag=True, help="one JSON object on stdout, nothing else")
def bench(names: tuple[str, ...], quick: bool, tiny: bool, as_json: bool) -> int:
    """Measure speed: all rows, or those named, each beside its baseline. Exit 1 when a goal is missed."""
    if not (CHECKOUT / "bench" / "rows.py").exists():
        say("bench 只能在源码目录中运行", "bench runs in a checkout only")
        return BAD_INPUT
    if str(CHECKOUT) not in sys.path:
        sys.path.insert(0, str(CHECKOUT))
    rows, sizes = import_module("bench.rows"), import_module("bench.row")
    size = sizes.TINY if tiny else sizes.QUICK if quick else sizes.FULL
    try:
        wanted = rows.chosen(names)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    with _nothing_else_on_stdout():
        measured = list(rows.measure(wanted, size, lambda text: click.echo(text, err=True)))
    if as_json:
        give_json({"rows": [row.to_json() for row in measured]})
    else:
        _show(measured)
    return 0 if all(row.met for row in measured) else NOT_ALL


@contextmanager
def _nothing_else_on_stdout() -> Iterator[None]:
    """What benchmarks and the processes they start print goes to stderr: stdout is for the result."""
    sys.stdout.flush()
    stdout = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(stdout, 1)
        os.close(stdout)


def _show(rows: list[Any]) -> None:
    header = (
        "",
        both("项目", "what"),
        both("结果", "value"),
        both("目标", "goal"),
        "",
        both("单位", "unit"),
        both("对照", "baseline"),
    )
    click.echo(table(header, [_cells(row) for row in rows]))
    for row in rows:
        if row.detail:
            click.echo(f"{row.id}: {row.detail}")


def _cells(row: Any) -> tuple[str, ...]:
    goal = f"{'≥' if row.better == 'more' else '≤'} {row.goal:g}"
    return row.id, row.title, f"{row.value:.2f}", goal, "✓" if row.met else "✗", row.unit, row.baseline
