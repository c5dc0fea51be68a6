"""``demo``: the whole product on this machine, until Ctrl-C."""

from __future__ import annotations

import click

from saas.cli.saying import both, say
from saas.kernel.schema import is_current
from saas.ops.demo.known import MARK, is_seeded, note_seeded, passwords
from saas.ops.home import home
from saas.ops.running import Running

WARM = ("saas.cli.context", "saas.kernel.migrate")
"""What making the schema and the demo agency needs; imported while the servers start."""


@click.command("demo")
@click.option("--workers", default=2, show_default=True, help="worker processes")
@click.option("--rate", default=1.0, show_default=True, help="how fast the simulators' clock runs")
def demo(workers: int, rate: float) -> None:
    """Start everything: servers, simulators, web, workers, scheduler, and the demo agency."""
    from saas.ops.stack import Stack  # brings the servers along

    say("正在启动群发……", "starting Qunfa …")
    warm = () if (home() / MARK).exists() else WARM
    with Stack(home(), prepare=_prepare, seed=_seed, workers=workers, rate=rate, warm=warm) as stack:
        _tell(stack.running.base_url, dict(stack.running.simulators))
        stack.tend_until_stopped()
        say("正在停止……", "stopping …")


def _prepare(running: Running) -> None:
    if not is_current(running.owner_url):
        from saas.cli.context import prepare

        prepare(running)
        (home() / MARK).unlink(missing_ok=True)  # a new schema may want new connections


def _seed(running: Running) -> None:
    if not is_seeded(running):
        from saas.cli.context import seed_demo

        seed_demo(running)
        note_seeded(running)


def _tell(base_url: str, simulators: dict[str, str]) -> None:
    click.echo(both(f"\n  控制台   {base_url}", f"\n  console     {base_url}"))
    click.echo(both(f"  接口文档 {base_url}/api/docs", f"  API docs    {base_url}/api/docs"))
    for name, address in simulators.items():
        click.echo(both(f"  模拟平台 {name:<18}{address}", f"  simulator   {name:<18}{address}"))
    click.echo(both("\n  登录账号（演示机构，密码随机生成）", "\n  sign in as (demo agency, generated passwords)"))
    for email, password in passwords(home()).items():
        click.echo(f"    {email:<24}{password}")
    click.echo(both("\n  按 Ctrl-C 停止；数据保留在 ", "\n  Ctrl-C stops it; data stay in ") + f"{home()}\n")
