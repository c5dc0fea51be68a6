"""Marking campaigns as variants of one experiment, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import text

from saas.kernel import clock
from saas.kernel.database import db, transaction
from saas.kernel.errors import Invalid, NotFound, Words
from saas.reports.definitions import DEFINITIONS
from saas.reports.experiments.counting import counted
from saas.reports.experiments.judging import Judged, judge
from saas.reports.experiments.result import Experiment
from saas.reports.shown.policy import Hidden
from saas.reports.shown.service import hidden_from
from saas.tenants import audit
from saas.tenants.actor import Actor

JUDGED_BY = ("open", "share", "read_through")
LABELS = "ABCDEF"
NONE: Words = ("对比试验", "experiment")
LIST = text("""
  SELECT e.id, e.client_id, k.name AS client, e.name, e.hypothesis, e.figure, m.name AS by, e.at,
    (SELECT array_agg(v.campaign_id ORDER BY v.label) FROM experiment_variants v WHERE v.experiment_id = e.id) AS campaigns
  FROM experiments e JOIN clients k ON k.id = e.client_id JOIN members m ON m.id = e.member_id
  WHERE e.withdrawn_at IS NULL AND (CAST(:client AS bigint) IS NULL OR e.client_id = :client)
    AND (CAST(:id AS bigint) IS NULL OR e.id = :id)
    AND (CAST(:campaigns AS bigint[]) IS NULL OR EXISTS (SELECT 1 FROM experiment_variants v
         WHERE v.experiment_id = e.id AND v.campaign_id = ANY (CAST(:campaigns AS bigint[]))))
  ORDER BY e.id DESC LIMIT 100""")
ADD = text("""
  INSERT INTO experiments (client_id, name, hypothesis, figure, member_id) VALUES (:client, :name, :hypothesis, :figure, :by)
  RETURNING id""")
VARIANT = text("INSERT INTO experiment_variants (experiment_id, label, campaign_id) VALUES (:id, :label, :campaign)")
THEIRS = text("""
  SELECT DISTINCT d.campaign_id FROM dispatches d JOIN accounts a ON a.id = d.account_id
  WHERE a.client_id = :client AND d.campaign_id = ANY (:ids)""")


def list_experiments(actor: Actor) -> list[Experiment]:
    """The newest hundred that were not withdrawn; of a client's user its own, where the figure is shown to it."""
    actor.need("see")
    return _found(actor.client_id, None, None, hidden_from(actor.client_id))


def experiment(actor: Actor, experiment_id: int) -> Experiment:
    """One. NotFound, also for another brand's and for one whose figure is not shown."""
    actor.need("see")
    found = _found(actor.client_id, experiment_id, None, hidden_from(actor.client_id))
    if not found:
        raise NotFound(NONE, experiment_id)
    return found[0]


def experiments_of(campaigns: Sequence[int], client: int | None, hidden: Hidden) -> list[Experiment]:
    """Those with a variant among these campaigns, of one client or (None) of all, without those judged by what is hidden."""
    return _found(client, None, list(campaigns), hidden) if campaigns else []


def set_up(actor: Actor, client_id: int, name: str, hypothesis: str, figure: str, campaigns: Sequence[int]) -> Experiment:
    """Mark campaigns, in this order, as its variants A, B, … Forbidden, Invalid, NotFound."""
    actor.need("write")
    name, hypothesis = name.strip(), hypothesis.strip()
    _check(name, hypothesis, figure, campaigns)
    known = set(db.session.scalars(THEIRS, {"client": client_id, "ids": list(campaigns)}))
    if strangers := [one for one in campaigns if one not in known]:
        raise NotFound(("活动", "campaign"), strangers[0])
    with transaction() as session:
        values = {"client": client_id, "name": name, "hypothesis": hypothesis, "figure": figure, "by": actor.member_id}
        made = int(session.execute(ADD, values).scalar_one())
        for label, campaign in zip(LABELS, campaigns, strict=False):
            session.execute(VARIANT, {"id": made, "label": label, "campaign": campaign})
        audit.note(actor, "experiments.set_up", f"experiment:{made}", figure=figure, campaigns=list(campaigns))
    return experiment(actor, made)


def withdraw(actor: Actor, experiment_id: int, reason: str) -> None:
    """It is reported no more; that it was, and why not any more, stays in the audit log. NotFound, Invalid."""
    actor.need("write")
    if not reason.strip():
        raise Invalid("reason_missing", ("请写明原因", "say why"), ("例如：选错了活动", "e.g. the wrong campaign"), "reason")
    with transaction() as session:
        query = text("UPDATE experiments SET withdrawn_at = :now WHERE id = :id AND withdrawn_at IS NULL RETURNING id")
        if session.execute(query, {"now": clock.now(), "id": experiment_id}).first() is None:
            raise NotFound(NONE, experiment_id)
        audit.note(actor, "experiments.withdraw", f"experiment:{experiment_id}", reason=reason.strip())


def _found(client: int | None, id: int | None, campaigns: list[int] | None, hidden: Hidden) -> list[Experiment]:
    rows = db.session.execute(LIST, {"client": client, "id": id, "campaigns": campaigns}).all()
    now = clock.now()
    return [_experiment(row, now) for row in rows if not hidden & _parts(row.figure)]


def _parts(figure: str) -> set[str]:
    one = DEFINITIONS[figure]
    return {figure, one.top, one.base}


def _experiment(row: Any, now: datetime) -> Experiment:
    found = counted(row.campaigns, row.client_id, row.figure, now)
    told: Judged = judge(row.figure, [one.counts for one in found], row.at, now)
    ripe = bool(told.pairs)  # an interval invites to compare what is not to be compared yet
    variants = [one.variant if ripe else replace(one.variant, low=None, high=None) for one in found]
    return Experiment(
        row.id, row.client, row.name, row.hypothesis, row.figure, row.by, row.at.isoformat(), variants,
        told.verdict, told.winner, told.said, list(told.caveats), list(told.pairs),
    )  # fmt: skip


def _check(name: str, hypothesis: str, figure: str, campaigns: Sequence[int]) -> None:
    for field, value, most in (("name", name, 100), ("hypothesis", hypothesis, 400)):
        if not 1 <= len(value) <= most:
            raise Invalid("bad_text", (f"写 1–{most} 个字", f"write 1 to {most} characters"), ("请更正", "correct it"), field)
    if figure not in JUDGED_BY:
        known = ", ".join(JUDGED_BY)
        words = (f"不能按“{figure}”比较", f"variants are not compared by '{figure}'")
        raise Invalid("bad_figure", words, (f"可用：{known}", f"there are: {known}"), "figure")
    if not 2 <= len(campaigns) <= len(LABELS) or len(set(campaigns)) != len(campaigns):
        words = (f"须选 2–{len(LABELS)} 个不同的活动", f"name 2 to {len(LABELS)} different campaigns")
        raise Invalid("bad_variants", words, ("请重新选择", "choose again"), "campaigns")
