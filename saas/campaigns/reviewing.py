"""How the review of a campaign stands: its stages, whose turn it is, and what keeps somebody from signing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text

from saas.campaigns.models import Campaign
from saas.kernel.database import db
from saas.kernel.errors import Words
from saas.review.models import Approval, CampaignFlow, ReviewReminder
from saas.review.stages import KINDS, Standing, standings
from saas.tenants.actor import ROLE_WORDS, Actor

STAGES = text("""
  SELECT s.stage, s.place, s.kind, s.client_id, k.name AS client, s.who, s.hours, s.remind
  FROM campaigns c CROSS JOIN LATERAL all_stages(c) s LEFT JOIN clients k ON k.id = s.client_id
  WHERE c.id = :campaign ORDER BY s.stage""")

TURN = text("""
  SELECT o.stage, o.kind, may_sign(o, :member) AS own, is_author(c, :member) AS author,
    (SELECT min(g.member_id) FROM review_delegations g
     WHERE g.substitute_id = :member AND NOT is_author(c, g.member_id) AND stands_in(o, :member, g.member_id)) AS behalf
  FROM campaigns c CROSS JOIN LATERAL open_stages(c) o WHERE c.id = :campaign ORDER BY o.stage""")

LAST_OF_OURS = text("""
  SELECT open_warnings(c) FROM campaigns c JOIN campaign_flows f ON f.campaign_id = c.id
  WHERE c.id = :campaign AND f.reasons AND NOT EXISTS (
    SELECT 1 FROM campaign_stages n, campaign_stages s WHERE s.campaign_id = c.id AND s.stage = :stage AND n.campaign_id = c.id
      AND n.place > s.place AND n.kind <> 'client')""")


@dataclass(frozen=True, slots=True)
class Turn:
    """The stage an actor would sign now; ``behalf``: the member in whose name, None for their own."""

    stage: int
    kind: str
    behalf: int | None


def standing_of(campaign: Campaign) -> list[Standing]:
    """Every stage of the campaign as it stands under its digest."""
    rows = [dict(row._mapping) for row in db.session.execute(STAGES, {"campaign": campaign.id})]
    signed = {word.stage: word.at for word in words_of(campaign) if word.decision == "approved"}
    reminded: dict[int, list[datetime]] = defaultdict(list)
    query = select(ReviewReminder).where(ReviewReminder.campaign_id == campaign.id).order_by(ReviewReminder.id)
    for reminder in db.session.scalars(query):
        reminded[reminder.stage].append(reminder.at)
    if 0 in signed:  # a word of a time before there were stages
        signed = {row["stage"]: signed[0] for row in rows}
    return standings(rows, signed, campaign.created_at, reminded)


def words_of(campaign: Campaign) -> list[Approval]:
    """The words that stand: said of exactly what the campaign says now."""
    query = select(Approval).where(Approval.campaign_id == campaign.id, Approval.digest == campaign.digest)
    return list(db.session.scalars(query.order_by(Approval.id)))


def wrote(actor: Actor, campaign: Campaign) -> bool:
    """Whether the actor wrote the campaign, or any version of it."""
    query = text("SELECT is_author(c, :member) FROM campaigns c WHERE c.id = :campaign")
    return bool(db.session.scalar(query, {"member": actor.member_id, "campaign": campaign.id}))


def turn_of(actor: Actor, campaign: Campaign) -> Turn | Words:
    """What the actor would sign now, or why they cannot."""
    rows = db.session.execute(TURN, {"campaign": campaign.id, "member": actor.member_id}).all()
    if any(row.author for row in rows):
        return "作者不能审批自己的活动，要由别人来审", "the author may not approve their own campaign: somebody else must"
    row = next((row for row in rows if row.own or row.behalf), None)
    if row is None:
        return _not_yours(actor, rows)
    turn = Turn(row.stage, row.kind, None if row.own else row.behalf)
    return _already_signed(actor, campaign, turn) or turn


def _not_yours(actor: Actor, rows: Any) -> Words:
    if not rows:
        return "每一级都已签过", "every stage is signed"
    zh = "、".join(dict.fromkeys(KINDS[row.kind][0] for row in rows))
    en = ", ".join(dict.fromkeys(KINDS[row.kind][1] for row in rows))
    role = ROLE_WORDS[actor.role]
    return (
        f"现在轮到{zh}，你（{role[0]}）不在可签的人里",
        f"it is the turn of the {en}, and you ({role[1]}) are not among those who sign it",
    )


def _already_signed(actor: Actor, campaign: Campaign, turn: Turn) -> Words | None:
    flow = db.session.get(CampaignFlow, campaign.id)
    if flow is None or not flow.distinct_people:
        return None
    people = {turn.behalf, actor.member_id} - {None}
    given = [word for word in words_of(campaign) if word.decision == "approved"]
    if not any({word.member_id, word.on_behalf_of} & people for word in given):
        return None
    return (
        "这一轮您已经签过一级，下一级要由另一个人来签",
        "you have signed a stage of this already: another person signs the next",
    )


def open_warnings_before(campaign: Campaign, stage: int) -> int:
    """Warnings without a reason that keep the agency's last stage from being signed, where the flow asks for reasons."""
    return int(db.session.scalar(LAST_OF_OURS, {"campaign": campaign.id, "stage": stage}) or 0)


def whose_turn(campaign_id: int) -> Words | None:
    """The stages a campaign waits for, in words; None when it waits for none."""
    campaign = db.session.get_one(Campaign, campaign_id)
    open_now = [stage for stage in standing_of(campaign) if stage.open]
    if campaign.state != "awaiting_approval" or not open_now:
        return None
    return "、".join(KINDS[stage.kind][0] for stage in open_now), ", ".join(KINDS[stage.kind][1] for stage in open_now)
