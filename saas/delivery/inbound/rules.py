"""Use cases of answering rules: write, sign, turn on and off, remove. None answers before a second person has signed it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import RowMapping, text

from saas.channels.platform import Finding
from saas.delivery.inbound.wishes import Judged, RuleWish, judge
from saas.kernel.database import db, transaction
from saas.kernel.errors import Conflict, Forbidden, NotFound
from saas.tenants.actor import Actor
from saas.tenants.audit import note

LONGEST_COMMENT = 500
LISTED = text("""
  SELECT r.id, k.name AS client, coalesce(a.key, '') AS account, coalesce(a.name, '') AS account_name, r.name, r.occasion,
    r.matching, r.words, r.priority, r.says, r.digest, r.is_on, r.author_id, m.name AS author, r.changed_at,
    w.word, coalesce(wm.name, '') AS decided_by, w.at AS decided_at, coalesce(w.comment, '') AS comment,
    (SELECT count(*) FROM replies p WHERE p.rule_id = r.id AND p.state IN ('done', 'unknown')) AS said
  FROM reply_rules r JOIN clients k ON k.id = r.client_id JOIN members m ON m.id = r.author_id
    LEFT JOIN accounts a ON a.id = r.account_id
    LEFT JOIN LATERAL (SELECT * FROM reply_rule_words x WHERE x.rule_id = r.id AND x.digest = r.digest
      ORDER BY x.id DESC LIMIT 1) w ON true
    LEFT JOIN members wm ON wm.id = w.member_id
  WHERE r.removed_at IS NULL AND (CAST(:one AS bigint) IS NULL OR r.id = :one)
  ORDER BY k.name, r.occasion = 'fallback', r.priority DESC, r.id""")
ADD = text("""INSERT INTO reply_rules (client_id, account_id, name, occasion, matching, words, priority, says, author_id)
  VALUES (:client, :account, :name, :occasion, :matching, :words, :priority, :says, :author) RETURNING id""")
CHANGE = text("""UPDATE reply_rules SET name = :name, occasion = :occasion, matching = :matching, words = :words,
    priority = :priority, says = :says, author_id = :author, changed_at = clock_timestamp() WHERE id = :id""")
LOCK = text("SELECT digest, author_id, client_id, account_id FROM reply_rules WHERE id = :id AND removed_at IS NULL FOR UPDATE")
WORD = text("""INSERT INTO reply_rule_words (rule_id, digest, word, comment, member_id)
  VALUES (:rule, :digest, :word, :comment, :member)""")
TURN = text("UPDATE reply_rules SET is_on = :on WHERE id = :id AND removed_at IS NULL RETURNING id")
REMOVE = text("UPDATE reply_rules SET removed_at = clock_timestamp() WHERE id = :id AND removed_at IS NULL RETURNING id")


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule as lists show it. ``state``: awaiting, approved or rejected; ``said``: how many answers it has given."""

    id: int
    client: str
    account: str
    account_name: str
    name: str
    occasion: str
    matching: str
    words: list[str]
    priority: int
    says: dict[str, Any]
    digest: str
    is_on: bool
    state: str
    author: str
    mine: bool
    changed_at: datetime
    decided_by: str
    decided_at: datetime | None
    comment: str
    said: int
    findings: Sequence[Finding] = ()


def list_rules(actor: Actor) -> list[RuleView]:
    """Every rule, by client; of each client in the order in which they are asked."""
    actor.need("see_accounts")
    return [_view(actor, row) for row in db.session.execute(LISTED, {"one": None}).mappings()]


def write_rule(actor: Actor, wish: RuleWish, rule: int | None = None) -> RuleView:
    """Keep a new rule, or change one; either way it waits for a second person's word. Invalid, NotFound, Conflict."""
    actor.need("write")
    judged = judge(wish)
    with transaction() as session:
        values = _values(actor, wish, judged)
        if rule is None:
            rule = int(session.execute(ADD, values).scalar_one())
        else:
            _check_same_place(rule, judged)
            session.execute(CHANGE, values | {"id": rule})
        note(actor, "reply_rule.write", f"reply_rule:{rule}", name=wish.name.strip(), client=judged.client.name)
    return _one(actor, rule, judged.findings)


def decide_rule(actor: Actor, rule: int, digest: str, approve: bool, comment: str = "") -> RuleView:
    """A second person's word on what the rule says now. Conflict where it says something else; Forbidden for its author."""
    actor.need("approve")
    with transaction() as session:
        row = session.execute(LOCK, {"id": rule}).first()
        if row is None:
            raise NotFound(("回复规则", "rule"), rule)
        if row.digest != digest:
            words = ("规则已被修改，请重新查看", "the rule was changed meanwhile: look at it again")
            raise Conflict("reply_rule_changed", words, digest=row.digest)
        if approve and row.author_id == actor.member_id:
            words = ("不能批准自己写的规则", "you cannot approve a rule of your own")
            raise Forbidden(words, ("请另一位有审核权的成员批准", "ask another member who may approve"))
        word = "approve" if approve else "reject"
        values = {"rule": rule, "digest": digest, "word": word, "comment": comment.strip()[:LONGEST_COMMENT]}
        session.execute(WORD, values | {"member": actor.member_id})
        note(actor, f"reply_rule.{word}", f"reply_rule:{rule}", digest=digest)
    return _one(actor, rule)


def turn_rule(actor: Actor, rule: int, on: bool) -> RuleView:
    """Let a rule answer, or not for now; its words stay signed. NotFound."""
    actor.need("write")
    with transaction() as session:
        if session.execute(TURN, {"id": rule, "on": on}).first() is None:
            raise NotFound(("回复规则", "rule"), rule)
        note(actor, "reply_rule.on" if on else "reply_rule.off", f"reply_rule:{rule}")
    return _one(actor, rule)


def remove_rule(actor: Actor, rule: int) -> None:
    """It answers nobody any more; what it has said stays known. NotFound."""
    actor.need("write")
    with transaction() as session:
        if session.execute(REMOVE, {"id": rule}).first() is None:
            raise NotFound(("回复规则", "rule"), rule)
        note(actor, "reply_rule.remove", f"reply_rule:{rule}")


def _check_same_place(rule: int, judged: Judged) -> None:
    row = db.session.execute(LOCK, {"id": rule}).first()
    if row is None:
        raise NotFound(("回复规则", "rule"), rule)
    if (row.client_id, row.account_id) != (judged.client.id, judged.account.id if judged.account else None):
        words = ("规则不能改到别的客户或账号", "a rule stays with its client and account")
        raise Conflict("reply_rule_place", words, ("请新建一条规则", "write a new rule"))


def _values(actor: Actor, wish: RuleWish, judged: Judged) -> dict[str, Any]:
    return {
        "client": judged.client.id, "account": judged.account.id if judged.account else None, "name": wish.name.strip(),
        "occasion": wish.occasion, "matching": wish.matching, "words": judged.words, "priority": wish.priority,
        "says": Jsonb(judged.says), "author": actor.member_id,
    }  # fmt: skip


def _one(actor: Actor, rule: int, findings: Sequence[Finding] = ()) -> RuleView:
    return _view(actor, db.session.execute(LISTED, {"one": rule}).mappings().one(), findings)


def _view(actor: Actor, row: RowMapping, findings: Sequence[Finding] = ()) -> RuleView:
    told = {name: value for name, value in row.items() if name not in ("author_id", "word")}
    state = {"approve": "approved", "reject": "rejected"}.get(row["word"] or "", "awaiting")
    return RuleView(**told, state=state, mine=row["author_id"] == actor.member_id, findings=findings)
