"""Putting a report of a span together: a handful of questions, never one to a worker or a platform."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, text

from saas.accounts.models import Account
from saas.campaigns.models import Campaign
from saas.channels.rules import Cap
from saas.delivery.models import Dispatch
from saas.delivery.quota import account_caps
from saas.kernel import clock
from saas.kernel.database import db
from saas.kernel.errors import NotFound, Words
from saas.reports.definitions import OF_FIGURES
from saas.reports.evidence.extract import heads
from saas.reports.experiments.result import Experiment
from saas.reports.experiments.service import experiments_of
from saas.reports.mishaps.entered import entered
from saas.reports.periods import lines, telling
from saas.reports.periods.measures import AFTER, Measures, as_base, measures, ripe
from saas.reports.periods.report import CapLine, PeriodReport, SentLine
from saas.reports.periods.rows import AccountDay, Scope, Sent, days_between, sent_between, titles_of
from saas.reports.periods.spans import DAY, Span, around
from saas.reports.periods.untold import tells_readers, untold
from saas.reports.shown.leaving_out import kept, period_without
from saas.reports.shown.policy import Hidden
from saas.reports.shown.service import hidden_from
from saas.tenants.actor import Actor
from saas.tenants.models import Client, Tenant

WINDOWS = text("""
  SELECT w.account_id, w.rule, sum(w.used) used, sum(w.external) external,
    (array_agg(w.cap - w.used - w.reserved - w.external ORDER BY w.starts_at DESC))[1] AS left
  FROM quota_windows w WHERE w.account_id = ANY (:accounts) AND w.subject = '' AND w.starts_at < :until AND w.ends_at > :since
  GROUP BY 1, 2""")


def today() -> date:
    """The day it is in the agency's zone."""
    tenant = db.session.scalars(select(Tenant)).one()
    return clock.now().astimezone(ZoneInfo(tenant.zone)).date()


def agency_report(actor: Actor, span: Span) -> PeriodReport:
    """Everything the agency sent in the span; for a client's user, its own brand's report."""
    actor.need("see")
    if actor.client_id:
        return client_report(actor, actor.client_id, span)
    tenant = db.session.scalars(select(Tenant)).one()
    return _report(None, "agency", tenant.name, Scope(), span)


def client_report(actor: Actor, client_id: int, span: Span, *, as_client: bool = False) -> PeriodReport:
    """One client's report; ``as_client``: as its people see it. NotFound, also for a client's user who asks for another brand."""
    actor.need("see")
    client = db.session.get(Client, client_id) if actor.client_id in (None, client_id) else None
    if client is None:
        raise NotFound(("客户", "client"), client_id)
    reader = client.id if as_client else actor.client_id
    return _report(reader, "client", client.name, Scope(client=client.id), span)


def account_report(actor: Actor, key: str, span: Span) -> PeriodReport:
    """One account's report. NotFound, also for a client's user who asks for another brand's."""
    actor.need("see")
    account = db.session.scalar(select(Account).where(Account.key == key))
    if account is None or actor.client_id not in (None, account.client_id):
        raise NotFound(("账号", "account"), key)
    return _report(actor.client_id, "account", account.name, Scope(account=account.id), span)


def campaign_in_full(actor: Actor, campaign_id: int) -> PeriodReport:
    """A campaign that was released, as a report of its day. NotFound; of a client's user only its own accounts count."""
    actor.need("see")
    campaign = db.session.get(Campaign, campaign_id)
    wanted = Scope(client=actor.client_id, campaign=campaign_id)
    if campaign is None or (actor.client_id and not _touches(campaign_id, actor.client_id)):
        raise NotFound(("活动", "campaign"), campaign_id)
    tenant = db.session.scalars(select(Tenant)).one()
    day = campaign.due_at.astimezone(ZoneInfo(tenant.zone)).date()
    return _report(actor.client_id, "campaign", campaign.name, wanted, around("day", day))


def _touches(campaign: int, client: int) -> bool:
    theirs = select(Account.id).where(Account.client_id == client)
    return (
        db.session.scalar(select(Dispatch.id).where(Dispatch.campaign_id == campaign, Dispatch.account_id.in_(theirs)).limit(1))
        is not None
    )


def _report(reader: int | None, scope: str, subject: str, wanted: Scope, span: Span) -> PeriodReport:
    """``reader``: the client whose people will read it, whoever asks for it; None: the agency's own."""
    hidden = hidden_from(reader)
    tenant = db.session.scalars(select(Tenant)).one()
    now, zone = clock.now(), tenant.zone
    sent, days = _read(wanted, span, zone)
    day = now.astimezone(ZoneInfo(zone)).date()
    just_before, year_before = span.compared(day)
    earlier, before = _summed(wanted, just_before, zone, now)
    sums = measures(sent, days, zone, now, span.last, span.first)
    median = _median(reader, wanted, sent, span, zone, now)
    best, worst = _ranked(ripe(sent, now), now)
    accounts = lines.account_lines(sent, days, median, zone, now, span.last, span.first)
    conclusion, changes = _said(kept(sums, hidden), kept(before, hidden), sent, earlier, span.compared_words(day), now)
    report = PeriodReport(
        scope=scope, subject=subject, agency=tenant.name, zone=zone,
        period=span.name, period_words=span.words_at(day), made_at=now.isoformat(), conclusion=conclusion, changes=changes,
        measures=sums,
        before=before,
        year_before=_summed(wanted, year_before, zone, now)[1],
        median=median,
        clients=lines.client_lines(sent, days, zone, now, span.last, span.first) if scope == "agency" else [],
        accounts=accounts,
        days=lines.day_lines(span, sent, days, zone),
        best=best,
        worst=worst,
        slots=lines.slots(ripe(sent, now), zone),
        scenes=lines.scenes(sent),
        caps=_caps(sent, span, zone, now),
        incidents=lines.incidents(sent, now, entered([row.dispatch for row in sent])),
        experiments=_experiments(wanted, sent, reader, hidden),
        sends=[lines.sent_line(row, now) for row in sent],
        heads=_heads(reader, wanted, span),
        before_days=just_before.interval,
        year_before_days=year_before.interval,
        untold=untold(sent, accounts, hidden, max(sums[name].fresh for name in OF_FIGURES)),
    )  # fmt: skip
    return period_without(report, hidden)


def _said(
    told: Measures, before: Measures, sent: Sequence[Sent], earlier: Sequence[Sent], begins: Words, now: datetime
) -> tuple[Words, list[Words]]:
    """The line that says it all, and what changed. ``begins``: with what the line begins where it compares."""
    silent = not any(tells_readers(row.channel) for row in sent)
    zh, en = telling.conclusion(told, before, silent=silent)
    conclusion = (begins[0] + zh, begins[1] + en) if sent else (zh, en)
    return conclusion, telling.changes(told, before, sent, earlier, now)


def _read(wanted: Scope, span: Span, zone: str) -> tuple[list[Sent], list[AccountDay]]:
    """Of a campaign the days of its own accounts alone; a day more on both sides, for accounts in other zones."""
    sent, days = sent_between(wanted, *span.instants(zone)), days_between(wanted, span.first - DAY, span.last + DAY * AFTER)
    own = {row.account_id for row in sent}
    return sent, [one for one in days if one.account_id in own] if wanted.campaign else days


def _summed(wanted: Scope, span: Span, zone: str, now: datetime) -> tuple[list[Sent], Measures]:
    """Of a span to compare with."""
    sent, days = _read(wanted, span, zone)
    return sent, as_base(measures(sent, days, zone, now, span.last, span.first))


def _median(reader: int | None, wanted: Scope, sent: Sequence[Sent], span: Span, zone: str, now: datetime) -> dict[str, float]:
    """Over all accounts of the agency, of sends that are read no more."""
    every = sent if wanted == Scope() and span.kind != "day" else sent_between(Scope(), *_wide(span).instants(zone))
    return lines.medians(ripe(every, now), reader)


def _ranked(sent: Sequence[Sent], now: datetime) -> tuple[list[SentLine], list[SentLine]]:
    """The best and the worst, with what they said."""
    best, worst = lines.ranked(sent)
    titles = titles_of([row.dispatch for row in (*best, *worst)])
    told = [[lines.sent_line(row, now, titles[row.dispatch]) for row in rows] for rows in (best, worst)]
    return told[0], told[1]


def _experiments(wanted: Scope, sent: Sequence[Sent], reader: int | None, hidden: Hidden) -> list[Experiment]:
    """Comparisons are of a client's campaigns; one account is no side of one."""
    return [] if wanted.account else experiments_of(sorted({row.campaign for row in sent}), wanted.client or reader, hidden)


def _heads(reader: int | None, wanted: Scope, span: Span) -> list[str]:
    """Evidence is of a campaign or of a month; an account has none of its own."""
    if wanted.account or not (wanted.campaign or span.kind == "month"):
        return []
    return heads(wanted.campaign, None if wanted.campaign else span.first, wanted.client or reader)


def _wide(span: Span) -> Span:
    """A day says little of an account: it is compared with its month."""
    return around("month", span.first) if span.kind == "day" else span


def _caps(sent: Sequence[Sent], span: Span, zone: str, now: datetime) -> list[CapLine]:
    """Of every account that sent: units of each account-wide cap in the span; one of an hour or less is pace."""
    ids = sorted({row.account_id for row in sent})
    since, until = span.instants(zone)
    counted = {(r.account_id, r.rule): r for r in db.session.execute(WINDOWS, {"accounts": ids, "since": since, "until": until})}
    accounts = db.session.scalars(select(Account).where(Account.id.in_(ids)).order_by(Account.id))
    pairs = [(account, cap) for account in accounts for cap in account_caps(account, now) if not _hourly(cap)]
    return [_cap(account, cap, counted[account.id, cap.name]) for account, cap in pairs if (account.id, cap.name) in counted]


def _hourly(cap: Cap) -> bool:
    return cap.window.name == "hour" or bool(cap.window.rolling and cap.window.rolling <= timedelta(hours=1))


def _cap(account: Account, cap: Cap, row: Any) -> CapLine:
    return CapLine(
        account=account.key,
        name=account.name,
        rule=cap.name,
        title=cap.title,
        unit=cap.unit,
        used=int(row.used),
        external=int(row.external),
        amount=cap.amount,
        left=max(int(row.left), 0),
        source=cap.source,
    )
