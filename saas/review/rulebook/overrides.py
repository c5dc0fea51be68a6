"""Use cases of the rule book: change a rule for the agency with a reason, lift that, list what was changed; clients' trades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from saas.channels.passage import TRADES
from saas.kernel import clock
from saas.kernel.database import db, transaction
from saas.kernel.errors import Invalid, NotFound, Words
from saas.review.compliance.ruling import Change, Ruling
from saas.review.rulebook.models import RuleOverride
from saas.review.rulebook.packs import Rule, pack_named, rules_of
from saas.tenants import audit
from saas.tenants.actor import Actor
from saas.tenants.models import Client, Member

ZONE = ZoneInfo("Asia/Shanghai")
LONGEST_REASON = 500
_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Override:
    """A change as lists show it. ``ended_at`` None and ``until`` not reached: it holds."""

    id: int
    pack: str
    rule: str
    amount: int | None
    severity: str | None
    reason: str
    by: str
    at: datetime
    until: date | None
    ended_at: datetime | None
    ended_by: str
    in_force: bool


def today() -> date:
    """The day by the calendar of the platforms."""
    return clock.now().astimezone(ZONE).date()


def ruling(day: date | None = None) -> Ruling:
    """What the agency has changed and holds on that day, today where none is given."""
    day = day or today()
    query = (
        select(RuleOverride, Member.name)
        .join(Member, Member.id == RuleOverride.member_id)
        .where(RuleOverride.ended_at.is_(None), or_(RuleOverride.until.is_(None), RuleOverride.until > day))
        .order_by(RuleOverride.id)
    )
    return Ruling(tuple(_change(row, name) for row, name in db.session.execute(query)))


def _change(row: RuleOverride, by: str) -> Change:
    on = row.at.astimezone(ZONE).date()
    return Change(row.pack, row.rule, row.reason, by, on, row.amount, row.severity)  # type: ignore[arg-type]


def list_overrides(actor: Actor) -> list[Override]:
    """What holds, then what did, the newest first."""
    actor.need("see_accounts")
    query = (
        select(RuleOverride, Member.name)
        .join(Member, Member.id == RuleOverride.member_id)
        .order_by(RuleOverride.id.desc())
        .limit(200)
    )
    names = {member.id: member.name for member in db.session.scalars(select(Member))}
    day = today()
    found = [_view(row, name, names, day) for row, name in db.session.execute(query)]
    return sorted(found, key=lambda one: not one.in_force)


def _view(row: RuleOverride, by: str, names: dict[int, str], day: date) -> Override:
    holds = row.ended_at is None and (row.until is None or day < row.until)
    ended_by = names.get(row.ended_by or 0, "")
    return Override(
        row.id, row.pack, row.rule, row.amount, row.severity, row.reason, by, row.at, row.until, row.ended_at, ended_by, holds
    )


@dataclass(frozen=True, slots=True)
class Wish:
    """What a member wants changed: one of ``amount`` and ``severity``; ``until`` the first day it no longer holds."""

    pack: str
    rule: str
    reason: str
    amount: int | None = None
    severity: str | None = None
    until: date | None = None


def override(actor: Actor, wish: Wish) -> Override:
    """Change a rule for the agency from now on; an earlier change of it ends. Invalid; Forbidden."""
    actor.need("manage_rules")
    _checked(wish)
    with transaction() as session:
        held = select(RuleOverride).where(
            RuleOverride.pack == wish.pack, RuleOverride.rule == wish.rule, RuleOverride.ended_at.is_(None)
        )
        for earlier in session.scalars(held.with_for_update()):
            earlier.ended_at, earlier.ended_by = clock.now(), actor.member_id
        session.flush()
        row = RuleOverride(
            pack=wish.pack, rule=wish.rule, amount=wish.amount, severity=wish.severity, reason=wish.reason.strip(),
            member_id=actor.member_id, until=wish.until,
        )  # fmt: skip
        session.add(row)
        session.flush()
        session.refresh(row)
        audit.note(actor, "rules.override", f"{wish.pack}:{wish.rule}", reason=row.reason, **_given(wish))
        return _view(row, actor.name, {}, today())


def _given(wish: Wish) -> dict[str, Any]:
    given = {"amount": wish.amount, "severity": wish.severity, "until": wish.until.isoformat() if wish.until else None}
    return {name: value for name, value in given.items() if value is not None}


def lift(actor: Actor, override_id: int) -> Override:
    """Let the pack's own rule hold again. NotFound where no such change holds."""
    actor.need("manage_rules")
    with transaction() as session:
        held = select(RuleOverride).where(RuleOverride.id == override_id, RuleOverride.ended_at.is_(None))
        row = session.scalar(held.with_for_update())
        if row is None:
            raise NotFound(("规则调整", "change of a rule"), override_id)
        row.ended_at, row.ended_by = clock.now(), actor.member_id
        audit.note(actor, "rules.lift", f"{row.pack}:{row.rule}")
        by = session.get_one(Member, row.member_id).name
        return _view(row, by, {actor.member_id: actor.name}, today())


def _checked(wish: Wish) -> None:
    """Invalid for what cannot be changed, with what can."""
    if not 0 < len(wish.reason.strip()) <= LONGEST_REASON:
        raise _bad(
            "reason",
            ("请写明原因（500 字以内）", "say why, in at most 500 characters"),
            ("例如：客户提供了证明文件", "e.g. the client gave proof"),
        )
    known = [rule for rule in rules_of(pack_named(wish.pack)) if rule.name == wish.rule]
    if not known:
        names = ", ".join(dict.fromkeys(rule.name for rule in rules_of(pack_named(wish.pack))))
        raise _bad(
            "rule",
            (f"规则包 {wish.pack} 里没有“{wish.rule}”", f"the pack {wish.pack} has no '{wish.rule}'"),
            (f"现有：{names}", f"there are: {names}"),
        )
    if wish.until and wish.until <= today():
        raise _bad(
            "until", ("到期日必须在今天之后", "the end must be after today"), ("换一个日期，或不填", "another date, or none")
        )
    _fits(wish, known)


def _fits(wish: Wish, known: Sequence[Rule]) -> None:
    kind = known[0].changeable
    if not kind:
        words = ("频次、速率与撤回期限不能在这里放宽", "caps, rates and windows are not changed here")
        raise _bad("rule", words, ("只能收紧：在账号设置里写 overrides", "an account may hold a stricter one in its settings"))
    if (wish.amount is None) == (wish.severity is None) or (wish.amount if kind == "amount" else wish.severity) is None:
        words = (
            ("这条规则要给出新的数值", "this rule takes an amount")
            if kind == "amount"
            else ("这条规则要给出新的级别", "this rule takes a severity")
        )
        raise _bad(kind, words, ("两者只填一个", "give one of the two"))
    if wish.amount is not None and not 0 < wish.amount <= _MOST:
        raise _bad("amount", ("数值应在 1 到 1,000,000 之间", "between 1 and 1,000,000"), ("换一个数", "another number"))
    blocking = any(rule.severity == "block" for rule in known)
    if wish.severity == "note" and blocking:
        words = ("阻止发送的规则最低只能改为“提醒”", "a rule that blocks can be lowered to a warning, no further")
        raise _bad("severity", words, ("改为 warn，由审核人决定", "make it warn, and a reviewer decides"))
    if wish.severity not in (None, "block", "warn", "note"):
        raise _bad("severity", ("级别只能是 block、warn、note", "block, warn or note"), ("改成其中之一", "one of these"))


def _bad(field: str, message: Words, remedy: Words) -> Invalid:
    return Invalid("bad_override", message, remedy, field)


def set_trades(actor: Actor, client_name: str, trades: Sequence[str]) -> tuple[str, ...]:
    """Say in which trades a client is; the lists of these bind it from now on. NotFound; Invalid; Forbidden."""
    actor.need("manage_rules")
    if strange := [trade for trade in trades if trade not in TRADES]:
        known = ", ".join(TRADES)
        raise Invalid(
            "unknown_trade",
            (f"没有行业“{strange[0]}”", f"there is no trade '{strange[0]}'"),
            (f"可选：{known}", f"there are: {known}"),
            "trades",
        )
    with transaction() as session:
        client = session.scalar(select(Client).where(Client.name == client_name).with_for_update())
        if client is None:
            raise NotFound(("客户", "client"), client_name)
        kept = tuple(trade for trade in TRADES if trade in trades)
        client.settings = {**client.settings, "trades": list(kept)}
        audit.note(actor, "rules.trades", client_name, trades=list(kept))
        return kept


def trades_of(client: Client) -> frozenset[str]:
    """The trades of a client; none when nobody has told."""
    return frozenset(trade for trade in client.settings.get("trades", ()) if trade in TRADES)
