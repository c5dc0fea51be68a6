"""Lines as people see them: which account is heard, since when, what is in the way, and from when to when nobody listened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, text

from saas.kernel.database import db
from saas.kernel.errors import Words, both_sides
from saas.tenants.actor import Actor

LINES = text("""
  SELECT k.name AS client, a.key AS account, a.name AS account_name, l.connected_at IS NOT NULL AND l.until > now() AS up,
    l.connected_at, l.heard_at, l.fault
  FROM listeners l JOIN accounts a ON a.id = l.account_id JOIN clients k ON k.id = a.client_id ORDER BY up, k.name, a.key""")
GAPS = text("""
  SELECT k.name AS client, a.key AS account, a.name AS account_name, g.from_at, g.until_at, g.fault
  FROM listening_gaps g JOIN accounts a ON a.id = g.account_id JOIN clients k ON k.id = a.client_id
  ORDER BY g.id DESC LIMIT :limit""")
FAULTS: dict[str, Words] = {
    "": ("没有进程在收听", "no process listened"),
    "closed": ("对方关闭了连接", "the server closed the connection"),
    "heartbeat lost": ("心跳中断", "the heartbeat was lost"),
    "HTTP 401": ("服务端拒绝了访问令牌", "the server refused the access token"),
    "HTTP 403": ("服务端拒绝了访问令牌", "the server refused the access token"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """An account that is listened to. ``up``: its line is open now; ``heard_at``: its last sign of life."""

    client: str
    account: str
    account_name: str
    up: bool
    connected_at: datetime | None
    heard_at: datetime | None
    why: Words


@dataclass(frozen=True, slots=True)
class Gap:
    """From when to when nobody listened to an account, and why. What happened meanwhile is not known."""

    client: str
    account: str
    account_name: str
    from_at: datetime
    until_at: datetime
    why: Words


def list_lines(actor: Actor) -> list[Line]:
    """Every account that is listened to, those that are not heard first."""
    actor.need("see_accounts")
    rows = db.session.execute(LINES).mappings()
    return [Line(**_shown(row, ("", "") if row["up"] else _why(row["fault"]))) for row in rows]


def list_gaps(actor: Actor, limit: int = 50) -> list[Gap]:
    """The newest gaps."""
    actor.need("see_accounts")
    return [Gap(**_shown(row, _why(row["fault"]))) for row in db.session.execute(GAPS, {"limit": limit}).mappings()]


def _shown(row: RowMapping, why: Words) -> dict[str, Any]:
    return {**{name: value for name, value in row.items() if name != "fault"}, "why": why}


def _why(fault: str) -> Words:
    if " / " in fault:
        return both_sides(fault)
    return FAULTS.get(fault, (f"连接失败（{fault}）", f"no connection ({fault})"))
