"""Rules for one client, or some of its accounts, beside the agency's own or instead of it: what each of them notices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

from saas.reports.alerts.finding import Found
from saas.reports.alerts.kinds import Rule

AGENCY: Final = 0
"""The number of the agency's own rule of a kind."""
STANDING = """
  SELECT id, kind, client_id, accounts, threshold, members, destinations, quiet_from, quiet_until, window_minutes, tell_end,
    instead FROM alert_client_rules WHERE ended_at IS NULL ORDER BY id"""


@dataclass(frozen=True, slots=True)
class ClientRule:
    """One rule of a client. ``accounts`` None: all of them; ``members`` by name; ``instead``: the agency's own does not hold."""

    id: int
    kind: str
    client: int
    accounts: tuple[int, ...] | None
    rule: Rule
    members: tuple[int, ...]
    instead: bool = False

    def about(self, found: Found) -> bool:
        """Whether this is a thing of that client, or of those accounts."""
        return found.client_id == self.client and (self.accounts is None or found.account_id in self.accounts)


def client_rules_of(connection: psycopg.Connection[Any]) -> list[ClientRule]:
    """Those that stand, of the agency whose transaction is open."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return [_rule(row) for row in cursor.execute(STANDING).fetchall()]


def noticed(own: Rule, rules: Sequence[ClientRule], ask: Callable[[float], Iterable[Found]]) -> list[Found]:
    """What the agency's rule and those of clients notice, each thing once with the rules that do; asked once a threshold."""
    asked = {threshold: list(ask(threshold)) for threshold in _thresholds(own, rules)}
    by: dict[str, tuple[Found, list[int]]] = {}
    for rule in rules:
        for one in asked[rule.rule.threshold]:
            if rule.about(one):
                by.setdefault(one.subject, (one, []))[1].append(rule.id)
    for one in asked[own.threshold] if own.is_on else ():
        if not any(rule.instead and rule.about(one) for rule in rules):
            by.setdefault(one.subject, (one, []))[1].append(AGENCY)
    return [replace(one, rules=tuple(sorted(numbers))) for one, numbers in by.values()]


def _thresholds(own: Rule, rules: Sequence[ClientRule]) -> set[float]:
    return {rule.rule.threshold for rule in rules} | ({own.threshold} if own.is_on else set())


def _rule(row: Mapping[str, Any]) -> ClientRule:
    quiet = None if row["quiet_from"] is None else (int(row["quiet_from"]), int(row["quiet_until"]))
    rule = Rule(True, float(row["threshold"]), (), quiet, row["window_minutes"], row["tell_end"], tuple(row["destinations"]))
    accounts = None if row["accounts"] is None else tuple(row["accounts"])
    return ClientRule(row["id"], row["kind"], row["client_id"], accounts, rule, tuple(row["members"]), row["instead"])
