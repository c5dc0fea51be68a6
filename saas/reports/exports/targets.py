"""Every delivery of a campaign as rows of a table, read a page at a time: a million of them are never in memory together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import text

from saas.kernel.database import db
from saas.reports.exports.tables import Table, Value
from saas.reports.exports.words import NONE
from saas.reports.periods.report import SentLine

AT_ONCE = 5000
PAGE = text("""
  SELECT target, state, people, accepted, delivered, failed, skipped, unknown, attempts, accepted_at, ref, code, reason
  FROM deliveries WHERE dispatch_id = :dispatch AND target > :after ORDER BY target LIMIT :most""")
STATES = {
    "due": ("待发送", "due"),
    "sending": ("发送中", "sending"),
    "accepted": ("平台已接收", "accepted"),
    "awaiting": ("等人操作", "needs a person"),
    "sent": ("已送达", "sent"),
    "partly_sent": ("部分送达", "partly sent"),
    "failed": ("失败", "failed"),
    "skipped": ("已跳过", "skipped"),
    "unknown": ("结果未知", "unknown"),
    "missed": ("已错过", "missed"),
    "recalled": ("已收回", "taken back"),
    "cancelled": ("已取消", "cancelled"),
}


def deliveries(sends: Sequence[SentLine], side: int) -> Table:
    """A row a delivery, by target: for that there is an index, however large the outbox."""
    zh = (
        "账号",
        "对象",
        "状态",
        "人数",
        "平台接收",
        "送达",
        "失败",
        "跳过",
        "未知",
        "次数",
        "接收时间（UTC）",
        "平台编号",
        "代码",
        "说明",
    )
    what = ("Account", "Target", "State", "People", "Accepted", "Delivered", "Failed", "Skipped", "Unknown")
    en = (*what, "Attempts", "Accepted (UTC)", "Platform id", "Code", "Reason")
    return Table(("收件明细", "Deliveries")[side], (zh, en)[side], _rows(sends, side), widths=(20, 30, 12))


def _rows(sends: Sequence[SentLine], side: int) -> Iterator[Sequence[Value]]:
    for line in sends:
        after = ""
        while page := db.session.execute(PAGE, {"dispatch": line.dispatch, "after": after, "most": AT_ONCE}).all():
            for target, state, *counts, attempts, at, ref, code, reason in page:
                moment = f"{at:%Y-%m-%d %H:%M:%S}" if at else NONE
                yield [
                    line.account,
                    target,
                    STATES[state][side],
                    *counts,
                    attempts,
                    moment,
                    (ref or "").partition(":")[2],
                    code,
                    reason,
                ]
            after = page[-1].target
