"""The list of campaigns: one question, only the columns it shows; no message and no draft is read for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import BigInteger, Row, Select, and_, bindparam, select

from saas.accounts.models import Account
from saas.campaigns.models import Campaign
from saas.delivery.models import Dispatch
from saas.kernel import clock
from saas.kernel.database import db
from saas.reports.report import COUNTS, sums_by_unit
from saas.reports.states import Numbers, campaign_state, dispatch_state
from saas.tenants.actor import Actor
from saas.tenants.models import Member

MOST = 200
OF_CAMPAIGN = (Campaign.id, Campaign.name, Campaign.kind, Campaign.state, Campaign.created_at, Campaign.due_at)
OF_DISPATCH = (
    Dispatch.intended,
    Dispatch.accepted,
    Dispatch.delivered,
    Dispatch.failed,
    Dispatch.skipped,
    Dispatch.unknown,
    Dispatch.awaiting,
    Dispatch.recalled,
    Dispatch.open_rows,
    Dispatch.code,
    Dispatch.wake_at,
    Dispatch.unit,
)
SHOWN = len(OF_CAMPAIGN) + 1  # and the author's name
_counts = attrgetter(*COUNTS)


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign as lists show it; ``totals`` are in people."""

    id: int
    name: str
    kind: str
    state: str
    author: str
    created_at: datetime
    due_at: datetime
    accounts: int
    totals: dict[str, int]
    totals_by_unit: dict[str, dict[str, int]]


def list_campaigns(actor: Actor, before: int | None = None, limit: int = 50) -> list[CampaignRow]:
    """Campaigns, newest first; ``before`` is the last id of the page before. Of a client's user only their own accounts count."""
    actor.need("see")
    query = _question(before is not None, actor.client_id is not None)
    found = db.session.execute(query, {"before": before, "client": actor.client_id, "limit": min(limit, MOST)}).all()
    now = clock.now()
    return [_row(list(rows), now) for _, rows in groupby(found, key=lambda row: row[0])]


def campaigns_between(actor: Actor, since: datetime, until: datetime, limit: int = 2000) -> list[CampaignRow]:
    """Campaigns whose time is then, in its order; of a client's user only their own accounts count."""
    actor.need("see")
    query = _question(False, actor.client_id is not None, True)
    values = {"since": since, "until": until, "client": actor.client_id, "limit": limit}
    rows, now = db.session.execute(query, values).all(), clock.now()
    found = [_row(list(group), now) for _, group in groupby(rows, key=lambda row: row[0])]
    return sorted(found, key=lambda row: (row.due_at, row.id))


@cache
def _question(paged: bool, of_client: bool, in_span: bool = False) -> Select[Any]:
    """The page's campaigns, each with its dispatches beside it. Put together once: that costs more than asking."""
    accounts = select(Account.id).where(Account.client_id == bindparam("client", type_=BigInteger))
    own = Dispatch.account_id.in_(accounts)
    page = select(*OF_CAMPAIGN, Member.name.label("author")).join(Member, Member.id == Campaign.author_id)
    if paged:
        page = page.where(Campaign.id < bindparam("before", type_=BigInteger))
    if in_span:
        page = page.where(Campaign.due_at >= bindparam("since"), Campaign.due_at < bindparam("until"))
    if of_client:
        page = page.where(Campaign.id.in_(select(Dispatch.campaign_id).where(own)))
    shown = page.order_by(Campaign.id.desc()).limit(bindparam("limit", type_=BigInteger)).subquery()
    beside = and_(Dispatch.campaign_id == shown.c.id, own) if of_client else Dispatch.campaign_id == shown.c.id
    return select(*shown.c, *OF_DISPATCH).outerjoin(Dispatch, beside).order_by(shown.c.id.desc(), Dispatch.id)


def _row(rows: Sequence[Row[Any]], now: datetime) -> CampaignRow:
    id, name, kind, state, created_at, due_at, author = rows[0][:SHOWN]
    sent = [row for row in rows if row[SHOWN] is not None]
    numbers = [_numbers(state, due_at, row[SHOWN:-1]) for row in sent]
    sums = sums_by_unit([(row[-1], _counts(one)) for row, one in zip(sent, numbers, strict=True)])
    return CampaignRow(
        id=id,
        name=name,
        kind=kind,
        state=campaign_state(state, [dispatch_state(n, now) for n in numbers], due_at, now),
        author=author,
        created_at=created_at,
        due_at=due_at,
        accounts=len(numbers),
        totals=sums.get("person") or dict.fromkeys(COUNTS, 0),
        totals_by_unit=sums,
    )


def _numbers(state: str, due_at: datetime, columns: Sequence[Any]) -> Numbers:
    intended, accepted, delivered, failed, skipped, unknown, awaiting, recalled, open_rows, code, wake_at = columns
    return Numbers(
        state, intended, accepted, delivered, failed, skipped, unknown, awaiting, recalled, open_rows, code, wake_at, due_at
    )
