"""Comparing what the database says, what the ledger says and what the platforms let happen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from saas.accounts.channels import registry
from saas.channels.platform import Account
from saas.delivery.quota_verify import verify
from saas.kernel.database import tenant_scope
from saas.ops.faults.books import BALANCES
from saas.ops.faults.cast import Agency
from saas.ops.faults.report import Report
from saas.ops.faults.traces import TAKEN_ON, Trace, of_delivery, of_effect, reached, taken_on
from saas.ops.running import Running
from saas.tenants.service import member_by_email

Row = dict[str, Any]
Effects = Sequence[Mapping[str, Any]]
ROWS = """
  SELECT e.id, e.key, e.target, e.form, e.ids, e.state, e.people, e.accepted, e.delivered, e.attempts, e.crashes, e.code,
    e.reason, e.due_at < now() - interval '20 seconds' AS overdue, d.repeat_by, d.route, d.stopped_at, c.state AS campaign_state,
    c.name AS mark, a.key AS account, a.channel, a.kind
  FROM deliveries e JOIN dispatches d ON d.id = e.dispatch_id JOIN campaigns c ON c.id = e.campaign_id
  JOIN accounts a ON a.id = e.account_id ORDER BY e.id"""
RELEASED = "c.state = 'released' AND d.stopped_at IS NULL"
UNSETTLED = f"""
  SELECT (SELECT count(*) FROM deliveries e JOIN dispatches d ON d.id = e.dispatch_id JOIN campaigns c ON c.id = d.campaign_id
          WHERE e.state = 'sending' OR (e.state = 'due' AND e.due_at < now() + interval '1 minute' AND {RELEASED})
             OR (e.state = 'unknown' AND e.poll_at IS NOT NULL) OR e.poll_at < now() + interval '20 seconds')
       + (SELECT count(*) FROM callback_inbox WHERE due_at IS NOT NULL AND tries < 4)
       + (SELECT count(*) FROM leases WHERE closed_at IS NULL) AS n"""  # noqa: S608 - a constant
ACCOUNTS = "SELECT id, key, channel, kind, name, settings, zone FROM accounts"
OUT = ("sent", "partly_sent", "accepted", "awaiting", "recalled")
UNSEEN = ("due", "failed", "skipped", "missed", "cancelled")
SET_ASIDE, MOST_REPEATS = 3, 6


@contextmanager
def _as_tenant(running: Running, agency: Agency) -> Iterator[psycopg.Connection[Row]]:
    with psycopg.connect(running.database_url, row_factory=dict_row, options="-c timezone=UTC") as connection:
        connection.execute("SELECT set_config('qunfa.tenant', %s, false)", (str(agency.id),))
        yield connection


def unsettled(agencies: Iterable[Agency], running: Running) -> int:
    """How much is still under way in all agencies."""
    total = 0
    for agency in agencies:
        with _as_tenant(running, agency) as connection:
            row = connection.execute(UNSETTLED).fetchone()
            total += int(row["n"]) if row else 0
    return total


def audit(report: Report, agencies: Iterable[Agency], effects: Effects, running: Running) -> None:
    """Compare everything; each fault goes into the report. Inside an application context."""
    rows: list[Row] = []
    accounts: dict[str, Account] = {}
    for agency in agencies:
        with _as_tenant(running, agency) as connection:
            rows += connection.execute(ROWS).fetchall()
            _balances(report, agency, connection)
            for one in connection.execute(ACCOUNTS).fetchall():
                accounts[one["key"]] = Account(**one)
        _ledger(report, agency)
    by_trace = {of_delivery(row): row for row in rows}
    report.deliveries, report.effects = len(rows), sum(effect["kind"] in TAKEN_ON for effect in effects)
    report.states.update(f"{row['channel']} {row['state']}" for row in rows)
    _effects(report, by_trace, taken_on(effects), reached(effects))
    _by_hand(report, by_trace, effects)
    _caps(report, by_trace, accounts, effects)
    for row in rows:
        _ends(report, row)


def _balances(report: Report, agency: Agency, connection: psycopg.Connection[Row]) -> None:
    for what, question in BALANCES.items():
        for row in connection.execute(question).fetchall():
            report.found("unbalanced", f"{agency.slug}: {what}: {row}")


def _ledger(report: Report, agency: Agency) -> None:
    """The product's own verification, as ``quota verify`` has it."""
    with tenant_scope(agency.id):
        for found in verify(member_by_email(f"owner@{agency.slug}.example")).differences:
            report.found("unbalanced", f"{found}")


def _effects(report: Report, by_trace: Mapping[Trace, Row], seen: Counter[Trace], people: Counter[Trace]) -> None:
    """At most one effect a delivery, none without one; a state that claims one has it, a state that denies it has none."""
    for trace, times in seen.items():
        row = by_trace.get(trace)
        if row is None:
            report.found("stray", f"{trace}: {times} effects and no delivery")
            continue
        if times > 1:
            report.found("duplicate", f"{_words(row)}: {times} effects")
        if row["state"] in UNSEEN and (people[trace] or row["state"] != "skipped"):
            report.found("told_wrong", f"{_words(row)}: it is out")
    for trace, row in by_trace.items():
        claimed = row["state"] in OUT or (row["state"] == "unknown" and row["accepted"])
        if claimed and row["channel"] != "personal" and not seen[trace]:
            report.found("lost", f"{_words(row)}: nothing is out")


def _by_hand(report: Report, by_trace: Mapping[Trace, Row], effects: Effects) -> None:
    """What was sent by hand: never more people than a batch has, and all of them where it says so."""
    people: Counter[Trace] = Counter()
    for effect in effects:
        if effect["kind"] == "assisted":
            people[of_effect(effect)] += effect["people"]
    for trace, row in by_trace.items():
        if row["channel"] == "personal":
            if people[trace] > row["people"]:
                report.found("duplicate", f"{_words(row)}: {people[trace]} people of {row['people']}")
            if row["delivered"] > people[trace]:
                report.found("lost", f"{_words(row)}: {row['delivered']} ticked off, {people[trace]} have it")


def _caps(report: Report, by_trace: Mapping[Trace, Row], accounts: Mapping[str, Account], effects: Effects) -> None:
    """By the platforms' own log, in the windows of the rule packs."""
    used: Counter[tuple[str, str, str, datetime]] = Counter()
    amounts: dict[tuple[str, str, str, datetime], int] = {}
    for effect in effects:
        row = by_trace.get(of_effect(effect)) if effect["kind"] in TAKEN_ON else None
        found = registry().get(row["channel"]) if row else None
        kind = registry().kind(row["channel"], row["kind"]) if row else None
        if row is None or found is None or kind is None:
            continue
        account, at = accounts[row["account"]], datetime.fromisoformat(effect["at"])
        route = next(route for route in kind.routes if route.name == row["route"])
        for cap in found.hook.limits(account=account, route=route, now=at).caps:
            if cap.scope == "target" and (row["form"] != "ids" or row["ids"] is not None):
                continue  # inside a batch the platform itself keeps it
            subject = row["target"] if cap.scope == "target" else ""
            window = (account.key, cap.name, subject, cap.window.bounds(at, account.zone)[0])
            used[window] += effect["people"] if cap.unit == "person" else 1
            amounts[window] = cap.amount
    for window, units in used.items():
        if units > amounts[window]:
            report.found("over_cap", f"{window[0]} {window[1]} {window[2]}: {units} of {amounts[window]}")


def _ends(report: Report, row: Row) -> None:
    """Nothing hangs, and what nobody knows has its reason."""
    if row["state"] == "sending" or (
        row["state"] == "due" and row["overdue"] and row["campaign_state"] in ("released", "cancelled")
    ):
        report.found("stuck", _words(row))
    if row["state"] == "unknown":
        why = _why(row)
        report.unknown[why or "unexplained"] += 1
        if not why:
            report.found("unexplained", _words(row))


def _why(row: Row) -> str:
    """Why no machine may know what became of it; "" when one should."""
    if row["repeat_by"] == "none":
        return "the platform knows no key and answers no question"
    if row["accepted"]:
        return "out for certain; the platform does not say how many it reached"
    if row["crashes"] >= SET_ASIDE:
        return "set aside after three lost workers"
    if row["campaign_state"] == "cancelled" or row["stopped_at"]:
        return "stopped while it might have been out"
    if row["repeat_by"] == "key" and (row["attempts"] >= MOST_REPEATS or row["code"] == "repeat_too_late"):
        return "the platform no longer knows the key"
    return ""


def _words(row: Row) -> str:
    place = f"{row['account']} {row['route']} {row['mark']} {row['target']} [{row['id']}]"
    tried = f"{row['attempts']} attempts, {row['crashes']} crashes"
    return f"{place} {row['state']} {row['code']} after {tried}: {row['reason']}"
