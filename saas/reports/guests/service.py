"""Guests of an order as the agency sees them: asked, listed, removed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from saas.kernel import clock
from saas.kernel.database import db, transaction
from saas.kernel.errors import Conflict, Invalid, NotFound, Words
from saas.reports.guests.policy import (
    GOOD_FOR,
    TAGGED,
    Asking,
    Room,
    State,
    check_email,
    check_may_ask,
    check_room,
    mailbox,
    masked,
)
from saas.tenants import audit
from saas.tenants.actor import Actor

NO_GUEST: Words = ("外部收件人", "guest")
LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('report guests', tenant()))")
HISTORY = text(r"""
  SELECT o.client_id, o.period, g.asked_at, g.expires_at, g.confirmed_at, g.stopped_at, g.refused,
    coalesce(g.removed_at, o.ended_at) AS removed_at
  FROM report_guests g JOIN report_orders o ON o.id = g.order_id
  WHERE regexp_replace(email, :tagged, '\1@') = :mailbox""")
ROOM = text("""
  SELECT count(*) FILTER (WHERE g.order_id = :order AND stands) AS of_order,
    count(*) FILTER (WHERE o.client_id = :client AND o.ended_at IS NULL AND stands) AS of_client,
    count(*) FILTER (WHERE o.client_id = :client AND g.asked_at > :day) AS of_client_day,
    count(*) FILTER (WHERE g.asked_at > :day) AS of_day
  FROM report_guests g JOIN report_orders o ON o.id = g.order_id,
    LATERAL (SELECT g.stopped_at IS NULL AND g.removed_at IS NULL
             AND (g.confirmed_at IS NOT NULL OR g.expires_at > :now) AS stands) s""")
CLOSE = text("""
  UPDATE report_guests SET removed_at = :now, removed_by = :by
  WHERE order_id = :order AND email = :email AND stopped_at IS NULL AND removed_at IS NULL""")
ASK = text("""
  INSERT INTO report_guests (order_id, email, locale, member_id, asked_at, expires_at)
  VALUES (:order, :email, :locale, :by, :now, :until) RETURNING id""")
LIST = text("""
  SELECT * FROM (
    SELECT DISTINCT ON (g.order_id, g.email) g.id, g.order_id, g.email, g.locale, m.name AS by, g.asked_at, g.expires_at,
      g.confirmed_at, g.stopped_at, g.refused, g.removed_at, o.client_id, o.period,
      coalesce((SELECT n.state FROM alert_notices n JOIN alerts a ON a.id = n.alert_id
                WHERE n.guest_id = g.id AND a.kind = 'invitation' ORDER BY n.id DESC LIMIT 1), 'due') AS mail
    FROM report_guests g JOIN members m ON m.id = g.member_id JOIN report_orders o ON o.id = g.order_id
    WHERE o.ended_at IS NULL AND g.removed_at IS NULL
    ORDER BY g.order_id, g.email, g.id DESC) x
  ORDER BY order_id, id""")
REMOVE = text("""
  UPDATE report_guests SET removed_at = :now, removed_by = :by WHERE id = :id AND removed_at IS NULL RETURNING order_id, email""")
REVOKE = text("""
  UPDATE report_links SET revoked_at = :now, revoked_by = :by
  WHERE guest_id IN (SELECT id FROM report_guests WHERE order_id = :order AND email = :email) AND revoked_at IS NULL""")


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody outside who is asked, or gets, the reports of an order. ``mail``: what became of the mail that asks."""

    id: int
    order_id: int
    email: str
    locale: str
    by: str
    asked_at: datetime
    expires_at: datetime
    confirmed_at: datetime | None
    stopped_at: datetime | None
    state: State
    mail: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a guest is asked for: the report of a client and a period, by an order that stands."""

    order_id: int
    client_id: int | None
    period: str


def list_guests(actor: Actor) -> list[Guest]:
    """Everybody outside of every order that stands, by order; the newest asking of each."""
    actor.need("see_accounts")
    now = clock.now()
    return [_guest(row, now) for row in db.session.execute(LIST)]


def invite_guest(actor: Actor, order_id: int, email: str, locale: str = "zh") -> Guest:
    """Ask an address, once, whether it wants the reports of an order. NotFound, Invalid, Conflict, Forbidden."""
    actor.need("manage_rules")
    with transaction() as session:
        query = text("SELECT client_id, period FROM report_orders WHERE id = :id AND ended_at IS NULL")
        order = session.execute(query, {"id": order_id}).first()
        if order is None:
            raise NotFound(("定期报告", "ordered report"), order_id)
        made = ask(session, actor, Wanted(order_id, order.client_id, order.period), email, locale)
    return next(one for one in list_guests(actor) if one.id == made)


def ask(session: Session, actor: Actor, wanted: Wanted, email: str, locale: str) -> int:
    """The same in the caller's transaction."""
    kept, now = check_email(email), clock.now()
    client_id = _check_whose(session, wanted.client_id, kept, locale)
    session.execute(LOCK)
    rows = session.execute(HISTORY, {"tagged": TAGGED, "mailbox": mailbox(kept)})
    check_may_ask([Asking(**row) for row in rows.mappings()], client_id, wanted.period, now)
    about = {"order": wanted.order_id, "client": client_id, "now": now, "day": now - timedelta(days=1)}
    check_room(Room(**session.execute(ROOM, about).mappings().one()))
    values: dict[str, Any] = {"order": wanted.order_id, "email": kept, "locale": locale, "by": actor.member_id, "now": now}
    session.execute(CLOSE, values)
    made = int(session.execute(ASK, values | {"until": now + GOOD_FOR}).scalar_one())
    audit.note(actor, "reports.guest_asked", f"guest:{made}", order=wanted.order_id, client=client_id, address=masked(kept))
    return made


def remove_guest(actor: Actor, guest_id: int) -> None:
    """No more reports to them, and the links they were sent lead nowhere. NotFound."""
    actor.need("manage_rules")
    with transaction() as session:
        values: dict[str, Any] = {"id": guest_id, "now": clock.now(), "by": actor.member_id}
        gone = session.execute(REMOVE, values).first()
        if gone is None:
            raise NotFound(NO_GUEST, guest_id)
        session.execute(REVOKE, values | {"order": gone.order_id, "email": gone.email})
        audit.note(actor, "reports.guest_removed", f"guest:{guest_id}", order=gone.order_id, address=masked(gone.email))


def guests_by_order(guests: Iterable[Guest]) -> dict[int, list[Guest]]:
    """For lists of orders."""
    found: dict[int, list[Guest]] = {}
    for one in guests:
        found.setdefault(one.order_id, []).append(one)
    return found


def _guest(row: Any, now: datetime) -> Guest:
    own = dict(row._mapping)
    client, period, refused, removed = (own.pop(name) for name in ("client_id", "period", "refused", "removed_at"))
    times = (own["asked_at"], own["expires_at"], own["confirmed_at"], own["stopped_at"])
    return Guest(**own, state=Asking(client, period, *times, refused, removed).state(now))


def _check_whose(session: Session, client_id: int | None, email: str, locale: str) -> int:
    """The client whose report it is, and nobody else's; for an address that is not a member's. Invalid, Conflict."""
    if client_id is None:
        words = ("整个机构的报告不能发给外部收件人", "the agency's own report goes to nobody outside")
        raise Invalid("guest_of_agency", words, ("请选择一位客户的报告", "choose a client's report"), "client_id")
    if locale not in ("zh", "en"):
        raise Invalid("locale", ("语言只能是 zh 或 en", "the language is zh or en"), field="locale")
    member = text(r"SELECT 1 FROM members WHERE regexp_replace(email, :tagged, '\1@') = :mailbox AND disabled_at IS NULL")
    if session.scalar(member, {"tagged": TAGGED, "mailbox": mailbox(email)}):
        words = ("此邮箱是成员", "this address is a member's")
        raise Conflict("guest_is_member", words, ("在“邮件发给”里选择这位成员", "choose the member instead"))
    return client_id
