"""What is to be noticed now, one question a kind. Each answers subject, since, whose it is, and the facts its text is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString

import psycopg
from psycopg.rows import dict_row

from saas.reports.alerts.kinds import Kind
from saas.reports.alerts.unusual import AGE_HOURS, LAST, Unusual, unusual
from saas.reports.ordered import Due, due_now

PARTS: Final[dict[LiteralString, LiteralString]] = {
    "<facts>": "'campaign', c.name, 'account', a.name, 'key', a.key, 'client', k.name, 'unit', d.unit",
    "<whose>": "a.client_id, a.id AS account_id, c.id AS campaign_id",
    "<sends>": """campaigns c JOIN dispatches d ON d.campaign_id = c.id JOIN accounts a ON a.id = d.account_id
    JOIN clients k ON k.id = a.client_id""",
    "<joined>": """JOIN campaigns c ON c.id = d.campaign_id JOIN accounts a ON a.id = d.account_id
    JOIN clients k ON k.id = a.client_id""",
    "<signers>": """'signers', (SELECT coalesce(jsonb_agg(m.id ORDER BY m.id), '[]') FROM members m
      WHERE m.disabled_at IS NULL AND may_sign(o, m.id) AND NOT is_author(c, m.id))""",
    "<by>": "open_since(c, o) + o.hours * interval '1 hour'",
    "<settled>": """p.unit = 'person' AND p.open_rows = 0 AND p.unknown = 0 AND p.awaiting = 0 AND p.code = ''
      AND p.delivered > 0 AND p.delivered + p.failed + p.skipped = p.intended""",
}
ASKED: Final[dict[str, LiteralString]] = {
    "account": """
  SELECT 'account:' || a.id AS subject, coalesce(a.checked_at, a.created_at) AS since, a.client_id, a.id AS account_id,
    NULL::bigint AS campaign_id,
    jsonb_build_object('account', a.name, 'key', a.key, 'client', k.name, 'status', a.status, 'trouble', a.trouble) AS facts
  FROM accounts a JOIN clients k ON k.id = a.client_id WHERE a.status <> 'active' ORDER BY a.id LIMIT 1000""",
    "stop": """
  SELECT 'stop:' || s.id AS subject, s.at AS since, s.client_id, s.account_id, NULL::bigint AS campaign_id,
    jsonb_build_object('scope', s.scope, 'name', s.subject, 'reason', s.reason,
      'by', coalesce(m.name, '系统 / the system')) AS facts
  FROM stops s LEFT JOIN members m ON m.id = s.member_id
  WHERE s.lifted_at IS NULL AND s.at <= %(now)s - %(threshold)s * interval '1 minute' ORDER BY s.id LIMIT 1000""",
    "failed": """
  SELECT 'failed:' || d.id AS subject, greatest(c.due_at, c.released_at) AS since, <whose>,
    jsonb_build_object(<facts>, 'count', d.failed, 'of', d.intended, 'reason', d.reason) AS facts
  FROM <sends> WHERE c.released_at IS NOT NULL AND c.due_at > %(now)s - interval '2 days'
    AND d.failed > 0 AND d.failed * 100.0 >= %(threshold)s * d.intended ORDER BY d.id LIMIT 1000""",
    "missed": """
  SELECT 'missed:' || d.id AS subject, c.due_at + c.max_lateness AS since, <whose>,
    jsonb_build_object(<facts>, 'count', d.skipped, 'of', d.intended, 'reason', d.reason) AS facts
  FROM <sends> WHERE c.released_at IS NOT NULL AND c.due_at > %(now)s - interval '2 days'
    AND d.code = 'missed' AND d.skipped >= greatest(%(threshold)s, 1) ORDER BY d.id LIMIT 1000""",
    "unknown": """
  SELECT 'unknown:' || d.id AS subject, u.since, <whose>,
    jsonb_build_object(<facts>, 'count', u.people, 'of', d.intended) AS facts
  FROM (SELECT e.dispatch_id, sum(e.unknown) AS people, min(coalesce(e.accepted_at, e.started_at, e.due_at)) AS since
        FROM deliveries e WHERE e.unknown > 0 GROUP BY 1) u
  JOIN dispatches d ON d.id = u.dispatch_id <joined>
  WHERE u.since <= %(now)s - %(threshold)s * interval '1 minute' ORDER BY d.id LIMIT 1000""",
    "waiting": """
  SELECT 'waiting:' || d.id AS subject, coalesce(u.since, c.released_at, c.due_at) AS since, <whose>,
    jsonb_build_object(<facts>, 'count', u.people, 'of', d.intended, 'until', u.until) AS facts
  FROM dispatches d CROSS JOIN LATERAL (
    SELECT sum(e.awaiting) AS people, min(e.accepted_at) AS since, min(e.awaiting_until) AS until FROM deliveries e
    WHERE e.dispatch_id = d.id AND e.state = 'awaiting'
      AND e.awaiting_until <= %(now)s + %(threshold)s * interval '1 hour') u <joined>
  WHERE d.awaiting > 0 AND u.until IS NOT NULL ORDER BY d.id LIMIT 1000""",
    "review": """
  SELECT 'review:' || c.id || ':' || o.stage AS subject, open_since(c, o) AS since, o.client_id, NULL::bigint AS account_id,
    c.id AS campaign_id,
    jsonb_build_object('campaign', c.name, 'stage', o.kind, 'client', coalesce(k.name, ''), 'until', <by>, <signers>) AS facts
  FROM (SELECT n.id FROM campaigns n WHERE n.state = 'awaiting_approval' AND n.due_at + n.max_lateness > %(now)s
        ORDER BY n.id DESC LIMIT 300) n
  JOIN campaigns c ON c.id = n.id CROSS JOIN LATERAL open_stages(c) o LEFT JOIN clients k ON k.id = o.client_id
  WHERE <by> <= %(now)s + %(threshold)s * interval '1 hour' ORDER BY c.id, o.stage""",
    "reminder": """
  SELECT 'reminder:' || r.id AS subject, r.at AS since, o.client_id, NULL::bigint AS account_id, c.id AS campaign_id,
    jsonb_build_object('campaign', c.name, 'stage', o.kind, 'client', coalesce(k.name, ''), 'by', coalesce(w.name, ''),
      'until', <by>, <signers>) AS facts
  FROM (SELECT * FROM review_reminders ORDER BY id DESC LIMIT 300) r JOIN campaigns c ON c.id = r.campaign_id
  CROSS JOIN LATERAL open_stages(c) o LEFT JOIN clients k ON k.id = o.client_id LEFT JOIN members w ON w.id = r.member_id
  WHERE r.at > %(now)s - interval '1 day' AND o.stage = r.stage AND c.state = 'awaiting_approval' ORDER BY r.id""",
    "invitation": """
  SELECT 'guest:' || g.id AS subject, g.asked_at AS since, o.client_id, NULL::bigint AS account_id, NULL::bigint AS campaign_id,
    jsonb_build_object('order', o.id, 'period', o.period, 'client', k.name, 'whose', o.client_id, 'until', g.expires_at,
      'guests', jsonb_build_array(g.id), 'signers', '[]'::jsonb, 'destinations', '[]'::jsonb) AS facts
  FROM report_guests g JOIN report_orders o ON o.id = g.order_id JOIN clients k ON k.id = o.client_id
  WHERE g.confirmed_at IS NULL AND g.stopped_at IS NULL AND g.removed_at IS NULL AND o.ended_at IS NULL
    AND g.expires_at > %(now)s AND g.asked_at > %(now)s - interval '2 days' ORDER BY g.id LIMIT 1000""",
    "quota": """
  SELECT 'quota:' || a.id || ':' || w.rule AS subject, %(now)s::timestamptz AS since, a.client_id, a.id AS account_id,
    NULL::bigint AS campaign_id,
    jsonb_build_object('account', a.name, 'key', a.key, 'client', k.name, 'channel', a.channel, 'kind', a.kind,
      'rule', w.rule, 'count', w.taken, 'of', w.cap, 'until', w.ends_at) AS facts
  FROM (SELECT q.account_id, q.rule, sum(q.used + q.reserved + q.external) AS taken, max(q.cap) AS cap, max(q.ends_at) AS ends_at
        FROM quota_windows q WHERE q.subject = '' AND q.ends_at > %(now)s AND q.starts_at <= %(now)s
          AND q.ends_at - q.starts_at >= interval '12 hours' GROUP BY 1, 2) w
  JOIN accounts a ON a.id = w.account_id JOIN clients k ON k.id = a.client_id
  WHERE w.cap > 1 AND w.taken * 100.0 >= %(threshold)s * w.cap ORDER BY a.id, w.rule LIMIT 1000""",
    "figure": """
  SELECT d.id, c.due_at AS since, <whose>, c.name AS campaign, a.name AS account, a.key, k.name AS client, d.rate,
    (SELECT array_agg(x.rate) FROM (
       SELECT <rate> AS rate FROM dispatches p JOIN campaigns c ON c.id = p.campaign_id
       WHERE p.account_id = d.account_id AND p.id < d.id AND c.released_at IS NOT NULL AND <settled>
       ORDER BY p.id DESC LIMIT %(last)s) x WHERE x.rate IS NOT NULL) AS history
  FROM campaigns c JOIN LATERAL (
    SELECT p.id, p.account_id, <rate> AS rate FROM dispatches p WHERE p.campaign_id = c.id AND <settled>) d ON d.rate IS NOT NULL
  JOIN accounts a ON a.id = d.account_id JOIN clients k ON k.id = a.client_id
  WHERE c.released_at IS NOT NULL AND c.due_at > %(now)s - %(from)s::interval AND c.due_at <= %(now)s - %(to)s::interval
  ORDER BY d.id LIMIT 1000""",
}
RATES: Final[dict[str, LiteralString]] = {
    "open": """(SELECT f.value FROM figures f WHERE f.dispatch_id = p.id AND f.name = 'opened'
      ORDER BY f.as_of <= c.due_at + %(age)s::interval DESC,
        CASE WHEN f.as_of <= c.due_at + %(age)s::interval THEN -f.revision ELSE f.revision END LIMIT 1)::float8 / p.delivered""",
    "delivery": "p.delivered::float8 / p.intended",
}
"""How each rate is reckoned. A send whose base is not known has none. An open rate is the one that was known at its age, or the
first that came after, where nothing was known by then."""
AGES: Final = {"open": AGE_HOURS, "delivery": 0}
RIPE_HOURS: Final = 12
"""A send is judged when it is old enough, and for so long after, should nobody have looked."""


def _whole(query: LiteralString) -> LiteralString:
    for name, part in PARTS.items():
        query = query.replace(name, part)
    return query


FOUND: Final = {kind: _whole(query) for kind, query in ASKED.items()}


@dataclass(frozen=True, slots=True)
class Found:
    """One thing to notice, and by which rules (0: the agency's own)."""

    subject: str
    since: datetime
    client_id: int | None
    account_id: int | None
    campaign_id: int | None
    facts: dict[str, Any]
    rules: tuple[int, ...] = (0,)


def find(connection: psycopg.Connection[Any], kind: Kind, threshold: float, now: datetime) -> list[Found]:
    """Everything of a kind that stands or happened lately, in the tenant's transaction that is open."""
    if kind.name == "report":
        return [_report(one) for one in due_now(connection, now)]
    if kind.name == "figure":
        return [one for rate in RATES for one in _unusual(connection, rate, threshold, now)]
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(FOUND[kind.name], {"now": now, "threshold": threshold}).fetchall()
    return [Found(**row) for row in rows]


def _unusual(connection: psycopg.Connection[Any], rate: str, threshold: float, now: datetime) -> list[Found]:
    age = AGES[rate]
    values = {"now": now, "last": LAST, "age": f"{age} hours", "to": f"{age} hours", "from": f"{age + RIPE_HOURS} hours"}
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(FOUND["figure"].replace("<rate>", RATES[rate]), values).fetchall()
    judged = [(row, unusual(row["rate"], row["history"] or (), threshold)) for row in rows]
    return [_told(rate, row, found) for row, found in judged if found]


def _report(one: Due) -> Found:
    facts = {"order": one.order, "period": one.period, "client": one.subject, "days": one.link_days}
    facts |= {
        "signers": list(one.members),
        "destinations": list(one.destinations),
        "guests": list(one.guests),
        "whose": one.client_id,
    }
    return Found(f"report:{one.order}:{one.period}", one.since, one.client_id, None, None, facts)


def _told(rate: str, row: dict[str, Any], found: Unusual) -> Found:
    facts = {name: row[name] for name in ("campaign", "account", "key", "client")}
    numbers = {"value": round(found.value, 4), "median": round(found.median, 4), "z": round(found.z, 1), "n": found.n}
    whose = (row["client_id"], row["account_id"], row["campaign_id"])
    return Found(f"{rate}:{row['id']}", row["since"], *whose, {**facts, **numbers, "rate": rate})
