"""The people of a trial: who looks at phones, and who sends by hand what no machine may send."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from saas.delivery import settling, unknowns
from saas.delivery.set_aside import CODE
from saas.kernel.database import db
from saas.ops.faults.traces import of_delivery, taken_on
from saas.ops.rehearsal import Rehearsal
from saas.tenants.actor import Actor

TIMEOUT = 15
UNKNOWN = text("""
  SELECT e.id, e.key, e.target, e.code, d.repeat_by, a.channel, a.kind, a.key AS account, c.name AS mark FROM deliveries e
  JOIN dispatches d ON d.id = e.dispatch_id JOIN accounts a ON a.id = e.account_id JOIN campaigns c ON c.id = e.campaign_id
  WHERE e.state = 'unknown' AND e.poll_at IS NULL AND e.started_at < now() - interval '10 seconds' ORDER BY e.id""")


def what_happened(simulators: Mapping[str, str]) -> dict[int, bool]:
    """For each delivery that only a person can settle: whether it can be seen on the phones."""
    return {row["id"]: seen for row, seen in _looked_at(simulators) if row["code"] != CODE}


def may_go_again(simulators: Mapping[str, str]) -> list[int]:
    """Of what was set aside, what cannot go out twice: the platform knows its key, or nobody has it."""
    return [row["id"] for row, seen in _looked_at(simulators) if row["code"] == CODE and (row["repeat_by"] == "key" or not seen)]


def _looked_at(simulators: Mapping[str, str]) -> list[tuple[dict[str, Any], bool]]:
    rows = [dict(row) for row in db.session.execute(UNKNOWN).mappings()]
    db.session.rollback()
    seen = taken_on(Rehearsal({name: simulators[name] for name in {row["channel"] for row in rows}}).effects())
    return [(row, seen[of_delivery(row)] > 0) for row in rows]


def tick_everybody(actor: Actor, simulators: Mapping[str, str]) -> int:
    """Send every prepared batch to everybody on it, then tick it off; how many batches."""
    batches = [one for one in unknowns.list_assisted(actor) if one.channel == "personal"]
    db.session.rollback()
    for batch in batches:
        told = {"account": batch.account, "task": batch.receipt["task"], "ids": batch.ids}
        _post(f"{simulators['personal']}/tick", told)
        settling.tick_off(actor, batch.id, batch.people)
    return len(batches)


def _post(address: str, body: Mapping[str, object]) -> None:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(address, json.dumps(body).encode(), headers)  # noqa: S310 - loopback
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=TIMEOUT) as answer:
        answer.read()
