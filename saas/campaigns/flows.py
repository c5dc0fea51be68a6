"""Writing down how a client's campaigns are reviewed, and who signs for whom while somebody is away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from saas.kernel import clock
from saas.kernel.database import db, transaction
from saas.kernel.errors import Forbidden, Invalid, NotFound
from saas.review.models import Delegation, ReviewFlow
from saas.review.stages import SIGNING_ROLES, USUAL, Flow, StageRule, check_flow
from saas.tenants import audit
from saas.tenants.actor import Actor
from saas.tenants.models import Client, Member

LONGEST = timedelta(days=90)


def save_flow(
    actor: Actor, client_id: int | None, rules: Sequence[StageRule], distinct_people: bool = True, reasons: bool = True
) -> None:
    """From now on campaigns of the client (None: of every client without a flow) begin under this flow; no stages: the usual one.

    Forbidden, NotFound, Invalid.
    """
    actor.need("manage_review")
    flow = Flow(tuple(rules), distinct_people, reasons, client_id)
    check_flow(flow)
    with transaction() as session:
        if client_id is not None and session.get(Client, client_id) is None:
            raise NotFound(("客户", "client"), client_id)
        _check_named({member for rule in rules for member in rule.members})
        stages = [rule.to_json() for rule in rules]
        session.add(
            ReviewFlow(
                client_id=client_id, stages=stages, distinct_people=distinct_people, reasons=reasons, member_id=actor.member_id
            )
        )
        subject = f"client:{client_id}" if client_id else "agency"
        audit.note(actor, "review.flow", subject, stages=stages, distinct_people=distinct_people, reasons=reasons)


def _check_named(members: set[int]) -> None:
    query = select(Member.id).where(Member.id.in_(members), Member.role.in_(SIGNING_ROLES), Member.disabled_at.is_(None))
    if members - set(db.session.scalars(query)):
        message = ("指定的成员里有人不能审批", "one of the named members cannot sign")
        raise Invalid("bad_flow", message, ("只能指定所有者、管理员和审核", "name owners, admins and reviewers"), "members")


def list_flows(actor: Actor) -> list[tuple[str, Flow]]:
    """The flow of the agency ("") and of every client, by name; of a client without its own, no stages."""
    actor.need("see_accounts")
    query = select(ReviewFlow, Member.name).join(Member, Member.id == ReviewFlow.member_id).order_by(ReviewFlow.id)
    newest = {row.client_id: _flow(row, name) for row, name in db.session.execute(query)}
    clients = db.session.execute(select(Client.id, Client.name).order_by(Client.name)).all()
    agency = newest.get(None)
    found = [("", agency if agency and agency.stages else USUAL)]
    return found + [(name, newest.get(id) or Flow((), client_id=id)) for id, name in clients]


def _flow(row: ReviewFlow, name: str) -> Flow:
    rules = tuple(StageRule.from_json(stage) for stage in row.stages)
    return Flow(rules, row.distinct_people, row.reasons, row.client_id, name, row.at)


def client_named(name: str) -> int | None:
    """The client of that name; None for the agency itself. NotFound."""
    if not name:
        return None
    found = db.session.scalar(select(Client.id).where(Client.name == name))
    if found is None:
        raise NotFound(("客户", "client"), name)
    return found


def signers(actor: Actor) -> list[tuple[int, str, str]]:
    """Who can be named for a stage: (id, name, role)."""
    actor.need("see_accounts")
    query = select(Member.id, Member.name, Member.role).where(Member.role.in_(SIGNING_ROLES), Member.disabled_at.is_(None))
    return [(row.id, row.name, row.role) for row in db.session.execute(query.order_by(Member.name))]


@dataclass(frozen=True, slots=True)
class StandIn:
    """Somebody signs in somebody's name for a time."""

    id: int
    member: str
    substitute: str
    from_at: datetime
    until_at: datetime
    reason: str
    ended_at: datetime | None


def delegate(
    actor: Actor, substitute: str, from_at: datetime, until_at: datetime, reason: str = "", member: str | None = None
) -> int:
    """The substitute (by e-mail) signs in the member's name until then; one's own unless an admin names another's."""
    actor.need("sign")
    with transaction() as session:
        whose, who = _member(member or actor.email), _member(substitute)
        if whose.id != actor.member_id:
            actor.need("manage_members")
        _check_delegation(whose, who, from_at, until_at)
        line = Delegation(
            member_id=whose.id,
            substitute_id=who.id,
            from_at=from_at,
            until_at=until_at,
            reason=reason,
            made_by=actor.member_id,
        )
        session.add(line)
        session.flush()
        times = {"from_at": from_at.isoformat(), "until_at": until_at.isoformat()}
        audit.note(actor, "review.delegate", f"member:{whose.id}", substitute=who.email, reason=reason, **times)
        return line.id


def _member(email: str) -> Member:
    found = db.session.scalar(select(Member).where(Member.email == email.strip().lower(), Member.disabled_at.is_(None)))
    if found is None:
        raise NotFound(("成员", "member"), email)
    return found


def _check_delegation(whose: Member, who: Member, from_at: datetime, until_at: datetime) -> None:
    if whose.id == who.id:
        message = ("不能委托给自己", "nobody stands in for themselves")
        raise Invalid("substitute", message, ("请选另一个人", "name somebody else"), "substitute")
    if not from_at < until_at <= from_at + LONGEST or until_at < clock.now():
        message = ("委托时间不对，最长 90 天", "the time is wrong: at most 90 days")
        raise Invalid(
            "until", message, ("结束要晚于开始，且在将来", "the end comes after the beginning, and is to come"), "until"
        )
    same_side = who.role in SIGNING_ROLES and whose.role in SIGNING_ROLES
    same_client = who.role == whose.role == "client_approver" and who.client_id == whose.client_id
    if not (same_side or same_client):
        message = (f"{who.name} 没有审批权，不能代签", f"{who.name} has no right to sign")
        raise Invalid("substitute", message, ("请选有审批权的成员", "name a member who can sign"), "substitute")


def end_delegation(actor: Actor, delegation_id: int) -> None:
    """It holds no longer. NotFound; Forbidden for others' but an admin."""
    actor.need("sign")
    with transaction() as session:
        line = session.get(Delegation, delegation_id)
        if line is None:
            raise NotFound(("委托", "delegation"), delegation_id)
        if actor.member_id != line.member_id and not actor.may("manage_members"):
            raise Forbidden(("只能结束自己的委托", "only one's own"), ("请联系管理员", "ask an admin"))
        line.ended_at = line.ended_at or clock.now()
        audit.note(actor, "review.delegation_ended", f"member:{line.member_id}")


def list_delegations(actor: Actor) -> list[StandIn]:
    """Those that hold or will: one's own and those to oneself; of everybody for an admin."""
    actor.need("sign")
    query = (
        select(Delegation).where(Delegation.ended_at.is_(None), Delegation.until_at > clock.now()).order_by(Delegation.from_at)
    )
    if not actor.may("manage_members"):
        query = query.where((Delegation.member_id == actor.member_id) | (Delegation.substitute_id == actor.member_id))
    lines = list(db.session.scalars(query))
    people = {line.member_id for line in lines} | {line.substitute_id for line in lines}
    names = {row.id: row.name for row in db.session.execute(select(Member.id, Member.name).where(Member.id.in_(people)))}
    return [
        StandIn(
            line.id, names[line.member_id], names[line.substitute_id], line.from_at, line.until_at, line.reason, line.ended_at
        )
        for line in lines
    ]
