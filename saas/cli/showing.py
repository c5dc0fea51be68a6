"""Reports on a terminal: a table for people, one object for programs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from saas.cli.saying import both, give_json, table
from saas.reports.exports.words import UNITS
from saas.reports.report import COUNTS, CampaignReport

ACCOUNT_KEYS = ("key", "client", "channel", "kind", "state", *COUNTS, "receipts", "receipts_total", "reason", "next_possible_at")
GONE_OUT = frozenset({"sent", "awaiting", "recalled"})
STATES = {
    "planned": "待发送",
    "waiting": "等待中",
    "sending": "发送中",
    "accepted": "平台已接受",
    "awaiting": "待人工确认",
    "sent": "已发送",
    "partly_sent": "部分发送",
    "failed": "失败",
    "skipped": "已跳过",
    "exhausted": "次数用完",
    "unauthorized": "账号异常",
    "unknown": "结果不明",
    "missed": "已错过",
    "recalled": "已撤回",
    "cancelled": "已取消",
}
CAMPAIGN_STATES = {
    "awaiting_approval": "等待审批",
    "approved": "已批准",
    "scheduled": "已排期",
    "sending": "发送中",
    "waiting": "等待中",
    "done": "已完成",
    "incomplete": "未全部送出",
    "rejected": "已退回",
    "cancelled": "已取消",
}
HEADER_ZH = (
    "账号",
    "客户",
    "状态",
    "目标",
    "接受",
    "送达",
    "失败",
    "跳过",
    "不明",
    "待人工",
    "进行中",
    "回执",
    "原因",
    "下次可发",
)
REASON, REASON_WIDTH = -2 + len(HEADER_ZH), 44
HEADER_EN = ("account", "client", "state", *COUNTS, "receipt", "reason", "next possible")


def as_object(report: CampaignReport) -> dict[str, Any]:
    """What ``--json`` prints."""
    accounts = [{key: getattr(account, key) for key in ACCOUNT_KEYS} for account in report.accounts]
    sums = {"totals": report.totals, "totals_by_unit": report.totals_by_unit}
    return {"campaign": report.campaign, "state": report.state, "accounts": accounts, **sums}


def show(report: CampaignReport, as_json: bool) -> None:
    """Print a report."""
    if as_json:
        give_json(as_object(report))
        return
    rows = [
        (
            account.key,
            account.client,
            both(STATES[account.state], account.state),
            *(getattr(account, count) or "" for count in COUNTS),
            _receipt(account.receipts, account.receipts_total),
            account.reason,
            _local(account.next_possible_at),
        )
        for account in report.accounts
    ]
    header = HEADER_ZH if both("zh", "en") == "zh" else HEADER_EN
    click.echo(table(header, [*rows, *_totals(report)], {REASON: REASON_WIDTH}))


def reached(sums: Mapping[str, Mapping[str, int]]) -> str:
    """How many people, and how many groups, each by itself."""
    parts = [
        f"{one['delivered']}{'' if unit == 'person' else ' ' + both(*UNITS.get(unit, (unit, unit)))}"
        for unit, one in sums.items()
    ]
    return " + ".join(parts) or "0"


def _totals(report: CampaignReport) -> list[tuple[Any, ...]]:
    """One line; one for each unit, where people and groups are in one campaign."""
    sums = report.totals_by_unit
    names = [f" ({both(*UNITS.get(unit, (unit, unit)))})" if len(sums) > 1 else "" for unit in sums]
    return [
        (both("合计", "total") + name, "", "", *(counts[count] or "" for count in COUNTS), "", "", "")
        for name, counts in zip(names, sums.values(), strict=True)
    ]


def exit_code(report: CampaignReport) -> int:
    """0 when everything went out (or honestly waits for a person), 1 when something did not."""
    return 0 if report.accounts and all(account.state in GONE_OUT for account in report.accounts) else 1


def _receipt(receipts: list[dict[str, Any]], total: int) -> str:
    if not receipts:
        return ""
    first = next((str(value) for name, value in receipts[0].items() if name != "target"), "")
    short = first if len(first) <= 20 else first[:17] + "…"
    return short if total == 1 else f"{short} +{total - 1}"


def _local(instant: str | None) -> str:
    if not instant:
        return ""
    return datetime.fromisoformat(instant).astimezone(ZoneInfo("Asia/Shanghai")).strftime("%m-%d %H:%M")
