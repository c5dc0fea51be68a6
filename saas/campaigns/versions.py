"""Versions of a campaign: what each account says in one, what was signed last, and what has changed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select, text

from saas.campaigns.approving import campaign_for
from saas.campaigns.models import Campaign
from saas.campaigns.to_sign import check_seen
from saas.channels.message import Message
from saas.kernel.database import db
from saas.kernel.errors import Conflict
from saas.review.changes import AccountChange, FieldChange, PeopleChange, Spoken, changes
from saas.review.models import Approval
from saas.tenants.actor import Actor
from saas.tenants.models import Member

SPOKEN = text("""
  SELECT a.key, a.name, k.name AS client, k.id AS client_id, d.route, d.intended, d.message,
    (SELECT md5(string_agg(concat_ws(',', e.target, e.form, e.ids::text, e.fields::text, e.people), ';' ORDER BY e.id))
     FROM deliveries e WHERE e.dispatch_id = d.id) AS audience
  FROM dispatches d JOIN accounts a ON a.id = d.account_id JOIN clients k ON k.id = a.client_id
  WHERE d.campaign_id = :campaign AND (CAST(:client AS bigint) IS NULL OR k.id = :client) ORDER BY k.id, a.id""")


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a campaign, and how many words stand on it."""

    id: int
    number: int
    author: str
    created_at: datetime
    state: str
    words: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since the version that was compared with. ``signed``: somebody had signed that one."""

    campaign: int
    since: int
    since_number: int
    signed: bool
    fields: list[FieldChange]
    accounts: list[AccountChange]
    people: list[PeopleChange]


def spoken(campaign_id: int, client_id: int | None = None) -> list[Spoken]:
    """What each account says, of one client's where a client is given."""
    return [
        Spoken(
            row.key,
            row.name,
            row.client,
            row.client_id,
            row.route,
            row.intended,
            row.audience or "",
            Message.from_json(row.message),
        )
        for row in db.session.execute(SPOKEN, {"campaign": campaign_id, "client": client_id})
    ]


def versions(campaign: Campaign) -> list[Version]:
    """Every version, the first first."""
    root = campaign.root_id or campaign.id
    query = (
        select(Campaign, Member.name)
        .join(Member, Member.id == Campaign.author_id)
        .where((Campaign.id == root) | (Campaign.root_id == root))
        .order_by(Campaign.version)
    )
    rows = db.session.execute(query).all()
    given = select(Approval.campaign_id).where(
        Approval.campaign_id.in_([row.id for row, _ in rows]), Approval.decision == "approved"
    )
    words = list(db.session.scalars(given))
    return [Version(row.id, row.version, name, row.created_at, row.state, words.count(row.id)) for row, name in rows]


def newest(campaign: Campaign) -> int | None:
    """The newest version of the campaign where it is not this one."""
    last = versions(campaign)[-1]
    return last.id if last.id != campaign.id else None


def changes_of(actor: Actor, campaign_id: int, since: int | None = None) -> Changes | None:
    """What changed since the last version that anybody signed, else since the one before; None for a first version.

    ``since``: another version to compare with. A client's user sees their brand's accounts alone. NotFound, Conflict.
    """
    actor.need("see")
    campaign = check_seen(actor, campaign_id)
    return compare(campaign, since, actor.client_id)


def compare(campaign: Campaign, since: int | None, client_id: int | None) -> Changes | None:
    """The same for who has shown a right to it otherwise."""
    earlier = [version for version in versions(campaign) if version.number < campaign.version]
    if not earlier:
        return None
    chosen = _chosen(earlier, since)
    before = campaign_for(chosen.id)
    accounts, people = changes(spoken(before.id, client_id), spoken(campaign.id, client_id))
    fields = _fields(before, campaign)
    return Changes(campaign.id, before.id, before.version, chosen.words > 0, fields, accounts, people)


def _chosen(earlier: Sequence[Version], since: int | None) -> Version:
    if since is not None:
        found = next((version for version in earlier if version.id == since), None)
        if found is None:
            message = (f"{since} 不是它的前一个版本", f"{since} is no earlier version of it")
            raise Conflict("no_version", message, ("请选列出的版本", "choose one that is listed"))
        return found
    return next((version for version in reversed(earlier) if version.words), earlier[-1])


def _fields(before: Campaign, after: Campaign) -> list[FieldChange]:
    pairs = (
        (("名称", "name"), before.name, after.name),
        (("时间", "time"), _time(before), _time(after)),
        (("最多晚", "lateness"), str(before.max_lateness), str(after.max_lateness)),
        (("类型", "kind"), before.kind, after.kind),
        (("营销内容", "marketing"), _yes(before.marketing), _yes(after.marketing)),
        (("选项", "options"), str(before.draft.get("options") or ""), str(after.draft.get("options") or "")),
    )
    return [FieldChange(words, old, new) for words, old, new in pairs if old != new]


def _yes(value: bool) -> str:
    return "是 / yes" if value else "否 / no"


def _time(campaign: Campaign) -> str:
    if campaign.draft.get("schedule", {}).get("form") == "now":
        return "now"
    return f"{campaign.due_at.astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M}"
