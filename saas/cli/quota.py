"""``quota``: where an account's caps went, what was sent elsewhere, and whether the books agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from saas.cli.context import acting, stack
from saas.cli.saying import NOT_ALL, both, give_json, locale, say, table
from saas.cli.sending import AS, JSON, TENANT
from saas.delivery.calls import calls_of
from saas.delivery.calls import clear as clear_calls
from saas.delivery.quota_explain import CapExplained, QuotaExplained
from saas.delivery.quota_explain import explain as explained
from saas.delivery.quota_external import External, import_external
from saas.delivery.quota_external import enter as note
from saas.delivery.quota_verify import verify as recompute


class Instant(click.ParamType[datetime]):
    """ISO 8601; without a zone it is in the account's."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The time, or a word on how to write one."""
        try:
            return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(
                both(f"“{value}”不是时间，例如 2026-11-22T09:30", f"'{value}' is not a time such as 2026-11-22T09:30"), param, ctx
            )


@click.group("quota")
def quota() -> None:
    """The quota ledger."""


@quota.command("explain")
@click.argument("account")
@JSON
@AS
@TENANT
def explain(account: str, as_json: bool, email: str | None, tenant: str | None) -> None:
    """Where each unit of an account's caps went, and when the next send is possible."""
    with stack(), acting(email, "owner", tenant) as actor:
        found = explained(actor, account)
    if as_json:
        give_json(asdict(found))
        return
    click.echo(f"{found.name}  {found.account}  {found.zone}")
    for cap in found.caps:
        _show_cap(cap, found)
    side = 1 if locale() == "en" else 0
    for route, when in found.next_possible_at.items():
        words = (
            f"路线 {route}：最早 {_at(when, found)} 可再发",
            f"route {route}: the next send is possible from {_at(when, found)}",
        )
        click.echo(words[side])


def _show_cap(cap: CapExplained, found: QuotaExplained) -> None:
    side = 1 if locale() == "en" else 0
    subject = f" · {cap.subject}" if cap.subject else ""
    resets = both(f"{_at(cap.resets_at, found)} 重新计算", f"counts anew {_at(cap.resets_at, found)}")
    click.echo(f"\n{cap.title[side]}{subject}  [{cap.rule}]  {cap.window}")
    click.echo(both(f"  上限 {cap.amount:,}，还剩 {cap.left:,}，{resets}", f"  cap {cap.amount:,}, {cap.left:,} left, {resets}"))
    click.echo(both(f"  依据 {cap.source}{_dates(cap)}", f"  source {cap.source}{_dates(cap)}"))
    rows = list(_shares(cap, found))
    if rows:
        header = ("", both("数量", "units"), both("去向", "where"), both("时间", "when"))
        click.echo("\n".join(f"  {line}" for line in table(header, rows).splitlines()))


def _shares(cap: CapExplained, found: QuotaExplained) -> Iterator[tuple[str, str, str, str]]:
    for use in cap.uses:
        yield both("已用", "used"), f"{use.units:,}", f"{use.name} (#{use.campaign})", _at(use.until, found)
    for hold in cap.holds:
        yield both("预占", "reserved"), f"{hold.units:,}", f"{hold.name} (#{hold.campaign})", _at(hold.since, found)
    for one in cap.outside:
        yield both("别处", "elsewhere"), f"{one.units:,}", f"{one.reason} ({one.member or one.source})", _at(one.at, found)


def _dates(cap: CapExplained) -> str:
    dates = [f"{day:%Y-%m-%d}" if day else "" for day in (cap.in_force_from, cap.in_force_until)]
    return f" ({dates[0]} – {dates[1]})" if any(dates) else ""


def _at(when: datetime, found: QuotaExplained) -> str:
    return f"{when.astimezone(ZoneInfo(found.zone)):%Y-%m-%d %H:%M:%S}"


@quota.command("enter")
@click.argument("account")
@click.argument("rule")
@click.argument("units", type=int)
@click.option("--at", "at", type=Instant(), required=True, metavar="TIME", help="when it was sent; without a zone the account's")
@click.option("--reason", required=True, help="where and why")
@click.option("--target", default="", help="the recipient or group, for a cap that counts for each")
@AS
@TENANT
def enter(
    account: str, rule: str, units: int, at: datetime, reason: str, target: str, email: str | None, tenant: str | None
) -> None:
    """Count what was sent outside the product. Negative units (after --) correct an earlier entry."""
    with stack(), acting(email, "owner", tenant) as actor:
        note(actor, account, External(rule, units, at, reason, target))
    say(f"已登记：{rule} {units:+,}", f"noted: {rule} {units:+,}")


@quota.command("import")
@click.argument("csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@AS
@TENANT
def import_csv(csv: Path, email: str | None, tenant: str | None) -> None:
    """Count what a CSV lists: account, rule, units, at, reason, and optionally target and ref."""
    with stack(), acting(email, "owner", tenant) as actor:
        result = import_external(actor, csv.read_bytes(), csv.name)
    say(f"登记 {result.noted} 行，已知 {result.known} 行", f"{result.noted} lines noted, {result.known} known already")


@quota.command("verify")
@click.argument("account", required=False)
@JSON
@AS
@TENANT
def verify(account: str | None, as_json: bool, email: str | None, tenant: str | None) -> None:
    """Recompute every window from the ledger's lines and name each difference; exit 1 when there is one."""
    with stack(), acting(email, "owner", tenant) as actor:
        found = recompute(actor, account)
    if as_json:
        give_json(asdict(found))
    else:
        header = (
            both("账号", "account"), both("额度", "cap"), both("对象", "subject"), both("窗口开始", "window from"),
            both("计数", "counter"), both("记为", "booked"), both("重算", "recomputed"),
        )  # fmt: skip
        rows = [(d.account, d.rule, d.subject, d.starts_at, d.counter, d.booked, d.recomputed) for d in found.differences]
        if rows:
            click.echo(table(header, rows))
        say(
            f"重算 {found.windows:,} 个窗口，{len(rows)} 处不符", f"{found.windows:,} windows recomputed, {len(rows)} differences"
        )
    if found.differences:
        raise click.exceptions.Exit(NOT_ALL)


@quota.command("calls")
@click.argument("account")
@JSON
@AS
@TENANT
def calls(account: str, as_json: bool, email: str | None, tenant: str | None) -> None:
    """Today's calls of each interface of an account, as its platform counts them now."""
    with stack(), acting(email, "owner", tenant) as actor:
        found = calls_of(actor, account)
    if as_json:
        give_json([asdict(one) for one in found])
        return
    header = ("", both("接口", "interface"), both("上限", "limit"), both("已用", "used"), both("剩余", "left"))
    rows = [
        (both(one.title.zh, one.title.en), one.interface, f"{one.limit:,}", f"{one.used:,}", f"{one.left:,}") for one in found
    ]
    click.echo(table(header, rows))


@quota.command("clear")
@click.argument("account")
@click.option("--reason", required=True, help="why; it stays in the audit trail")
@AS
@TENANT
def clear(account: str, reason: str, email: str | None, tenant: str | None) -> None:
    """Have the platform count today's calls of an account anew: at most as often a month as it allows, never by itself."""
    with stack(), acting(email, "owner", tenant) as actor:
        clear_calls(actor, account, reason)
    say("平台已重新计算当天的调用次数", "the platform counts today's calls anew")
