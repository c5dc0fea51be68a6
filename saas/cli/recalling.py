"""``recall``: taking back, with a look at what would happen first."""

from __future__ import annotations

from typing import Any

import click

from saas.cli.context import acting, stack
from saas.cli.saying import NOT_ALL, both, give_json, say, table
from saas.cli.sending import AS, JSON, TENANT
from saas.delivery.recall import preview, recall


@click.command("recall")
@click.argument("campaign", type=int, required=False, metavar="[CAMPAIGN]")
@click.option("--client", metavar="NAME", help="of one client only")
@click.option("--account", metavar="KEY", help="on one account only")
@click.option("--channel", metavar="NAME", help="on one channel only")
@click.option("--since", metavar="TIME", help="what went out since then; 24h without a campaign")
@click.option("--dry-run", is_flag=True, help="say what would happen; ask no platform")
@JSON
@AS
@TENANT
def recall_one(
    campaign: int | None, dry_run: bool, as_json: bool, email: str | None, tenant: str | None, **scope: str | None
) -> int:
    """Take back what can be taken back, and say honestly what cannot."""
    account = scope.pop("account")
    with stack(), acting(email, "editor", tenant) as actor:
        results = (preview if dry_run else recall)(actor, campaign, account, **scope)
    if not results:
        say("没有这样的发送", "nothing of that kind was sent")
    if as_json:
        give_json({"campaign": campaign, "dry_run": dry_run, "accounts": results})
    elif results:
        _show(results)
    if not results:
        return NOT_ALL if account else 0
    return 0 if dry_run or all(r["outcome"] in ("done", "nothing_out") for r in results) else NOT_ALL


def _show(results: list[dict[str, Any]]) -> None:
    side = 0 if both("zh", "en") == "zh" else 1
    rows = [
        (r["campaign"], r["account"], part["words"][side], part["deliveries"], part["people"], part["remains"][side])
        for r in results
        for part in r["parts"] or [{"words": r["reason"], "deliveries": 0, "people": 0, "remains": ("", "")}]
    ]
    header = (
        both("活动", "campaign"),
        both("账号", "account"),
        both("结果", "outcome"),
        both("条数", "deliveries"),
        both("人数", "people"),
        both("手机上", "on phones"),
    )
    click.echo(table(header, rows))
    for reason in sorted(
        {item["reason"][side] for r in results for item in r["items"] if item["fate"] in ("refused", "unknown")}
    ):
        click.echo(f"! {reason}")
