"""What a recall means: which dispatches, and since when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, text

from saas.accounts.channels import registry
from saas.accounts.models import Account
from saas.campaigns.approving import campaign_for
from saas.channels.channel import Route
from saas.kernel import clock
from saas.kernel.database import db
from saas.kernel.errors import Invalid, NotFound
from saas.tenants.models import Client

DEFAULT_SINCE = timedelta(hours=24)
ZONE = ZoneInfo("Asia/Shanghai")
BOUNDS = ("client", "account", "channel")
"""What an empty word would widen: a script's unset variable must not take everything back."""
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
IN_SCOPE = """
  SELECT d.id, d.campaign_id, d.account_id, d.route FROM dispatches d JOIN campaigns c ON c.id = d.campaign_id
  JOIN accounts_within(:client, :account, CAST(:channels AS text[])) w ON w.id = d.account_id
  WHERE (CAST(:campaign AS bigint) IS NULL OR c.id = :campaign)
    AND (CAST(:campaign AS bigint) IS NOT NULL OR d.open_rows > 0 OR d.accepted > 0)
    AND (CAST(:since AS timestamptz) IS NULL OR c.released_at >= :since
         OR EXISTS (SELECT 1 FROM deliveries e WHERE e.dispatch_id = d.id AND e.accepted_at >= :since))
    AND c.state IN ('released', 'cancelled') ORDER BY d.id"""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is meant: a campaign, or what went out ``since`` (24 hours, unless said otherwise) for a client, on an account or a
    channel; together they narrow each other."""

    campaign: int | None = None
    account: str | None = None
    client: str | None = None
    channel: str | None = None
    since: str | None = None


@dataclass(frozen=True, slots=True)
class Meant:
    """One dispatch that is meant, with the account it is on."""

    id: int
    campaign: int
    account: int
    key: str
    channel: str
    kind: str
    route: str


def meant(scope: Scope) -> list[Meant]:
    """What the scope means. NotFound; Invalid when nothing is named."""
    if scope.campaign is not None:
        campaign_for(scope.campaign)
    elif not (scope.client or scope.account or scope.channel):
        words = ("请指明活动，或客户、账号、渠道之一", "name a campaign, or a client, an account or a channel")
        raise Invalid("nothing_named", words, field="campaign")
    if empty := next((name for name in BOUNDS if getattr(scope, name) == ""), None):
        words = ("这里是空的：不写就是不限，不能留空", "it is empty: leave it out to mean all, or name one")
        raise Invalid("nothing_named", words, field=empty)
    values = {"campaign": scope.campaign, "client": _client(scope), "account": _account(scope), "since": since(scope)}
    rows = db.session.execute(text(IN_SCOPE), {**values, "channels": _channels(scope)}).all()
    ids = [row.account_id for row in rows]
    accounts = {account.id: account for account in db.session.scalars(select(Account).where(Account.id.in_(ids)))}
    return [Meant(r.id, r.campaign_id, r.account_id, (a := accounts[r.account_id]).key, a.channel, a.kind, r.route) for r in rows]


def _client(scope: Scope) -> int | None:
    if not scope.client:
        return None
    client = db.session.scalar(select(Client).where(Client.name == scope.client))
    if client is None:
        raise NotFound(("客户", "client"), scope.client)
    return client.id


def _account(scope: Scope) -> int | None:
    if not scope.account:
        return None
    account = db.session.scalar(select(Account).where(Account.key == scope.account))
    if account is None and scope.campaign is None:
        raise NotFound(("账号", "account"), scope.account)
    return account.id if account else 0


def _channels(scope: Scope) -> list[str] | None:
    if not scope.channel:
        return None
    known = registry().get(scope.channel) or db.session.scalar(
        select(Account.id).where(Account.channel == scope.channel).limit(1)
    )
    if known is None:
        raise NotFound(("渠道", "channel"), scope.channel)
    return [scope.channel]


def since(scope: Scope) -> datetime | None:
    """The moment meant: an ISO time (Beijing's, when it names no zone) or a length of time: 30m, 2h, 1d."""
    if not scope.since:
        return None if scope.campaign is not None else clock.now() - DEFAULT_SINCE
    if length := re.fullmatch(r"(\d{1,5})([mhd])", scope.since.strip()):
        return clock.now() - timedelta(**{UNITS[length[2]]: int(length[1])})
    try:
        at = datetime.fromisoformat(scope.since.strip())
    except ValueError:
        words = (f"看不懂这个时间：{scope.since}", f"no time: {scope.since}")
        raise Invalid("bad_time", words, ("例如 2h 或 2026-03-20T09:00", "such as 2h or 2026-03-20T09:00"), "since") from None
    return at if at.tzinfo else at.replace(tzinfo=ZONE)


def route_of(dispatch: Meant) -> Route | None:
    """The route it went, where its channel is installed and still knows it."""
    kind = registry().kind(dispatch.channel, dispatch.kind)
    return next((r for r in kind.routes if r.name == dispatch.route), None) if kind else None
