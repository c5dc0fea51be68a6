"""One look at an agency: what is new is opened, what is over is closed, and whoever is to hear of it gets a line in the outbox.

All in the caller's transaction. Two lines never say the same to one recipient: the database refuses the second.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from saas.reports.alerts.finding import Found, find
from saas.reports.alerts.kinds import ALL, KINDS, Kind, Rule
from saas.reports.alerts.pacing import END_HOLDS, LEAD
from saas.reports.alerts.scoping import AGENCY, ClientRule, client_rules_of, noticed

LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('alerts', tenant()))"
BACK = """
  UPDATE alerts a SET closed_at = NULL, closed_for = ''
  WHERE a.kind = %(kind)s AND a.subject = ANY (%(subjects)s) AND NOT a.is_event
    AND a.id = (SELECT max(b.id) FROM alerts b WHERE b.kind = a.kind AND b.subject = a.subject)
    AND a.closed_at > %(now)s - %(window)s * interval '1 minute'
    AND NOT EXISTS (SELECT 1 FROM alert_notices n WHERE n.alert_id = a.id AND n.what = 'close'
      AND n.state IN ('trying', 'told', 'perhaps'))
  RETURNING a.id"""
UNSAY = """
  UPDATE alert_notices SET state = 'dropped' WHERE alert_id = ANY (%s) AND what = 'close' AND state IN ('due', 'held')"""
OPEN = """
  INSERT INTO alerts (kind, subject, is_event, client_id, account_id, campaign_id, facts, since, opened_at, rules)
  SELECT %(kind)s, f.subject, %(event)s, f.client_id, f.account_id, f.campaign_id, f.facts, f.since, %(now)s, f.rules
  FROM jsonb_to_recordset(%(found)s::jsonb) AS f(subject text, since timestamptz, client_id bigint, account_id bigint,
    campaign_id bigint, facts jsonb, rules bigint[]) ON CONFLICT DO NOTHING"""
KEEP_UP = """
  UPDATE alerts a SET facts = f.facts, rules = ARRAY(SELECT DISTINCT unnest(a.rules || f.rules) ORDER BY 1)
  FROM jsonb_to_recordset(%(found)s::jsonb) AS f(subject text, facts jsonb, rules bigint[])
  WHERE a.kind = %(kind)s AND a.subject = f.subject AND a.closed_at IS NULL AND (a.facts <> f.facts OR NOT a.rules @> f.rules)"""
CLOSE = """
  UPDATE alerts a SET closed_at = %(now)s, closed_for = CASE WHEN a.rules && %(live)s::bigint[] THEN %(why)s ELSE 'off' END
  WHERE kind = %(kind)s AND closed_at IS NULL AND subject <> ALL (%(subjects)s)
    AND (%(why)s <> 'over' OR NOT a.rules && %(live)s::bigint[] OR opened_at < %(now)s - interval '2 days')"""
TELL = """
  INSERT INTO alert_notices (alert_id, what, member_id, destination_id, guest_id, rule_id, next_try)
  SELECT a.id, 'open', r.member_id, r.destination_id, r.guest_id, %(rule)s, %(at)s FROM alerts a CROSS JOIN LATERAL (
      SELECT m.id AS member_id, NULL::bigint AS destination_id, NULL::bigint AS guest_id
      FROM members m WHERE %(mail)s AND m.disabled_at IS NULL AND
        CASE WHEN %(members)s::bigint[] IS NOT NULL THEN m.client_id IS NULL AND m.id = ANY (%(members)s::bigint[])
          WHEN %(signers)s
          THEN a.facts -> 'signers' @> to_jsonb(m.id) AND (m.client_id IS NULL OR m.client_id = a.client_id)
          ELSE m.client_id IS NULL AND m.role = ANY (%(roles)s) END
      UNION ALL SELECT NULL, d.id, NULL FROM alert_destinations d
      WHERE d.removed_at IS NULL AND d.at <= a.opened_at AND CASE WHEN a.facts ? 'destinations'
        THEN a.facts -> 'destinations' @> to_jsonb(d.id)
        ELSE d.id = ANY (coalesce(%(destinations)s::bigint[], CASE WHEN NOT d.named_only THEN ARRAY[d.id] END)) END
      UNION ALL SELECT NULL, NULL, g.id FROM report_guests g
      WHERE %(mail)s AND a.facts -> 'guests' @> to_jsonb(g.id) AND g.stopped_at IS NULL AND g.removed_at IS NULL) r
  WHERE a.kind = %(kind)s AND a.closed_at IS NULL AND a.opened_at > %(now)s - interval '7 days'
    AND a.rules @> ARRAY[%(rule)s::bigint]
    AND (NOT %(silences)s OR NOT is_silenced(a, %(now)s))
    AND NOT EXISTS (SELECT 1 FROM alert_notices n WHERE n.alert_id = a.id AND n.what = 'open'
      AND (n.member_id = r.member_id OR n.destination_id = r.destination_id OR n.guest_id = r.guest_id))
  ON CONFLICT DO NOTHING"""
TELL_END = """
  INSERT INTO alert_notices (alert_id, what, member_id, destination_id, rule_id, next_try)
  SELECT a.id, 'close', n.member_id, n.destination_id, n.rule_id, %(at)s
  FROM alerts a JOIN alert_notices n ON n.alert_id = a.id AND n.what = 'open' AND n.state IN ('told', 'perhaps')
    AND n.rule_id = %(rule)s
  WHERE a.kind = %(kind)s AND a.closed_for = 'resolved' AND a.closed_at > %(now)s - interval '1 day'
  ON CONFLICT DO NOTHING"""
NOT_ANY_MORE = """
  UPDATE alert_notices n SET state = 'dropped' FROM alerts a
  WHERE a.id = n.alert_id AND n.what = 'open' AND n.state IN ('due', 'held') AND n.key = ''
    AND a.closed_for IN ('resolved', 'off')"""
HOLD = """
  UPDATE alert_notices n SET state = 'held' FROM alerts a
  WHERE a.id = n.alert_id AND n.state = 'due' AND n.key = '' AND is_silenced(a, %(now)s)"""
LET_GO = """
  UPDATE alert_notices n SET state = 'due', next_try = %(now)s FROM alerts a
  WHERE a.id = n.alert_id AND n.state = 'held' AND NOT is_silenced(a, %(now)s)"""
STANDING = """
  SELECT (SELECT array_agg(DISTINCT kind) FROM alerts WHERE closed_at IS NULL OR closed_at > %(now)s - interval '1 day'),
    EXISTS (SELECT 1 FROM alert_notices WHERE state IN ('due', 'held')),
    EXISTS (SELECT 1 FROM alert_silences WHERE ended_at IS NULL AND until_at > %(now)s)"""
RULES = "SELECT kind, is_on, threshold, roles, destinations, quiet_from, quiet_until, window_minutes, tell_end FROM alert_rules"

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is at a look: kinds with alerts, whether lines wait in the outbox, whether anything is silenced."""

    kinds: set[str]
    outbox: bool
    silences: bool


def look(connection: Connection, kinds: Sequence[Kind], now: datetime, mail: bool) -> bool:
    """Look for these kinds. ``mail``: whether e-mail can be sent at all. False: another process is looking at this agency."""
    taken = connection.execute(LOCK).fetchone()
    if not taken or not taken[0]:
        return False
    rules, of_clients, standing = rules_of(connection), client_rules_of(connection), _standing(connection, now)
    for kind in kinds:
        mine = [one for one in of_clients if one.kind == kind.name]
        _look_for(connection, kind, rules[kind.name], mine, now, standing)
        _tell_of(connection, kind, rules[kind.name], mine, now, standing, mail)
    _sort_out(connection, now, standing)
    return True


def _standing(connection: Connection, now: datetime) -> Standing:
    kinds, outbox, silences = connection.execute(STANDING, {"now": now}).fetchone() or (None, False, False)
    return Standing(set(kinds or ()), outbox, silences)


def _sort_out(connection: Connection, now: datetime, standing: Standing) -> None:
    """Lines nobody needs any more, lines that are silenced, lines that are not any more; only where there are any."""
    if standing.outbox:
        connection.execute(NOT_ANY_MORE)
        connection.execute(LET_GO, {"now": now})
        if standing.silences:
            connection.execute(HOLD, {"now": now})


def rules_of(connection: Connection) -> dict[str, Rule]:
    """Every kind's rule: the agency's own, or the one it began with."""
    with connection.cursor(row_factory=dict_row) as cursor:
        own = {row["kind"]: rule_of(row) for row in cursor.execute(RULES).fetchall()}
    return {kind.name: own.get(kind.name, kind.usual) for kind in ALL}


def rule_of(row: Mapping[str, Any]) -> Rule:
    """A rule from its line."""
    quiet = None if row["quiet_from"] is None else (int(row["quiet_from"]), int(row["quiet_until"]))
    chosen = None if row["destinations"] is None else tuple(row["destinations"])
    return Rule(row["is_on"], float(row["threshold"]), tuple(row["roles"]), quiet, row["window_minutes"], row["tell_end"], chosen)


def _look_for(
    connection: Connection, kind: Kind, own: Rule, rules: Sequence[ClientRule], now: datetime, standing: Standing
) -> None:
    found = noticed(own, rules, lambda threshold: find(connection, kind, threshold, now))
    why = "over" if kind.event and not kind.for_signers else "resolved"
    told = {"kind": kind.name, "now": now, "subjects": [one.subject for one in found], "window": own.window, "why": why}
    told |= {"found": _as_json(found), "event": kind.event, "live": [rule.id for rule in rules] + [AGENCY] * own.is_on}
    if kind.name in standing.kinds:
        connection.execute(CLOSE, told)
    if found:
        if back := [row[0] for row in connection.execute(BACK, told).fetchall()]:
            connection.execute(UNSAY, (back,))
        connection.execute(OPEN, told)
        connection.execute(KEEP_UP, told)
        standing.kinds.add(kind.name)


def _tell_of(
    connection: Connection, kind: Kind, own: Rule, rules: Sequence[ClientRule], now: datetime, standing: Standing, mail: bool
) -> None:
    """A client's rules first: whom one names hears by its hours, and is not told again by the agency's."""
    if kind.name not in standing.kinds:
        return
    told = {"kind": kind.name, "now": now, "silences": standing.silences, "mail": mail, "signers": kind.told_by_facts}
    hearing: list[tuple[int, Rule, list[int] | None]] = [(one.id, one.rule, list(one.members)) for one in rules]
    for number, rule, members in [*hearing, (AGENCY, own, None)] if own.is_on else hearing:
        chosen = None if rule.destinations is None else list(rule.destinations)
        whom = {"rule": number, "members": members, "destinations": chosen, "roles": list(rule.roles)}
        connection.execute(TELL, told | whom | {"at": now + LEAD})
        if rule.tell_end and kind.ends[0]:
            connection.execute(TELL_END, told | whom | {"at": now + END_HOLDS})


def _as_json(found: Sequence[Found]) -> str:
    return json.dumps([asdict(one) for one in found], default=_plain, ensure_ascii=False)


def _plain(value: object) -> Any:
    return value.isoformat() if isinstance(value, datetime) else float(value)  # type: ignore[arg-type]


def kinds_due(seen: Mapping[str, float], at: float) -> list[Kind]:
    """The kinds whose time to look has come, by when each was looked for last."""
    return [kind for kind in KINDS.values() if at - seen.get(kind.name, float("-inf")) >= kind.every]
