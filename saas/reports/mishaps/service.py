"""Entering a mishap by hand, and withdrawing one that was none."""

from __future__ import annotations

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from saas.accounts.models import Account
from saas.delivery.models import Dispatch
from saas.kernel import clock
from saas.kernel.database import db, transaction
from saas.kernel.errors import Conflict, Invalid, NotFound
from saas.reports.mishaps.entered import entered
from saas.reports.periods.lines import incidents
from saas.reports.periods.report import Incident
from saas.reports.periods.rows import EVER, Scope, sent_between
from saas.tenants import audit
from saas.tenants.actor import Actor

KINDS = ("folded", "reprint")
LONGEST = 200
ADD = text("INSERT INTO mishaps (dispatch_id, kind, note, member_id) VALUES (:dispatch, :kind, :note, :by) RETURNING id")


def enter_mishap(actor: Actor, campaign_id: int, key: str, kind: str, note: str) -> int:
    """A campaign was folded on an account, or judged a reprint. Invalid, NotFound; Conflict: not out, or told before."""
    actor.need("write")
    note = note.strip()
    _check(kind, note)
    query = select(Dispatch).join(Account, Account.id == Dispatch.account_id)
    dispatch = db.session.scalar(query.where(Dispatch.campaign_id == campaign_id, Account.key == key))
    if dispatch is None:
        raise NotFound(("账号", "account"), key)
    if not dispatch.accepted and not dispatch.delivered:
        words = ("还没有发出，没有可登记的", "nothing of it is out yet")
        raise Conflict("nothing_out", words, ("发出后再登记", "enter it afterwards"))
    try:
        with transaction() as session:
            values = {"dispatch": dispatch.id, "kind": kind, "note": note, "by": actor.member_id}
            made = int(session.execute(ADD, values).scalar_one())
            audit.note(actor, "incidents.enter", str(campaign_id), account=key, kind=kind, note=note, incident=made)
    except IntegrityError as fault:
        words = ("已经登记过", "it is entered already")
        raise Conflict("entered_already", words, ("要改先撤下", "withdraw that one first")) from fault
    return made


def withdraw_mishap(actor: Actor, mishap_id: int) -> None:
    """It was none; that it was entered stays in the audit log. Forbidden; NotFound."""
    actor.need("write")
    with transaction() as session:
        query = text("UPDATE mishaps SET withdrawn_at = :now WHERE id = :id AND withdrawn_at IS NULL RETURNING dispatch_id")
        if session.execute(query, {"now": clock.now(), "id": mishap_id}).first() is None:
            raise NotFound(("事件", "incident"), mishap_id)
        audit.note(actor, "incidents.withdraw", f"incident:{mishap_id}")


def incidents_of(actor: Actor, campaign_id: int) -> list[Incident]:
    """Everything that did not go as planned in a campaign, and what was entered by hand; of a client's user its own."""
    actor.need("see")
    rows = sent_between(Scope(client=actor.client_id, campaign=campaign_id), *EVER)
    return incidents(rows, clock.now(), entered([row.dispatch for row in rows]))


def _check(kind: str, note: str) -> None:
    if kind not in KINDS:
        known = ", ".join(KINDS)
        words = (f"不能登记“{kind}”", f"'{kind}' cannot be entered")
        raise Invalid("bad_kind", words, (f"可用：{known}", f"there are: {known}"), "kind")
    if not 1 <= len(note) <= LONGEST:
        words = (f"写明在哪里看到的，1–{LONGEST} 字", f"say where it was seen, in 1 to {LONGEST} characters")
        raise Invalid("bad_note", words, ("例如：客户发来的截图", "such as: a screenshot from the client"), "note")
