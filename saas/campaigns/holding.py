"""Stages that are held in a platform's own approval: what keeps them from being signed here, and taking one back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import null, text

from saas.campaigns.models import Campaign
from saas.campaigns.reviewing import wrote
from saas.kernel import clock
from saas.kernel.database import db, transaction
from saas.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Words, both_sides
from saas.review.applications import AGAIN, OPEN, STATES, StageApplication
from saas.tenants import audit
from saas.tenants.actor import Actor

HELD = text("""SELECT is_held(c, s) FROM campaigns c CROSS JOIN LATERAL all_stages(c) s
  WHERE c.id = :campaign AND s.stage = :stage""")
HELD_STAGES = text("""SELECT o.stage FROM campaigns c CROSS JOIN LATERAL open_stages(c) o
  WHERE c.id = :campaign AND c.state = 'awaiting_approval' AND is_held(c, o) ORDER BY o.stage""")
LISTED = text("""
  SELECT s.*, a.name AS account, m.name AS settler, k.kind, s.digest = c.digest AND c.state = 'awaiting_approval' AS stands
  FROM stage_applications s JOIN campaigns c ON c.id = s.campaign_id
    JOIN LATERAL all_stages(c) k ON k.stage = s.stage
    LEFT JOIN accounts a ON a.id = s.account_id LEFT JOIN members m ON m.id = s.settled_by
  WHERE s.campaign_id = :campaign ORDER BY s.id DESC""")
LATER = text("""SELECT EXISTS (SELECT 1 FROM stage_applications n JOIN stage_applications o ON o.id = :id
  WHERE n.id > o.id AND n.campaign_id = o.campaign_id AND n.stage = o.stage AND n.digest = o.digest)""")
NAMED = text("""SELECT p.person, m.name FROM approval_people p JOIN members m ON m.id = p.member_id
  WHERE p.account_id = ANY (:accounts)""")


@dataclass(frozen=True, slots=True)
class ByApplication:
    """That a word came by an application on a platform: it is for that stage alone."""

    id: int
    stage: int


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """An application as people see it: ``people`` have not decided; ``may_again``: a person may ask anew."""

    id: int
    stage: int
    kind: str
    account: str
    state: str
    words: Words
    approval: str
    reason: Words
    people: tuple[str, ...]
    made_at: datetime
    submitted_at: datetime | None
    seen_at: datetime | None
    settled_at: datetime | None
    settled_by: str
    may_again: bool
    may_take_back: bool


def is_held(campaign: Campaign, stage: int) -> bool:
    """Whether the stage is signed on a platform, not here."""
    return bool(db.session.scalar(HELD, {"campaign": campaign.id, "stage": stage}))


def held_now(campaign: Campaign) -> list[int]:
    """The open stages that are held."""
    return list(db.session.scalars(HELD_STAGES, {"campaign": campaign.id}))


def check_hold(campaign: Campaign, stage: int, by: ByApplication | None) -> None:
    """Conflict for a word said here of a stage that is held, and for an application's word of another stage."""
    if by is not None and by.stage != stage:
        raise Conflict("not_your_turn", ("这张审批单是另一级的", "the application is for another stage"))
    if by is None and is_held(campaign, stage):
        message = ("这一级在平台的审批里签，不在这里签", "this stage is signed in the platform's own approval, not here")
        remedy = (
            "在平台上审批；或请没有写过它的管理员改为在这里签",
            "decide there; or an admin who has not written it takes it back",
        )
        raise Conflict("held", message, remedy, stage=stage)


def applications_of(actor: Actor, campaign: Campaign) -> list[ApplicationView]:
    """Every application of a campaign, the newest first; none for a client's user."""
    if actor.client_id:
        return []
    rows = db.session.execute(LISTED, {"campaign": campaign.id}).all()
    names = {row.person.lower(): row.name for row in db.session.execute(NAMED, {"accounts": [row.account_id for row in rows]})}
    newest = {row.stage: row.id for row in reversed(rows)}
    mine = actor.may("manage_review") and not wrote(actor, campaign)
    return [
        ApplicationView(
            id=row.id, stage=row.stage, kind=row.kind, account=row.account or "", state=row.state, words=STATES[row.state],
            approval=row.approval, reason=both_sides(row.reason), made_at=row.made_at, submitted_at=row.submitted_at,
            people=tuple(names.get(person.lower(), person) for person in row.people), seen_at=row.seen_at,
            settled_at=row.settled_at, settled_by=row.settler or "",
            may_again=row.stands and row.state in AGAIN and newest[row.stage] == row.id,
            may_take_back=row.stands and row.state in (*AGAIN, *OPEN) and newest[row.stage] == row.id and mine,
        )
        for row in rows
    ]  # fmt: skip


def apply_again(actor: Actor, campaign_id: int, application_id: int) -> None:
    """Ask the platform anew after an application that came to nothing. NotFound; Conflict while one waits."""
    actor.need("send")
    with transaction() as session:
        campaign, row = _row(campaign_id, application_id)
        _check_stands(campaign, row, AGAIN)
        fresh = StageApplication(
            campaign_id=campaign.id, stage=row.stage, digest=campaign.digest, line_id=row.line_id, account_id=row.account_id,
            asked_by=actor.member_id,
        )  # fmt: skip
        session.add(fresh)
        session.flush()
        audit.note(actor, "review.application_again", str(campaign.id), **fresh.to_json())


def take_back(actor: Actor, campaign_id: int, application_id: int, reason: str) -> None:
    """From now on the stage is signed here, for exactly what the campaign says now: an admin's act who has not written it."""
    actor.need("manage_review")
    with transaction() as session:
        campaign, row = _row(campaign_id, application_id)
        if not reason.strip():
            raise Invalid("reason", ("请写明为什么改在这里签", "say why it is signed here"), field="reason")
        if wrote(actor, campaign):
            remedy = ("请另一位管理员操作", "another admin does it")
            raise Forbidden(
                ("作者不能把自己的活动改为在这里签", "the author does not take back a stage of their own campaign"), remedy
            )
        _check_stands(campaign, row, (*AGAIN, *OPEN))
        if row.settled_at is None:
            row.state, row.asks_at, row.settled_at, row.settled_by = "void", None, clock.now(), actor.member_id
            session.flush()
        session.add(
            StageApplication(
                campaign_id=campaign.id, stage=row.stage, digest=campaign.digest, line_id=row.line_id, account_id=row.account_id,
                state="released", reason=reason.strip()[:500], asked_by=actor.member_id, asks_at=null(),
                settled_by=actor.member_id, settled_at=clock.now(),
            )
        )  # fmt: skip
        session.flush()
        audit.note(actor, "review.application_taken_back", str(campaign.id), reason=reason.strip()[:500], **row.to_json())


def _row(campaign_id: int, application_id: int) -> tuple[Campaign, StageApplication]:
    """Both locked, the campaign first."""
    campaign = db.session.get(Campaign, campaign_id, with_for_update=True)
    row = db.session.get(StageApplication, application_id, with_for_update=True)
    if campaign is None or row is None or row.campaign_id != campaign_id:
        raise NotFound(("审批单", "application"), application_id)
    return campaign, row


def _check_stands(campaign: Campaign, row: StageApplication, states: tuple[str, ...]) -> None:
    stands = campaign.state == "awaiting_approval" and row.digest == campaign.digest and row.state in states
    if not stands or row.stage not in held_now(campaign) or db.session.scalar(LATER, {"id": row.id}):
        raise Conflict(
            "application_over", ("这张审批单现在不能这样处理", "nothing of the kind can be done with this application now")
        )
