"""Taking over what approvers decided: by the service that signs on the page, in one transaction with the application's end.

Who decided must be known here, have the right of the stage, and not have written the campaign. Whoever does not is not counted,
whatever the platform says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from saas.campaigns.approving import campaign_for, send_back, sign
from saas.campaigns.holding import ByApplication
from saas.channels.approval import ApprovalState, Opinion
from saas.delivery.release import go_if_asked
from saas.kernel import clock
from saas.kernel.database import db, transaction
from saas.kernel.errors import Problem, Words
from saas.review.applications import StageApplication, next_look
from saas.tenants import audit
from saas.tenants.actor import Actor
from saas.tenants.models import Member
from saas.tenants.views import actor_of

LONGEST_REASON = 500
WHO = text("""SELECT p.member_id, is_author(c, p.made_by) AS by_author FROM approval_people p JOIN campaigns c ON c.id = :campaign
  WHERE p.account_id = :account AND lower(p.person) = lower(:person)""")
OVER = ("changed", "not_waiting", "too_late")
LATER = ("warnings_open",)


@dataclass(frozen=True, slots=True)
class Seen:
    """A row of ours as it was when the platform was asked."""

    id: int
    campaign_id: int
    stage: int
    digest: str
    account_id: int
    channel: str
    approval: str


def decide(row: Seen, told: ApprovalState) -> None:
    """Write what the platform says of an application that waits."""
    match told.state:
        case "waiting":
            _still(row, [one.person for one in told.opinions if one.word == "waiting"])
        case "withdrawn" | "deleted":
            gone = ("审批单已被申请人撤销", "it was withdrawn by who applied")
            _end(row, "withdrawn", gone if told.state == "withdrawn" else ("审批单已被删除", "it was deleted"))
        case "approved" | "refused":
            _take_over(row, told.state == "approved", told.opinions)


def _take_over(row: Seen, approved: bool, opinions: Sequence[Opinion]) -> None:
    """By the word of the last of those who said it and may; else it counts for nothing, with the reasons of each."""
    why: list[Words] = []
    word = "approved" if approved else "refused"
    for opinion in sorted((one for one in opinions if one.word == word), key=lambda one: -one.at):
        for actor in _who(row, opinion.person, why):
            try:
                _say(row, actor, approved, opinion)
            except Problem as fault:
                if fault.code in LATER:
                    _still(row, [], fault.message)
                    return
                if fault.code in OVER:
                    _end(row, "void", fault.message)
                    return
                why.append((f"{opinion.person}：{fault.message[0]}", f"{opinion.person}: {fault.message[1]}"))
            else:
                return
    nobody = ("平台没有说是谁", "the platform does not say who")
    _end(row, "uncounted", ("；".join(zh for zh, _ in why) or nobody[0], "; ".join(en for _, en in why) or nobody[1]))


def _who(row: Seen, person: str, why: list[Words]) -> Iterator[Actor]:
    """The member of that name there, or the reason why nobody is."""
    values = {"campaign": row.campaign_id, "account": row.account_id, "person": person}
    known = db.session.execute(WHO, values).first()
    member = db.session.get(Member, known.member_id) if known and not known.by_author else None
    if known is None:
        why.append((f"{person} 不是这里的成员", f"{person} is no member here"))
    elif known.by_author:
        why.append((f"{person} 是谁由作者自己登记，不算", f"who {person} is was entered by the author"))
    elif member is None or member.disabled_at:
        why.append((f"{person} 的成员已停用", f"the member of {person} is disabled"))
    else:
        yield actor_of(member, row.channel)
    db.session.rollback()


def _say(row: Seen, actor: Actor, approved: bool, opinion: Opinion) -> None:
    """The word, the end of the application, and a release that waited for it: one transaction."""
    by, note = ByApplication(row.id, row.stage), _note(row, opinion)
    with transaction():
        campaign = campaign_for(row.campaign_id, lock=True)
        application = _locked(row)
        if application is None:
            return
        if approved:
            is_last = sign(actor, campaign.id, row.digest, note, by)
        else:
            is_last = False
            send_back(actor, campaign.id, row.digest, note, by)
        _close(application, "approved" if approved else "refused", (opinion.speech, opinion.speech), actor.member_id)
        db.session.flush()
        if is_last:
            go_if_asked(actor, campaign)


def _note(row: Seen, opinion: Opinion) -> str:
    speech = opinion.speech or ("" if opinion.word == "approved" else "驳回，没有写意见 / refused without words")
    return f"{speech} [{row.channel} {row.approval}]".strip()


def _still(row: Seen, people: Sequence[str], why: Words = ("", "")) -> None:
    with transaction():
        application = _locked(row)
        if application is None:
            return
        now = clock.now()
        application.people, application.seen_at, application.reason = list(people), now, _joined(why)
        application.asks_at = now + next_look(application.submitted_at or now, now)


def _end(row: Seen, state: str, why: Words) -> None:
    with transaction():
        application = _locked(row)
        if application is not None:
            _close(application, state, why, None)
            audit.note(None, f"review.application_{state}", str(row.campaign_id), reason=why[1], **application.to_json())


def _locked(row: Seen) -> StageApplication | None:
    """The row where it still waits under the same number. Locked after the campaign by whoever locks both."""
    application = db.session.get(StageApplication, row.id, with_for_update=True, populate_existing=True)
    fits = application is not None and application.state == "waiting" and application.approval == row.approval
    return application if fits else None


def _close(application: StageApplication, state: str, why: Words, member: int | None) -> None:
    now = clock.now()
    application.state, application.reason, application.settled_at, application.settled_by = state, _joined(why), now, member
    application.asks_at, application.people, application.seen_at = None, [], now


def _joined(why: Words) -> str:
    """Both languages as channels give them; one's own words once."""
    return (why[0] if why[0] == why[1] else " / ".join(why))[:LONGEST_REASON]
