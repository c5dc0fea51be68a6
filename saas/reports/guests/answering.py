"""What a guest says behind the link of a mail: yes, no more of this, or never again. Looking at the page decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from saas.kernel import clock
from saas.kernel.database import before_tenant, tenant_scope, transaction
from saas.kernel.errors import Invalid, NotFound, Words
from saas.reports.guests.policy import TAGGED, Asking, State, mailbox, masked
from saas.reports.ordered import hash_of
from saas.tenants import audit
from saas.tenants.actor import Actor

NO_LINK: Words = ("链接", "link")
Word = Literal["yes", "stop", "never"]
FIND = text("""
  SELECT g.order_id, g.asked_at, g.expires_at, g.confirmed_at, g.stopped_at, g.refused,
    coalesce(g.removed_at, o.ended_at) AS removed_at, g.email, o.client_id, o.period, k.name AS client, t.name AS agency
  FROM report_guests g JOIN report_orders o ON o.id = g.order_id JOIN clients k ON k.id = o.client_id
  JOIN tenants t ON t.id = g.tenant_id WHERE g.id = :id FOR UPDATE OF g""")
YES = text("""
  UPDATE report_guests SET confirmed_at = :now
  WHERE id = :id AND confirmed_at IS NULL AND stopped_at IS NULL AND removed_at IS NULL AND expires_at > :now RETURNING id""")
STOP = text("UPDATE report_guests SET stopped_at = :now WHERE id = :id AND stopped_at IS NULL RETURNING id")
NEVER = text(r"""
  UPDATE report_guests SET stopped_at = coalesce(stopped_at, :now), refused = refused OR id = :id
  WHERE regexp_replace(email, :tagged, '\1@') = :mailbox AND (id = :id OR stopped_at IS NULL) AND NOT refused RETURNING id""")
SAYS: dict[Word, tuple[Any, str]] = {
    "yes": (YES, "reports.guest_confirmed"),
    "stop": (STOP, "reports.guest_stopped"),
    "never": (NEVER, "reports.guest_refused"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page behind the link says: who asks, for what, whom (masked), and how it stands."""

    tenant: int
    agency: str
    client: str
    period: str
    email: str
    state: State
    expires_at: datetime


def open_key(secret: str) -> Asked:
    """What a guest is asked. Called outside every scope. NotFound: an unknown link."""
    return _with_key(secret, None)


def answer(secret: str, word: str) -> Asked:
    """Say it; what cannot be said any more changes nothing, and the answer tells how it stands. NotFound, Invalid."""
    if word not in SAYS:
        known = ", ".join(SAYS)
        raise Invalid("bad_word", ("没有这个选择", "there is no such choice"), (known, known), "word")
    return _with_key(secret, word)


def _with_key(secret: str, word: Word | None) -> Asked:
    with before_tenant(), transaction() as session:
        found = session.execute(text("SELECT * FROM whose_guest(:hash)"), {"hash": hash_of(secret)}).first()
    if found is None:
        raise NotFound(NO_LINK)
    with tenant_scope(found.tenant_id), transaction() as session:
        if word:
            _say(session, found.tenant_id, found.guest_id, word)
        return _asked(found.tenant_id, session.execute(FIND, {"id": found.guest_id}).one())


def _say(session: Session, tenant: int, guest: int, word: Word) -> None:
    row = session.execute(FIND, {"id": guest}).one()
    if word == "yes" and _asked(tenant, row).state != "asked":
        return
    statement, action = SAYS[word]
    if session.execute(statement, {"id": guest, "tagged": TAGGED, "mailbox": mailbox(row.email), "now": clock.now()}).first():
        visitor = Actor(tenant, 0, "client_viewer", "", f"guest {guest}", row.client_id, via="link")
        audit.note(visitor, action, f"guest:{guest}", order=row.order_id, client=row.client_id)


def _asked(tenant: int, row: Any) -> Asked:
    facts = (
        row.client_id,
        row.period,
        row.asked_at,
        row.expires_at,
        row.confirmed_at,
        row.stopped_at,
        row.refused,
        row.removed_at,
    )
    return Asked(tenant, row.agency, row.client, row.period, masked(row.email), Asking(*facts).state(clock.now()), row.expires_at)
