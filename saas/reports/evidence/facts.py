"""The records of a campaign, in a fixed order: the same facts give the same records, whenever they are asked for.

For one client's part only what is about its own accounts is told, without figures that the agency does not show it and without
what other clients decided; notes and findings, which may name others, are counted.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import text

from saas.kernel.database import db
from saas.reports.evidence.verify import canonical
from saas.reports.shown.policy import withheld
from saas.reports.shown.service import hidden_from

Record = dict[str, Any]
AT_ONCE = 2000
CAMPAIGN = """
  SELECT c.id campaign, c.name, c.kind AS message_kind, c.marketing, m.name author, c.created_at, c.digest, c.approved_digest,
         c.version, c.revises, c.due_at, extract(epoch FROM c.max_lateness)::bigint max_lateness_seconds, c.state, c.released_at
  FROM campaigns c JOIN members m ON m.tenant_id = c.tenant_id AND m.id = c.author_id WHERE c.id = :campaign"""
CHECKS = "SELECT digest, findings, at FROM checks WHERE campaign_id = :campaign ORDER BY id"
DECISIONS = """
  SELECT a.decision, a.stage, a.kind AS stage_kind, coalesce(m.name, a.person) AS by,
         CASE WHEN a.link_id IS NULL THEN 'login' ELSE 'link' END AS way, b.name AS on_behalf_of, a.digest, a.seal, a.at, a.note
  FROM approvals a LEFT JOIN members m ON m.tenant_id = a.tenant_id AND m.id = a.member_id
  LEFT JOIN members b ON b.tenant_id = a.tenant_id AND b.id = a.on_behalf_of
  LEFT JOIN campaign_stages s ON s.tenant_id = a.tenant_id AND s.campaign_id = a.campaign_id AND s.stage = a.stage
  WHERE a.campaign_id = :campaign AND (CAST(:client AS bigint) IS NULL OR s.client_id IS NULL OR s.client_id = :client)
  ORDER BY a.id"""
OVERRIDES = """
  SELECT o.digest, o.finding, m.name AS by, o.reason, o.at FROM finding_overrides o
  JOIN members m ON m.tenant_id = o.tenant_id AND m.id = o.member_id WHERE o.campaign_id = :campaign ORDER BY o.id"""
AMENDMENTS = """
  SELECT e.dispatch_id dispatch, e.article, e.field, e.before, e.after, e.evidence, e.happened_at, m.name AS by, e.at
  FROM amendments e
  JOIN members m ON m.tenant_id = e.tenant_id AND m.id = e.member_id WHERE e.dispatch_id = ANY (:dispatches) ORDER BY e.id"""
DISPATCHES = """
  SELECT d.id dispatch, a.key account, a.name, c.name client, a.channel, a.kind account_kind, d.route, d.unit, d.message,
         d.intended, d.accepted, d.delivered, d.failed, d.skipped, d.unknown, d.awaiting, d.recalled, d.counted_by, d.code,
         d.reason
  FROM dispatches d JOIN accounts a ON a.tenant_id = d.tenant_id AND a.id = d.account_id
  JOIN clients c ON c.tenant_id = a.tenant_id AND c.id = a.client_id
  WHERE d.campaign_id = :campaign AND (CAST(:client AS bigint) IS NULL OR a.client_id = :client) ORDER BY d.id"""
DELIVERIES = """
  SELECT id delivery, dispatch_id dispatch, target, ids, people, key, state, attempts, started_at, accepted_at, ref, receipt,
         code, reason, accepted, delivered, failed, skipped, unknown, awaiting
  FROM deliveries WHERE dispatch_id = :dispatch AND target > :after ORDER BY target LIMIT :most"""
REFUSALS = """
  SELECT f.delivery_id delivery, f.target, f.code, f.reason FROM delivery_failures f JOIN deliveries e ON e.id = f.delivery_id
  WHERE e.dispatch_id = ANY (:dispatches) ORDER BY f.delivery_id, f.target"""
RECALLS = """
  SELECT r.delivery_id delivery, r.kind AS way, r.outcome, r.reason, r.tries, m.name AS by, r.asked_at, r.answered_at
  FROM recalls r JOIN deliveries e ON e.id = r.delivery_id JOIN members m ON m.tenant_id = r.tenant_id AND m.id = r.member_id
  WHERE e.dispatch_id = ANY (:dispatches) ORDER BY r.delivery_id"""
FIGURES = """
  SELECT dispatch_id dispatch, name, revision, value, source, as_of FROM figures WHERE dispatch_id = ANY (:dispatches)
  ORDER BY dispatch_id, name, revision"""
MISHAPS = """
  SELECT i.dispatch_id dispatch, i.kind AS what, i.note, m.name AS by, i.at, i.withdrawn_at FROM mishaps i
  JOIN members m ON m.tenant_id = i.tenant_id AND m.id = i.member_id WHERE i.dispatch_id = ANY (:dispatches) ORDER BY i.id"""
ACTIONS = """
  SELECT l.id line, l.at, l.actor AS by, l.action, l.subject, l.detail, l.previous AS line_before, l.hash AS line_hash
  FROM audit_log l WHERE ((l.action LIKE 'campaigns.%' OR l.action LIKE 'review.%') AND l.subject = :subject)
     OR (l.action LIKE 'deliveries.%' AND l.subject IN (
           SELECT e.id::text FROM deliveries e WHERE e.dispatch_id = ANY (:dispatches)))
  ORDER BY l.id"""


def facts(campaign: int, client: int | None) -> Iterator[Record]:
    """Everything known of one campaign; of one client's part where ``client`` is given. Reads in the running transaction."""
    yield _record("campaign", _rows(CAMPAIGN, campaign=campaign)[0])
    for row in _rows(CHECKS, campaign=campaign):
        yield _record("check", _told(row, client))
    for row in _rows(DECISIONS, campaign=campaign, client=client):
        yield _record("decision", row if client is None else _without(row, "note"))
    for row in _rows(OVERRIDES, campaign=campaign) if client is None else ():
        yield _record("override", row)
    dispatches: list[tuple[str, int]] = []
    for row in _rows(DISPATCHES, campaign=campaign, client=client):
        message = exact(row["message"])
        sha256 = hashlib.sha256(canonical(message)).hexdigest()
        if sha256 not in {known for known, _ in dispatches}:
            yield {"kind": "content", "sha256": sha256, "message": message}
        dispatches.append((sha256, row["dispatch"]))
        yield _record("dispatch", {**_without(row, "message"), "content_sha256": sha256})
    yield from _outcomes([number for _, number in dispatches], str(campaign), client)


def _outcomes(dispatches: list[int], campaign: str, client: int | None) -> Iterator[Record]:
    untold = withheld(hidden_from(client))
    yield from _deliveries(dispatches)
    kinds = {"refusal": REFUSALS, "amendment": AMENDMENTS, "recall": RECALLS, "figure": FIGURES, "incident": MISHAPS}
    for kind, query in kinds.items():
        for row in _rows(query, dispatches=dispatches):
            if kind != "figure" or row["name"] not in untold:
                yield _record(kind, row)
    for row in _rows(ACTIONS, subject=campaign, dispatches=dispatches):
        yield _record("action", row if client is None else _without(row, "detail", "by"))


def _deliveries(dispatches: list[int]) -> Iterator[Record]:
    """Account by account, by target: for that there is an index, however large the outbox."""
    for dispatch in dispatches:
        after = ""
        while rows := _rows(DELIVERIES, dispatch=dispatch, after=after, most=AT_ONCE):
            for row in rows:
                yield _record("delivery", _delivery(row))
            after = rows[-1]["target"]


def _delivery(row: Mapping[str, Any]) -> Record:
    """A batch says how many it was for and the hash of its list, not the list."""
    ids = row["ids"] or []
    batch = {"recipients": len(ids), "recipients_sha256": hashlib.sha256(canonical(ids)).hexdigest()} if ids else {}
    return {**_without(row, "ids"), **batch}


def _told(row: Mapping[str, Any], client: int | None) -> Record:
    findings = row["findings"]
    if client is None:
        return dict(row)
    tally = Counter(found["severity"] for found in findings)
    return {**_without(row, "findings"), "findings_by_severity": dict(tally)}


def _rows(query: str, **values: Any) -> list[Mapping[str, Any]]:
    return [dict(row) for row in db.session.execute(text(query), values).mappings()]


def _without(row: Mapping[str, Any], *names: str) -> Record:
    return {name: value for name, value in row.items() if name not in names}


def _record(kind: str, row: Mapping[str, Any]) -> Record:
    return {"kind": kind, **{name: exact(value) for name, value in row.items()}}


def exact(value: Any) -> Any:
    """The value as the chain writes it: instants in UTC, and no number that is not whole, for those have many spellings."""
    if isinstance(value, Mapping):
        return {str(name): exact(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [exact(one) for one in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | bool) else str(value)
