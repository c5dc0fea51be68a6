"""One agency's round: stages whose turn has come are applied for, lost answers looked for, and what waits is asked for.

A row is written before the platform is asked, and leased for longer than a call may take: a process that dies in between leaves a
row that says so, and whoever finds it looks for the application before it submits another.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy import text

from saas.accounts.models import Account
from saas.campaigns.models import Campaign
from saas.channels.approval import Application
from saas.channels.outcome import Absent, Exhausted, Outcome, Receipt, Throttled, Unknown, Unreachable
from saas.delivery.approvals import asking
from saas.delivery.approvals.deciding import Seen, decide
from saas.delivery.approvals.writing import written
from saas.delivery.asking import LONGEST_CALL
from saas.kernel import clock
from saas.kernel.database import db, transaction
from saas.kernel.errors import Words
from saas.review.applications import ApprovalLine, StageApplication
from saas.tenants import audit

LEASE: Final = timedelta(seconds=LONGEST_CALL + 60)
LOST_AFTER, AGAIN, GIVE_UP = timedelta(seconds=35), timedelta(seconds=60), timedelta(hours=6)
MOST_ASKED = 3
BEGIN = text("""
  INSERT INTO stage_applications (campaign_id, stage, digest, line_id, account_id, state, reason, asks_at, settled_at)
  SELECT w.campaign_id, w.stage, w.digest, l.id, l.account_id, CASE WHEN l.id IS NULL THEN 'failed' ELSE 'due' END,
    CASE WHEN l.id IS NULL THEN :several ELSE '' END, CASE WHEN l.id IS NOT NULL THEN clock_timestamp() END,
    CASE WHEN l.id IS NULL THEN clock_timestamp() END
  FROM stages_to_apply_for() w LEFT JOIN approval_lines l ON cardinality(w.lines) = 1 AND l.id = w.lines[1]
  ON CONFLICT DO NOTHING RETURNING id, campaign_id, stage""")
VOID = text("""
  UPDATE stage_applications s SET state = 'void', reason = :why, asks_at = NULL, settled_at = clock_timestamp() FROM campaigns c
  WHERE c.id = s.campaign_id AND s.settled_at IS NULL AND s.state IN ('due', 'lost', 'waiting')
    AND (c.digest <> s.digest OR c.state <> 'awaiting_approval')""")
DUE = text(
    "SELECT id FROM stage_applications WHERE asks_at <= clock_timestamp() AND settled_at IS NULL ORDER BY asks_at LIMIT 50"
)
SEVERAL = (
    "几个客户的这一级在不同的审批里，请拆开活动，或请管理员改为在这里签 / several clients hold this stage in different approvals:"
    " split the campaign, or an admin takes it back"
)
CHANGED = "活动已改动、退回或取消 / the campaign has changed, was sent back or cancelled"
NOBODY: Words = ("能签这一级的成员都没有登记平台账号", "nobody who may sign this stage is known by name on the platform")
log = structlog.get_logger()


def visit() -> int:
    """One round, in the scope of an agency; how many applications were looked at."""
    with transaction() as session:
        session.execute(VOID, {"why": CHANGED})
        for row in session.execute(BEGIN, {"several": SEVERAL}).all():
            audit.note(None, "review.application", str(row.campaign_id), application=row.id, stage=row.stage)
        due = list(session.scalars(DUE))
    for id in due:
        try:
            _one(id)
        except Exception as fault:  # one application never holds up the others; its lease says when it is looked at again
            log.exception("application stumbled", application=id, fault=type(fault).__name__)
            db.session.rollback()
    return len(due)


def _one(id: int) -> None:
    taken = _taken(id)
    if taken is None:
        return
    row, application = taken
    if application is None:
        told = asking.state(row.account_id, row.channel, row.approval)
        if not isinstance(told, str):
            decide(row, told)
    elif application[1]:
        _submitted(id, asking.submit(row.account_id, row.channel, application[0]))
    else:
        _looked(id, asking.find(row.account_id, row.channel, application[0]))


def _taken(id: int) -> tuple[Seen, tuple[Application, bool] | None] | None:
    """Lease a row that is due. The application to submit (True) or to look for; None beside a row that waits."""
    with transaction() as session:
        query = text("SELECT id FROM stage_applications WHERE id = :id AND asks_at <= clock_timestamp() FOR UPDATE SKIP LOCKED")
        if session.scalar(query, {"id": id}) is None:
            return None
        row, now = session.get_one(StageApplication, id, populate_existing=True), clock.now()
        campaign = session.get_one(Campaign, row.campaign_id)
        account = session.get(Account, row.account_id) if row.account_id else None
        line = session.get(ApprovalLine, row.line_id) if row.line_id else None
        if account is None or line is None:
            _fail(row, SEVERAL)
            return None
        row.asks_at = now + (AGAIN if row.state == "waiting" else LEASE)
        seen = Seen(row.id, campaign.id, row.stage, row.digest, account.id, account.channel, row.approval)
        if row.state == "waiting":
            return seen, None
        application, fresh = written(row, campaign, line), row.state == "due"
        if fresh and not application.approvers and not line.own_flow:
            _fail(row, " / ".join(NOBODY))
            return None
        if fresh:
            row.state, row.submitted_at, row.asked = "asking", row.submitted_at or now, row.asked + 1
            row.applicant = application.applicant
        return seen, (application, fresh)


def _submitted(id: int, outcome: Outcome) -> None:
    """What submitting came to: surely not, it is due again; not knowable, it is looked for."""
    with transaction():
        row, now = _asking(id), clock.now()
        if row is None:
            return
        match outcome:
            case Receipt(ids=ids):
                _waits(row, ids.get("approval", ""))
            case Unknown(reason=reason):
                row.state, row.reason, row.asks_at = "lost", reason[:500], now + LOST_AFTER
            case Throttled(retry_after=seconds):
                row.state, row.asks_at = "due", now + timedelta(seconds=max(seconds, 1.0))
            case Unreachable(reason=reason) | Exhausted(reason=reason):
                row.state, row.reason, row.asks_at = "due", reason[:500], now + AGAIN
            case _:
                _fail(row, getattr(outcome, "detail", "") or getattr(outcome, "reason", ""))


def _looked(id: int, outcome: Outcome) -> None:
    """What looking for it came to: there, surely not there, or still not knowable; for six hours, then a person settles it."""
    with transaction():
        row, now = _asking(id), clock.now()
        if row is None:
            return
        if isinstance(outcome, Receipt):
            _waits(row, outcome.ids.get("approval", ""))
        elif isinstance(outcome, Absent) and row.asked < MOST_ASKED:
            row.state, row.asks_at = "due", now
        elif isinstance(outcome, Absent) or now - (row.submitted_at or row.made_at) > GIVE_UP:
            _fail(
                row, "平台没有答复，也查不到这张审批单，请在平台上核对 / no answer, and it cannot be found: look on the platform"
            )
        else:
            row.state, row.reason, row.asks_at = "lost", str(getattr(outcome, "reason", ""))[:500], now + AGAIN


def _asking(id: int) -> StageApplication | None:
    row = db.session.get(StageApplication, id, with_for_update=True, populate_existing=True)
    return row if row is not None and row.state in ("asking", "lost") else None


def _waits(row: StageApplication, number: str) -> None:
    if not number:
        _fail(row, "平台没有给出审批单号 / the platform gave no number")
        return
    row.state, row.approval, row.reason, row.asks_at = "waiting", number, "", clock.now()
    audit.note(None, "review.application_submitted", str(row.campaign_id), **row.to_json())


def _fail(row: StageApplication, reason: str) -> None:
    row.state, row.reason, row.asks_at, row.settled_at = "failed", str(reason)[:500], None, clock.now()
    audit.note(None, "review.application_failed", str(row.campaign_id), reason=row.reason, **row.to_json())
