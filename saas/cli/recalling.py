"""``recall``: taking back, with a look at what would happen first."""

from __future__ import annotations

from typing import Any

import click

from saas.cli.context import acting, stack
from saas.cli.saying import NOT_ALL, both, give_json, say, table
from saas.cli.sending import AS, JSON, TENANT
from saas.delivery.recall import preview, recall
from saas.delivery.single_articles import take_down_article


@click.command("recall")
@click.argument("campaign", type=int, required=False, metavar="[CAMPAIGN]")
@click.option("--client", metavar="NAME", help="of one client only")
@click.option("--account", metavar="KEY", help="on one account only")
@click.option("--channel", metavar="NAME", help="on one channel only")
@click.option("--since", metavar="TIME", help="what went out since then; 24h without a campaign")
@click.option("--dry-run", is_flag=True, help="say what would happen; ask no platform")
@click.option("--article", type=click.IntRange(1), metavar="N", help="the N-th article alone, of CAMPAIGN on --account")
@click.option("--reason", default="", help="why, with --article")
@JSON
@AS
@TENANT
def recall_one(
    campaign: int | None, dry_run: bool, article: int | None, reason: str, as_json: bool, email: str | None, tenant: str | None,
    **scope: str | None,
) -> int:  # fmt: skip
    """Take back what can be taken back, and say honestly what cannot."""
    account = scope.pop("account")
    if article is not None:
        _only_with_one(campaign, account, dry_run, scope)
        with stack(), acting(email, "editor", tenant) as actor:
            return _say_article(take_down_article(actor, int(campaign or 0), str(account), article, reason), as_json)
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


def _only_with_one(campaign: int | None, account: str | None, dry_run: bool, scope: dict[str, str | None]) -> None:
    if campaign is None or not account or dry_run or any(scope.values()):
        words = both(
            "--article 要与 CAMPAIGN 和 --account 一起用，不能与其他范围或 --dry-run 一起",
            "--article goes with CAMPAIGN and --account, and with no other scope and no --dry-run",
        )
        raise click.UsageError(words)


def _say_article(told: list[dict[str, Any]], as_json: bool) -> int:
    if as_json:
        give_json({"deliveries": told})
    else:
        words = {
            "down": both("页面已删除（卡片仍留在手机上）", "its page is down (the card stays on phones)"),
            "unknown": both("没有明确答复，可再次要求", "no clear answer; ask again"),
            "refused": both("平台拒绝", "the platform refused"),
        }
        side = 0 if both("zh", "en") == "zh" else 1
        rows = [(one["delivery"], one["people"], words[one["outcome"]], one["said"][side]) for one in told]
        click.echo(table((both("投递", "delivery"), both("人数", "people"), both("结果", "outcome"), ""), rows))
    return 0 if all(one["outcome"] == "down" for one in told) else NOT_ALL


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
