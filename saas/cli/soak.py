"""``soak``: the whole product under kills and faults on all channels, in a home of its own, and what it came to."""

from __future__ import annotations

import secrets
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from saas.cli.saying import NOT_ALL, both, give_json, table


@click.command("soak")
@click.option("--minutes", default=10.0, show_default=True, help="how long processes are killed; settling comes after")
@click.option("--seed", type=int, help="repeat an earlier one's choices; else a new seed")
@click.option("--json", "as_json", is_flag=True, help="one JSON value on standard output")
@click.option("--kills", default=0, hidden=True, help="end as soon as so many have died, on every route")
def soak(minutes: float, seed: int | None, as_json: bool, kills: int) -> int:
    """Kill workers, schedulers, members' steps and servers at named points and at random while all channels send; then compare
    the books with what the simulated platforms let happen. Uses a home of its own. Exit 1 when anything is wrong."""
    from saas.ops.faults.trial import Setting, conduct  # brings the whole product along

    seed = secrets.randbelow(2**31) if seed is None else seed
    folder = Path(tempfile.mkdtemp(prefix="qunfa-soak-"))
    say_progress = _Progress()
    passed = False
    try:
        report = conduct(Setting(seed, minutes * 60, kills), folder / "home", say_progress)
        passed = not report.faults
    finally:
        say_progress.end()
        if passed:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            click.echo(both(f"日志与数据保留在 {folder}", f"logs and data stay in {folder}"), err=True)
    told = report.to_json()
    if as_json:
        give_json(told)
    else:
        _show(told)
    return 0 if passed else NOT_ALL


class _Progress:
    """One line that is written over on a terminal; elsewhere a line now and then."""

    def __init__(self) -> None:
        self._terminal, self._last = sys.stderr.isatty(), ""

    def __call__(self, text: str) -> None:
        if text != self._last:
            click.echo(f"\r\x1b[K{text}" if self._terminal else text, err=True, nl=not self._terminal)
            self._last = text

    def end(self) -> None:
        """Leave the line standing."""
        if self._terminal:
            click.echo("", err=True)


def _show(told: dict[str, Any]) -> None:
    kills = told["kills"]
    facts = (
        (both("种子", "seed"), told["seed"]),
        (both("历时（秒）", "seconds"), told["seconds"]),
        (both("平息用时（秒）", "settled after"), told["quiet_after"]),
        (both("被杀进程", "processes killed"), kills["total"]),
        (both("其中在随机时刻", "of them at a random moment"), kills["at_random"]),
        (both("活动", "campaigns"), told["campaigns"]),
        (both("投递", "deliveries"), told["deliveries"]),
        (both("平台上的效果", "effects on platforms"), told["effects"]),
        (both("需人工判断", "left to a person"), sum(told["unknown"].values())),
    )
    click.echo(table(("", ""), [(name, str(value)) for name, value in facts]))
    for title, counts in _counts(told):
        click.echo(table((title, ""), [(name, str(number)) for name, number in counts.items()]))
    if not told["faults"]:
        click.echo(
            both(
                "没有重复，没有超额，没有丢失，没有悬置，账目相符",
                "none twice, none over a cap, none lost, none stuck; the books agree",
            )
        )
    for kind, found in told["faults"].items():
        click.echo(f"{kind}:")
        for what in found:
            click.echo(f"  {what}")


def _counts(told: dict[str, Any]) -> list[tuple[str, dict[str, int]]]:
    kills = told["kills"]
    return [
        (both("死于", "died at"), kills["points"]),
        (both("死于渠道与线路", "died on"), kills["routes"]),
        (both("服务与平台故障", "servers and platforms"), told["strikes"]),
        (both("结果", "came of it"), told["states"]),
        (both("为何需人工判断", "why a person must tell"), told["unknown"]),
    ]
