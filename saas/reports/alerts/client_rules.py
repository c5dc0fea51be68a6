"""Alert rules of one client as the agency keeps them: made, listed, ended; a rule is never changed, what it told stays known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text

from saas.kernel import clock
from saas.kernel.database import db, transaction
from saas.kernel.errors import Invalid, NotFound, Words
from saas.reports.alerts.kinds import ALL, KINDS, Kind, Rule
from saas.reports.alerts.ruling import check_rule, quiet_words, read_quiet
from saas.tenants import audit
from saas.tenants.actor import Actor

FOR_CLIENTS: Final[dict[str, Kind]] = {kind.name: kind for kind in ALL if not kind.by_name and kind.name != "reminder"}
"""The kinds a client can have a rule of: reports and reminders go to whom they name anyway."""
MOST: Final = 100
NO_RULE: Words = ("客户规则", "rule of a client")
LIST = text("""
  SELECT r.id, r.kind, r.client_id, k.name AS client, r.threshold, r.members,
    r.destinations, r.quiet_from, r.quiet_until, r.window_minutes AS window, r.tell_end, r.instead, m.name AS by, r.at,
    ARRAY(SELECT a.key FROM accounts a WHERE a.id = ANY (r.accounts) ORDER BY a.key) AS accounts,
    ARRAY(SELECT p.name FROM members p WHERE p.id = ANY (r.members) ORDER BY p.name) AS people,
    ARRAY(SELECT d.name FROM alert_destinations d WHERE d.id = ANY (r.destinations) ORDER BY d.name) AS places
  FROM alert_client_rules r JOIN members m ON m.id = r.member_id JOIN clients k ON k.id = r.client_id
  WHERE r.ended_at IS NULL ORDER BY k.name, r.kind, r.id""")
ADD = text("""
  INSERT INTO alert_client_rules (kind, client_id, accounts, threshold, members, destinations, quiet_from, quiet_until,
    window_minutes, tell_end, instead, member_id)
  VALUES (:kind, :client, CAST(:accounts AS bigint[]), :threshold, CAST(:members AS bigint[]), CAST(:destinations AS bigint[]),
    :quiet_from, :quiet_until, :window, :tell_end, :instead, :by) RETURNING id""")
END = text("UPDATE alert_client_rules SET ended_at = :now WHERE id = :id AND ended_at IS NULL RETURNING id")


@dataclass(frozen=True, slots=True)
class Wish:
    """A rule as somebody asks for it. ``accounts`` by key, none: all of the client's; ``threshold``, ``window`` and ``quiet``
    (``22:00-08:00``, empty for none) None: as the kind begins with."""

    kind: str
    client_id: int
    accounts: Sequence[str] = ()
    members: Sequence[int] = ()
    destinations: Sequence[int] = ()
    threshold: float | None = None
    quiet: str | None = None
    window: int | None = None
    tell_end: bool = False
    instead: bool = False


@dataclass(frozen=True, slots=True)
class ClientRuleView:
    """A rule as members see it: ``accounts`` by key, none: all of the client's."""

    id: int
    kind: str
    title: Words
    unit: Words
    client_id: int
    client: str
    accounts: list[str]
    threshold: float
    members: list[int]
    destinations: list[int]
    people: list[str]
    places: list[str]
    quiet: str
    window: int
    tell_end: bool
    instead: bool
    by: str
    at: datetime


def list_client_rules(actor: Actor) -> list[ClientRuleView]:
    """Those that stand, by client."""
    actor.need("see_accounts")
    return [_view(dict(row)) for row in db.session.execute(LIST).mappings() if row["kind"] in KINDS]


def add_client_rule(actor: Actor, wish: Wish) -> ClientRuleView:
    """From now on this is looked for as well, or instead of the agency's own. NotFound, Invalid, Forbidden."""
    actor.need("manage_rules")
    if wish.kind not in FOR_CLIENTS:
        raise NotFound(("客户可用的告警规则", "alert rule for a client"), wish.kind)
    rule = _rule(wish)
    check_rule(wish.kind, rule)
    if not wish.members and not wish.destinations:
        words = ("没有写通知谁", "nobody would be told")
        raise Invalid("nobody_told", words, ("选择成员或去处", "name members or destinations"), "members")
    accounts = _check_whom(wish)
    begins, ends = rule.quiet or (None, None)
    values: dict[str, Any] = {"kind": wish.kind, "client": wish.client_id, "accounts": accounts or None, "by": actor.member_id}
    values |= {"members": sorted(set(wish.members)), "destinations": sorted(set(wish.destinations)), "instead": wish.instead}
    values |= {"quiet_from": begins, "quiet_until": ends, "window": rule.window, "tell_end": rule.tell_end}
    with transaction() as session:
        made = int(session.execute(ADD, values | {"threshold": rule.threshold}).scalar_one())
        facts = {name: values[name] for name in ("kind", "client", "accounts", "members", "destinations", "instead")}
        audit.note(actor, "alerts.client_rule", f"rule:{made}", threshold=rule.threshold, **facts)
    return next(one for one in list_client_rules(actor) if one.id == made)


def end_client_rule(actor: Actor, rule_id: int) -> None:
    """It is looked for no more; what only it had noticed is closed and nobody is told of an end. NotFound."""
    actor.need("manage_rules")
    with transaction() as session:
        if session.execute(END, {"now": clock.now(), "id": rule_id}).first() is None:
            raise NotFound(NO_RULE, rule_id)
        audit.note(actor, "alerts.client_rule_ended", f"rule:{rule_id}")


def _rule(wish: Wish) -> Rule:
    usual = KINDS[wish.kind].usual
    threshold = usual.threshold if wish.threshold is None else wish.threshold
    quiet = usual.quiet if wish.quiet is None else read_quiet(wish.quiet)
    window = usual.window if wish.window is None else wish.window
    return Rule(True, threshold, (), quiet, window, wish.tell_end and bool(KINDS[wish.kind].ends[0]), tuple(wish.destinations))


def _view(row: dict[str, Any]) -> ClientRuleView:
    begins, ends = row.pop("quiet_from"), row.pop("quiet_until")
    kind = KINDS[row["kind"]]
    quiet = quiet_words(None if begins is None else (begins, ends))
    return ClientRuleView(**{**row, "threshold": float(row["threshold"])}, title=kind.title, unit=kind.unit, quiet=quiet)


def _check_whom(wish: Wish) -> list[int]:
    """The accounts' numbers, once client, accounts, members and destinations are there and theirs."""
    session = db.session
    if not session.scalar(text("SELECT 1 FROM clients WHERE id = :id"), {"id": wish.client_id}):
        raise NotFound(("客户", "client"), wish.client_id)
    query = text("SELECT key, id FROM accounts WHERE client_id = :client AND key = ANY (:keys)")
    accounts = {row.key: int(row.id) for row in session.execute(query, {"client": wish.client_id, "keys": list(wish.accounts)})}
    people = text("SELECT id FROM members WHERE id = ANY (:ids) AND disabled_at IS NULL AND client_id IS NULL")
    places = text("SELECT id FROM alert_destinations WHERE id = ANY (:ids) AND removed_at IS NULL")
    staff = set(session.scalars(people, {"ids": list(wish.members)}))
    known = set(session.scalars(places, {"ids": list(wish.destinations)}))
    if unknown := set(wish.accounts) - set(accounts):
        raise NotFound(("账号", "account"), min(unknown))
    if strangers := set(wish.members) - staff:
        raise NotFound(("成员", "member"), min(strangers))
    if gone := set(wish.destinations) - known:
        raise NotFound(("告警去处", "destination"), min(gone))
    if (session.scalar(text("SELECT count(*) FROM alert_client_rules WHERE ended_at IS NULL")) or 0) >= MOST:
        words = (f"最多 {MOST} 条客户规则", f"{MOST} rules of clients at most")
        raise Invalid("too_many", words, ("先停用一条", "end one first"), "kind")
    return sorted(accounts.values())
