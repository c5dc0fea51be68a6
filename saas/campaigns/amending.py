"""What was changed afterwards in a platform's own console: recorded beside what was sent, which stays as it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text

from saas.campaigns.approving import campaign_for
from saas.campaigns.to_sign import check_seen
from saas.channels.message import Message
from saas.kernel import clock
from saas.kernel.database import db, transaction
from saas.kernel.errors import Conflict, Invalid, NotFound, Words
from saas.review.models import Amendment
from saas.tenants import audit
from saas.tenants.actor import Actor

FIELDS: dict[str, Words] = {"title": ("标题", "title"), "cover": ("封面", "cover")}
SENT = text("""
  SELECT d.id, d.message, d.accepted, a.name, a.channel FROM dispatches d JOIN accounts a ON a.id = d.account_id
  WHERE d.campaign_id = :campaign AND a.key = :account""")


@dataclass(frozen=True, slots=True)
class Amended:
    """One change on the platform: what stood, what stands, when, who recorded it and how they know."""

    id: int
    account: str
    account_name: str
    article: int
    field: str
    before: str
    after: str
    evidence: str
    happened_at: datetime
    recorded_by: str
    recorded_at: datetime


def amend(
    actor: Actor, campaign_id: int, account: str, field: str, after: str, evidence: str, happened_at: datetime | None = None,
    article: int = 1,
) -> int:  # fmt: skip
    """Record that a title or cover was changed on the platform; its id. Articles count from 1; a cover is described in words.

    Conflict while nothing has gone out there; Invalid, NotFound.
    """
    actor.need("write")
    with transaction() as session:
        campaign = campaign_for(campaign_id)
        row = db.session.execute(SENT, {"campaign": campaign.id, "account": account}).first()
        if row is None:
            raise NotFound(("账号", "account"), account)
        if campaign.released_at is None or not row.accepted:
            message = ("这个账号还没有发出，改内容请修订活动", "nothing has gone out there: revise the campaign instead")
            raise Conflict("not_sent", message, ("发出之后才有修改记录", "what is recorded here comes after the send"))
        at = happened_at or clock.now()
        before = _before(Message.from_json(row.message), campaign.id, row.id, article, field)
        _check(after, evidence, before, at, campaign.released_at)
        line = Amendment(
            campaign_id=campaign.id, dispatch_id=row.id, article=article - 1, field=field, before=before, after=after.strip(),
            evidence=evidence.strip(), happened_at=at, member_id=actor.member_id,
        )  # fmt: skip
        session.add(line)
        session.flush()
        audit.note(actor, "campaigns.amend", str(campaign.id), account=account, field=field, before=before, after=after)
        return line.id


def _before(message: Message, campaign: int, dispatch: int, article: int, field: str) -> str:
    """What stood there until now: the last amendment, else what was sent."""
    if field not in FIELDS:
        raise Invalid(
            "field", ("只能记录标题或封面", "only a title or a cover"), ("其他内容发出后不能改", "nothing else changes"), "field"
        )
    if not 1 <= article <= len(message.articles):
        words = (f"这个账号发了 {len(message.articles)} 篇", f"this account sent {len(message.articles)} articles")
        raise Invalid("article", words, ("从 1 数起", "count from 1"), "article")
    query = select(Amendment.after).where(
        Amendment.campaign_id == campaign,
        Amendment.dispatch_id == dispatch,
        Amendment.article == article - 1,
        Amendment.field == field,
    )
    last = db.session.scalar(query.order_by(Amendment.id.desc()).limit(1))
    if last is not None:
        return last
    sent = message.articles[article - 1]
    return sent.title if field == "title" else (sent.cover.sha256 if sent.cover else "-")


def _check(after: str, evidence: str, before: str, at: datetime, released: datetime) -> None:
    if not 1 <= len(after.strip()) <= 500 or after.strip() == before:
        raise Invalid("after", ("请写明改成了什么，且与原来不同", "say what it is now; it must differ"), field="after")
    if not 1 <= len(evidence.strip()) <= 2000:
        message = ("请写明凭据", "say how you know")
        raise Invalid(
            "evidence", message, ("例如谁在后台改的、截图编号", "such as who changed it, a screenshot's number"), "evidence"
        )
    if at < released - timedelta(minutes=1) or at > clock.now() + timedelta(minutes=1):
        raise Invalid(
            "happened_at", ("时间要在发送之后、现在之前", "the time lies between the send and now"), field="happened_at"
        )


def amendments(actor: Actor, campaign_id: int) -> list[Amended]:
    """Every amendment of a campaign, the first first; a client's user sees their brand's. NotFound."""
    actor.need("see")
    campaign = check_seen(actor, campaign_id)
    query = text("""
      SELECT n.*, a.key, a.name AS account_name, a.client_id, m.name AS member FROM amendments n
      JOIN dispatches d ON d.id = n.dispatch_id JOIN accounts a ON a.id = d.account_id JOIN members m ON m.id = n.member_id
      WHERE n.campaign_id = :campaign ORDER BY n.id""")
    return [
        Amended(
            row.id, row.key, row.account_name, row.article + 1, row.field, row.before, row.after, row.evidence, row.happened_at,
            row.member, row.at,
        )
        for row in db.session.execute(query, {"campaign": campaign.id})
        if actor.client_id in (None, row.client_id)
    ]  # fmt: skip
