"""``evidence``: what happened, as a file that a client checks without us."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from saas.cli.context import acting, stack
from saas.cli.saying import both, give_json, table
from saas.cli.sending import AS, JSON, TENANT
from saas.cli.writing import written
from saas.kernel.errors import Invalid
from saas.reports.evidence.extract import Extract, Wanted, client_of, extract, whose_head
from saas.reports.months import month
from saas.tenants.actor import Actor


@click.command("evidence")
@click.argument("campaign", type=int, required=False, metavar="[CAMPAIGN]")
@click.option("--month", "of_month", metavar="MONTH", help="every campaign of a month, such as 2026-11")
@click.option("--client", default="", metavar="NAME", help="only this client's part")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="where to write it")
@click.option("--whose", metavar="HEAD", help="what a head hash was handed out for; writes nothing")
@JSON
@AS
@TENANT
def evidence(
    campaign: int | None, of_month: str | None, client: str, out: Path | None, whose: str | None, as_json: bool,
    email: str | None, tenant: str | None,
) -> None:  # fmt: skip
    """Write the evidence of a campaign or a month: a zip with its own program to check it."""
    if bool(campaign) + bool(of_month) + bool(whose) != 1:
        words = ("请给出活动编号、--month 或 --whose 之一", "give one of: a campaign, --month, --whose")
        raise Invalid("evidence_of_what", words, field="CAMPAIGN")
    with stack(), acting(email, "editor", tenant) as actor:
        if whose:
            _show_head(actor, whose, as_json)
            return
        wanted = Wanted(campaign, month(of_month) if of_month else None, client_of(actor, client))
        made, path = _written(actor, wanted, out)
    if as_json:
        give_json({"file": str(path), **asdict(made)})
        return
    click.echo(both(f"{path}：{made.records} 条记录，头哈希 {made.head}", f"{path}: {made.records} records, head {made.head}"))


def _written(actor: Actor, wanted: Wanted, out: Path | None) -> tuple[Extract, Path]:
    subject = f"campaign-{wanted.campaign}" if wanted.campaign else f"{wanted.month:%Y-%m}"
    path, made = out or Path(f"evidence-{subject}.zip"), list[Extract]()
    written(path, lambda file: made.append(extract(actor, wanted, file)))
    return made[0], path


def _show_head(actor: Actor, head: str, as_json: bool) -> None:
    found = whose_head(actor, head)
    if as_json:
        give_json([asdict(one) for one in found])
        return
    header = (
        both("活动或月份", "campaign or month"),
        both("客户", "client"),
        both("记录", "records"),
        both("时间", "at"),
        both("经手", "by"),
    )
    rows = [
        (one.campaign or f"{one.month:%Y-%m}", one.client or both("全部", "all"), one.records, f"{one.at:%Y-%m-%d %H:%M}", one.by)
        for one in found
    ]
    click.echo(table(header, rows))
