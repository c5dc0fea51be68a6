"""Following a campaign until nothing more will come by itself, with a bar on a terminal."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from saas.accounts.channels import registry
from saas.cli.context import tend
from saas.cli.saying import both, say
from saas.delivery.models import DeliveryRow
from saas.kernel.database import db
from saas.reports.exports.words import UNITS
from saas.reports.report import AccountReport, CampaignReport
from saas.reports.service import campaign_report
from saas.reports.states import FINAL
from saas.tenants.actor import Actor

LOOK = 0.25
SOON = timedelta(seconds=75)
BAR = 30
CONFIRMING = 3.0


def follow(actor: Actor, campaign: int, people: bool, patience: float) -> CampaignReport:
    """Watch until every account is final, waits for a person (unless ``people``), or for a cap that resets much later.

    Gives up when nothing has moved for ``patience`` seconds.
    """
    last, moved = "", time.monotonic()
    while True:
        report, resting = _look(actor, campaign, people, until=moved + patience)
        _bar(report)
        now = str([(a.state, a.delivered, a.awaiting, a.unknown, a.accepted) for a in report.accounts])
        if now != last:
            last, moved = now, time.monotonic()
        still = time.monotonic() - moved
        if resting and still >= _pause(report):
            break
        if still > patience:
            break
        tend()
        time.sleep(LOOK)
    _bar(report, last=True)
    return report


def _look(actor: Actor, campaign: int, people: bool, until: float) -> tuple[CampaignReport, bool]:
    """The report now, and whether nothing more will come by itself. While the database is away we wait, and say so once."""
    said = False
    while True:
        try:
            db.session.rollback()
            report = campaign_report(actor, campaign)
            resting = all(_at_rest(account, report.due_at, people) for account in report.accounts)
            return report, resting and not _looked_up(campaign)
        except OperationalError:
            if time.monotonic() > until:
                raise
        if not said:
            say("数据库暂时没有应答，等它回来……", "the database does not answer; waiting for it …")
            said = True
        tend()
        time.sleep(LOOK)


def _pause(report: CampaignReport) -> float:
    """Members who confirm at once are worth a moment's wait before the table is printed; a person's handwork is not."""
    return CONFIRMING if any(account.state == "awaiting" and not _assisted(account) for account in report.accounts) else 0.0


def _assisted(account: AccountReport) -> bool:
    kind = registry().kind(account.channel, account.kind)
    return kind is not None and kind.assisted


def _looked_up(campaign: int) -> bool:
    """Whether a platform is still being asked what became of a delivery whose outcome is unknown."""
    query = select(DeliveryRow.id).where(
        DeliveryRow.campaign_id == campaign, DeliveryRow.state == "unknown", DeliveryRow.poll_at.is_not(None)
    )
    return db.session.scalar(query.limit(1)) is not None


def _at_rest(account: AccountReport, due_at: str, people: bool) -> bool:
    if account.state == "awaiting":
        return not people
    if account.state == "unknown":
        return account.in_progress == 0
    if account.state == "waiting":
        # For its hour or for a cap; what is tried again in a moment has neither, and is worth waiting for.
        return datetime.fromisoformat(account.next_possible_at or due_at) > datetime.now(UTC) + SOON
    return account.state in FINAL or account.state == "planned"


def _bar(report: CampaignReport, last: bool = False) -> None:
    if not sys.stderr.isatty():
        return
    sys.stderr.write("\r" + bar(report) + ("\n" if last else ""))
    sys.stderr.flush()


def bar(report: CampaignReport) -> str:
    """How far it is, and how many it has reached: people and groups each by themselves."""
    sums = report.totals_by_unit
    shares = [(one["intended"] - one["in_progress"]) / one["intended"] for one in sums.values() if one["intended"]]
    filled = int(BAR * sum(shares) / len(shares)) if shares else BAR
    words = both("送达", "delivered")
    parts = [
        f"{one['intended'] - one['in_progress']:,}/{one['intended']:,}{_unit(unit, len(sums))}  {words} {one['delivered']:,}"
        for unit, one in sums.items()
    ]
    return f"[{'█' * filled}{'·' * (BAR - filled)}] {' · '.join(parts)} "


def _unit(unit: str, units: int) -> str:
    """What is counted, where it is not people alone."""
    return "" if unit == "person" and units == 1 else " " + both(*UNITS.get(unit, (unit, unit)))
