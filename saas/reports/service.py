"""Reports: one query over what the database has summed up; never asks a worker or a platform."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from saas.accounts.channels import registry
from saas.accounts.models import Account
from saas.accounts.words import trouble_words
from saas.campaigns.models import Campaign
from saas.channels.broken import plain
from saas.delivery.expansion import OWN
from saas.delivery.foreseen import unasked_words
from saas.delivery.models import DeliveryRow, Dispatch, FigureRow
from saas.delivery.quota import account_caps
from saas.delivery.stops import holding
from saas.kernel import clock
from saas.kernel.database import db
from saas.kernel.errors import NotFound, Words, both_sides
from saas.reports.rates import rates_of
from saas.reports.receipts import Receipts, receipts_of
from saas.reports.report import COUNTS, AccountReport, CampaignReport, Figure
from saas.reports.shown.leaving_out import campaign_without
from saas.reports.shown.service import hidden_from
from saas.reports.states import FINAL, Numbers, campaign_state, dispatch_state
from saas.reports.words import PAGE_ONLY, reason_words, taken_back_words
from saas.review.models import Approval, CampaignStage
from saas.tenants.actor import Actor
from saas.tenants.models import Client, Member


def campaign_report(actor: Actor, campaign_id: int) -> CampaignReport:
    """The report of one campaign, as far as the actor may see it. NotFound."""
    actor.need("see")
    campaign = db.session.scalar(select(Campaign).where(Campaign.id == campaign_id))
    rows = _dispatches(actor, [campaign_id]) if campaign else []
    if campaign is None or (actor.client_id and not rows):
        raise NotFound(("活动", "campaign"), campaign_id)
    now = clock.now()
    figures = _figures([dispatch.id for dispatch, _, _ in rows])
    receipts = {dispatch.id: receipts_of(dispatch) for dispatch, _, _ in rows}
    stops = _stops(actor, campaign, rows)
    accounts = [_account(campaign, row, figures, receipts, now, actor.locale, stops) for row in rows]
    states = [account.state for account in accounts]
    report = CampaignReport(
        campaign=campaign.id,
        name=campaign.name,
        kind=campaign.kind,
        state=campaign_state(campaign.state, states, campaign.due_at, now),
        author=_name(campaign.author_id),
        approved_by=_approvers(campaign, actor.client_id),
        digest=campaign.digest,
        created_at=campaign.created_at.isoformat(),
        due_at=campaign.due_at.isoformat(),
        max_lateness_seconds=int(campaign.max_lateness.total_seconds()),
        finished=campaign.state == "released" and all(state in FINAL for state in states),
        accounts=accounts,
    )
    return campaign_without(report, hidden_from(actor.client_id))


def _dispatches(actor: Actor, campaigns: Sequence[int]) -> list[tuple[Dispatch, Account, Client]]:
    query = (
        select(Dispatch, Account, Client)
        .join(Account, Account.id == Dispatch.account_id)
        .join(Client, Client.id == Account.client_id)
        .where(Dispatch.campaign_id.in_(campaigns))
        .order_by(Dispatch.id)
    )
    if actor.client_id:
        query = query.where(Account.client_id == actor.client_id)
    return [(dispatch, account, client) for dispatch, account, client in db.session.execute(query)]


def _numbers(campaign: Campaign, dispatch: Dispatch) -> Numbers:
    return Numbers(
        campaign=campaign.state,
        intended=dispatch.intended,
        accepted=dispatch.accepted,
        delivered=dispatch.delivered,
        failed=dispatch.failed,
        skipped=dispatch.skipped,
        unknown=dispatch.unknown,
        awaiting=dispatch.awaiting,
        recalled=dispatch.recalled,
        open_rows=dispatch.open_rows,
        code=dispatch.code,
        waits_until=dispatch.wake_at,
        due_at=campaign.due_at,
    )


def _account(
    campaign: Campaign,
    row: tuple[Dispatch, Account, Client],
    figures: dict[int, dict[str, Figure]],
    receipts: dict[int, Receipts],
    now: datetime,
    locale: str,
    stops: Mapping[int, str],
) -> AccountReport:
    dispatch, account, client = row
    numbers = _numbers(campaign, dispatch)
    state = dispatch_state(numbers, now)
    known = receipts[dispatch.id]
    code, reason = _why(dispatch, state, known, stops)
    own = figures.get(dispatch.id, {})
    return AccountReport(
        key=account.key,
        name=account.name,
        client=client.name,
        channel=account.channel,
        kind=account.kind,
        unit=dispatch.unit,
        state=state,
        **{count: getattr(numbers, count) for count in COUNTS},
        receipts=list(known.shown),
        receipts_total=known.total,
        code=code,
        reason=_told(account, dispatch, state, _reason(account, state, code, reason, now), own)[1 if locale == "en" else 0],
        next_possible_at=None if code == "stopped" else _next_possible(campaign, dispatch, state, now),
        figures=own,
        rates=rates_of(numbers, own, dispatch.counted_by, now),
    )


def _stops(actor: Actor, campaign: Campaign, rows: Sequence[tuple[Dispatch, Account, Client]]) -> dict[int, str]:
    """By account, what is said of a stop that holds what is still to go out. Its reason is the agency's own."""
    if campaign.state != "released" or not any(dispatch.open_rows for dispatch, _, _ in rows):
        return {}
    zones = {account.id: account.zone for _, account, _ in rows}
    deadline = campaign.due_at + campaign.max_lateness
    told = {}
    for account, stop in holding().items():
        until = f"{deadline.astimezone(ZoneInfo(zones.get(account, 'Asia/Shanghai'))):%Y-%m-%d %H:%M}"
        who = "" if actor.client_id else f"{stop.by}：{stop.reason.replace(' / ', '/')}；"
        told[account] = f"{who}{until} 之后不再发送 / {who}after {until} it is not sent any more"
    return told


def _why(dispatch: Dispatch, state: str, known: Receipts, stops: Mapping[int, str]) -> tuple[str, str]:
    """The code and the reason of where it stands."""
    if state in ("waiting", "sending") and dispatch.open_rows and dispatch.account_id in stops:
        return "stopped", stops[dispatch.account_id]
    if state in ("exhausted", "unauthorized", "waiting", "missed", "skipped") and dispatch.code:
        return dispatch.code, dispatch.reason
    if state in ("waiting", "sending") and not dispatch.code and dispatch.open_rows:
        return _held_up(dispatch.id) or (known.code, known.reason)
    return known.code, known.reason


def _held_up(dispatch: int) -> tuple[str, str] | None:
    """Why the first of what is due has not gone out yet, where its platform could not be reached or told it to wait."""
    first = select(DeliveryRow.code, DeliveryRow.reason).where(DeliveryRow.dispatch_id == dispatch, DeliveryRow.state == "due")
    row = db.session.execute(first.order_by(DeliveryRow.id).limit(1)).first()
    if row is None or not row.code:
        return None
    return "trying" if row.code == "unreachable" else row.code, row.reason


def _next_possible(campaign: Campaign, dispatch: Dispatch, state: str, now: datetime) -> str | None:
    """When it may go out: at the campaign's time while that is to come, later when a cap or the platform is in the way."""
    moments = [dispatch.next_possible_at] if state in ("exhausted", "waiting") else []
    moments += [dispatch.wake_at] if state == "waiting" else []
    moments += [campaign.due_at] if state in ("planned", "waiting") else []
    coming = [moment for moment in moments if moment and (moment > now or state == "exhausted")]
    return max(coming).isoformat() if coming else None


def _told(account: Account, dispatch: Dispatch, state: str, reason: Words, own: Mapping[str, Figure]) -> Words:
    """The reason; what was taken back where that is not all; and that the number of people is not the platform's."""
    parts = [one for one in (reason, PAGE_ONLY if dispatch.unit == "page" else ("", "")) if one[0]]
    if dispatch.recalled and state != "recalled":
        kind = registry().kind(account.channel, account.kind)
        route = next((route for route in kind.routes if route.name == dispatch.route), None) if kind else None
        parts.append(taken_back_words(route.recall.kind if route else "recall", dispatch.recalled, dispatch.unit))
    if OWN in own:
        parts.append(unasked_words(int(own[OWN].value), dispatch.unit))
    return "；".join(zh for zh, _ in parts), "; ".join(en for _, en in parts)


def _reason(account: Account, state: str, code: str, reason: str, now: datetime) -> tuple[str, str]:
    if code in ("trying", "stopped"):
        return reason_words(state, code, both_sides(plain(reason)))
    if state in ("sent", "planned", "sending", "accepted"):
        return ("", "")
    if state == "unauthorized":
        return trouble_words(code)
    if code == "exhausted":
        titles = {cap.name: cap.title for cap in account_caps(account, now)}
        return reason_words(state, code, titles.get(reason, both_sides(plain(reason))))
    return reason_words(state, code, both_sides(plain(reason)))


def _figures(dispatches: Sequence[int]) -> dict[int, dict[str, Figure]]:
    """The newest revision of each figure, by dispatch."""
    query = (
        select(FigureRow)
        .where(FigureRow.dispatch_id.in_(dispatches))
        .ext(distinct_on(FigureRow.dispatch_id, FigureRow.name))
        .order_by(FigureRow.dispatch_id, FigureRow.name, FigureRow.revision.desc())
    )
    found: dict[int, dict[str, Figure]] = defaultdict(dict)
    for row in db.session.scalars(query):
        found[row.dispatch_id][row.name] = Figure(row.value, row.source, row.as_of.isoformat())
    return found


def _name(member: int) -> str:
    return str(db.session.scalar(select(Member.name).where(Member.id == member)) or "")


def _approvers(campaign: Campaign, client_id: int | None) -> list[str]:
    """Who agreed; for a client nobody of another client's, whose very name is not its business."""
    stage = and_(CampaignStage.campaign_id == Approval.campaign_id, CampaignStage.stage == Approval.stage)
    query = (
        select(func.coalesce(Member.name, Approval.person))
        .select_from(Approval)
        .outerjoin(Member, Approval.member_id == Member.id)
        .outerjoin(CampaignStage, stage)
        .where(Approval.campaign_id == campaign.id, Approval.decision == "approved", Approval.digest == campaign.digest)
        .order_by(Approval.id)
    )
    if client_id is not None:
        query = query.where(or_(CampaignStage.client_id.is_(None), CampaignStage.client_id == client_id))
    return list(db.session.scalars(query))
