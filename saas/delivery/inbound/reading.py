"""The inbox as people read it: newest first, by client, account and kind; who wrote is shown by a mark, never by an open id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, text

from saas.delivery.inbound.policy import KINDS
from saas.kernel.database import db, transaction
from saas.kernel.errors import Invalid, NotFound, Words, both_sides
from saas.tenants.actor import Actor
from saas.tenants.audit import note
from saas.tenants.models import Tenant

SHORTEST, USUAL, LONGEST = 7, 90, 730
WHERE = """(CAST(:client AS text) = '' OR k.name = :client) AND (CAST(:account AS text) = '' OR a.key = :account)
    AND (CAST(:kind AS text) = '' OR e.kind = :kind) AND (NOT :unread OR e.read_at IS NULL)"""
FROM = "FROM inbox_entries e JOIN accounts a ON a.id = e.account_id JOIN clients k ON k.id = a.client_id"
LISTED = text(f"""
  SELECT e.id, k.name AS client, a.key AS account, a.name AS account_name, a.channel, e.kind, e.person, e.place,
    coalesce(c.title, '') AS place_title, e.said, e.at, e.reply_until, e.read_at IS NOT NULL AS read,
    p.state AS reply, r.name AS rule, p.message, p.code, p.reason, p.answered_at
  {FROM} LEFT JOIN replies p ON p.entry_id = e.id LEFT JOIN reply_rules r ON r.id = p.rule_id
    LEFT JOIN contacts c ON c.account_id = e.account_id AND c.target = e.place AND e.place <> ''
  WHERE {WHERE} AND (CAST(:before AS bigint) IS NULL OR e.id < :before) ORDER BY e.id DESC LIMIT :limit""")
UNREAD = text("SELECT count(*) FROM (SELECT 1 FROM inbox_entries WHERE read_at IS NULL LIMIT 1000) n")
TOLD = text(f"SELECT count(*) {FROM} WHERE {WHERE}")
READ = text("UPDATE inbox_entries SET read_at = clock_timestamp(), read_by = :member WHERE id = ANY (:ids) AND read_at IS NULL")
READ_ALL = text(f"""UPDATE inbox_entries SET read_at = clock_timestamp(), read_by = :member
  WHERE id IN (SELECT e.id {FROM} WHERE {WHERE} AND e.id <= :upto ORDER BY e.id LIMIT 10000)""")  # noqa: S608
KEEP = text("UPDATE tenants SET settings = settings || jsonb_build_object('inbox_days', CAST(:days AS int)) WHERE id = tenant()")


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody said or did. ``person`` is a mark of eight digits, the same for the same one on the same account.

    ``reply`` of what we answered: due, calling, done, refused, unknown; None: nothing. ``says`` is that answer in a line.
    """

    id: int
    client: str
    account: str
    account_name: str
    channel: str
    kind: str
    person: str
    place: str
    place_title: str
    said: str
    at: datetime
    reply_until: datetime | None
    read: bool
    reply: str | None
    rule: str
    says: str
    code: str
    reason: Words
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: "" means any. ``before``: those older than that id."""

    client: str = ""
    account: str = ""
    kind: str = ""
    unread: bool = False

    def values(self) -> dict[str, Any]:
        """As the queries take them. Invalid for a kind nobody knows."""
        if self.kind and self.kind not in KINDS:
            words = (f"没有这种消息：{self.kind[:20]}", f"there is no such kind: {self.kind[:20]}")
            raise Invalid("inbox_kind", words, (f"可选：{'、'.join(KINDS)}", f"one of: {', '.join(KINDS)}"), "kind")
        return {"client": self.client, "account": self.account, "kind": self.kind, "unread": self.unread}


def list_entries(actor: Actor, wanted: Wanted, before: int | None = None, limit: int = 50) -> list[Entry]:
    """A page of the inbox, the newest first. Invalid for a kind nobody knows."""
    actor.need("see_accounts")
    rows = db.session.execute(LISTED, wanted.values() | {"before": before, "limit": limit}).mappings()
    return [_entry(row) for row in rows]


def count_entries(actor: Actor, wanted: Wanted) -> int:
    """How many there are of them."""
    actor.need("see_accounts")
    return int(db.session.execute(TOLD, wanted.values()).scalar_one())


def count_unread() -> int:
    """How many nobody has read; a thousand means as many or more."""
    return int(db.session.execute(UNREAD).scalar_one())


def mark_read(actor: Actor, ids: Sequence[int]) -> int:
    """These are read; how many were not before."""
    actor.need("see_accounts")
    with transaction() as session:
        return _changed(session.execute(READ, {"ids": list(ids), "member": actor.member_id}))


def mark_all_read(actor: Actor, wanted: Wanted, upto: int) -> int:
    """All of them up to an id, so that what came meanwhile stays unread; how many."""
    actor.need("see_accounts")
    with transaction() as session:
        return _changed(session.execute(READ_ALL, wanted.values() | {"upto": upto, "member": actor.member_id}))


def _changed(result: Any) -> int:
    return int(result.rowcount)


def kept_days() -> int:
    """For how many days the agency keeps what people wrote."""
    return int(db.session.execute(text("SELECT inbox_days()")).scalar_one())


def keep_days(actor: Actor, days: int) -> int:
    """Keep them for so many days from now on; older ones go within the hour. Invalid."""
    actor.need("manage_accounts")
    if not SHORTEST <= days <= LONGEST:
        words = (f"保留天数应在 {SHORTEST} 到 {LONGEST} 之间", f"between {SHORTEST} and {LONGEST} days")
        raise Invalid("inbox_days", words, (f"例如 {USUAL}", f"such as {USUAL}"), "days")
    with transaction() as session:
        if session.get(Tenant, actor.tenant_id) is None:
            raise NotFound(("机构", "agency"))
        session.execute(KEEP, {"days": days})
        note(actor, "inbox.days", days=days)
    return days


def _entry(row: RowMapping) -> Entry:
    message = row["message"] or {}
    link = message.get("link") or {}
    says = message.get("text") or link.get("title", "")
    told = {name: value for name, value in row.items() if name != "message"}
    known: dict[str, Any] = {"rule": row["rule"] or "", "code": row["code"] or "", "reason": both_sides(row["reason"] or "")}
    return Entry(**{**told, **known}, says=says)
