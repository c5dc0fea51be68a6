"""Ordering reports that go out by themselves, and what their links show to people without a login."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from saas.kernel import clock
from saas.kernel.database import before_tenant, db, tenant_scope, transaction
from saas.kernel.errors import Invalid, NotFound, Words
from saas.reports.guests.service import Wanted, ask
from saas.reports.ordered import PERIODS, hash_of
from saas.reports.periods.report import PeriodReport
from saas.reports.periods.service import agency_report
from saas.reports.periods.spans import span
from saas.tenants import audit
from saas.tenants.actor import Actor, Role

MOST_ORDERS, MOST_DAYS = 200, 90
NO_ORDER: Words = ("定期报告", "ordered report")
NO_LINK: Words = ("报告链接", "report link")
LIST = text("""
  SELECT o.id, o.client_id, coalesce(k.name, '') AS client, o.period, o.hour, o.link_days, o.members, o.destinations,
    m.name AS by, o.at,
    (SELECT coalesce(array_agg(p.name ORDER BY p.name), '{}') FROM members p WHERE p.id = ANY (o.members)) AS people,
    (SELECT coalesce(array_agg(d.name ORDER BY d.name), '{}') FROM alert_destinations d
     WHERE d.id = ANY (o.destinations)) AS places
  FROM report_orders o JOIN members m ON m.id = o.member_id LEFT JOIN clients k ON k.id = o.client_id
  WHERE o.ended_at IS NULL ORDER BY o.id""")
LINKS = text("""
  SELECT l.id, l.order_id, coalesce(k.name, '') AS client, l.period, l.made_at, l.expires_at, l.views, l.seen_at,
    CASE WHEN l.revoked_at IS NOT NULL THEN 'revoked' WHEN l.expires_at <= :now THEN 'expired' ELSE 'open' END AS state
  FROM report_links l LEFT JOIN clients k ON k.id = l.client_id ORDER BY l.id DESC LIMIT 100""")
LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('report orders', tenant()))")
TWIN = text("""
  SELECT o.id, o.members && w.members AS of_member, coalesce(
    (SELECT min(p.name) FROM members p WHERE p.id = ANY (o.members) AND p.id = ANY (w.members)),
    (SELECT min(d.name) FROM alert_destinations d WHERE d.id = ANY (o.destinations) AND d.id = ANY (w.destinations))) AS whom
  FROM report_orders o,
    (SELECT CAST(:members AS bigint[]) AS members, CAST(:destinations AS bigint[]) AS destinations) w
  WHERE o.ended_at IS NULL AND o.client_id IS NOT DISTINCT FROM :client AND o.period = :period
    AND (o.members && w.members OR o.destinations && w.destinations) ORDER BY o.id LIMIT 1""")
ADD = text("""
  INSERT INTO report_orders (client_id, period, hour, members, destinations, link_days, member_id, at)
  VALUES (:client, :period, :hour, CAST(:members AS bigint[]), CAST(:destinations AS bigint[]), :days, :by, :now) RETURNING id""")


@dataclass(frozen=True, slots=True)
class Order:
    """One order; ``client`` empty: the agency's report. ``people`` by e-mail, ``places`` robots and webhooks."""

    id: int
    client_id: int | None
    client: str
    period: str
    hour: int
    link_days: int
    members: list[int]
    destinations: list[int]
    by: str
    at: datetime
    people: list[str]
    places: list[str]


@dataclass(frozen=True, slots=True)
class ReportLink:
    """A link that went out. ``state``: open, expired or revoked."""

    id: int
    order_id: int
    client: str
    period: str
    made_at: datetime
    expires_at: datetime
    views: int
    seen_at: datetime | None
    state: str


@dataclass(frozen=True, slots=True)
class LinkedReport:
    """What a visitor with a link may see: one report of one brand. ``actor`` is nobody's login and may see no more."""

    tenant: int
    actor: Actor
    period: str
    expires_at: datetime


def list_orders(actor: Actor) -> list[Order]:
    """Every order that stands."""
    actor.need("see_accounts")
    return [Order(**row) for row in db.session.execute(LIST).mappings()]


def add_order(
    actor: Actor,
    period: str,
    members: Sequence[int],
    destinations: Sequence[int] = (),
    client_id: int | None = None,
    hour: int = 9,
    link_days: int = 14,
    guests: Sequence[str] = (),
    locale: str = "zh",
) -> Order:
    """From its next end on a report goes out. A client's member can be sent that client's alone; ``guests`` are addresses
    outside, asked first, in the language ``locale``. Invalid, Conflict, NotFound, Forbidden."""
    actor.need("manage_rules")
    _check(period, hour, link_days, [*members, *destinations, *guests])
    _check_whom(client_id, members, destinations)
    with transaction() as session:
        values: dict[str, Any] = {"client": client_id, "period": period, "hour": hour, "days": link_days, "by": actor.member_id}
        values |= {"members": sorted(set(members)), "destinations": sorted(set(destinations)), "now": clock.now()}
        _refuse_twin(session, values)
        made = int(session.execute(ADD, values).scalar_one())
        audit.note(actor, "reports.order", f"order:{made}", client=client_id, period=period, members=values["members"])
        for email in guests:
            ask(session, actor, Wanted(made, client_id, period), email, locale)
    return next(one for one in list_orders(actor) if one.id == made)


def end_order(actor: Actor, order_id: int) -> None:
    """No more reports of it; links that are out go on until they expire. NotFound."""
    actor.need("manage_rules")
    with transaction() as session:
        query = text("UPDATE report_orders SET ended_at = :now WHERE id = :id AND ended_at IS NULL RETURNING id")
        if session.execute(query, {"now": clock.now(), "id": order_id}).first() is None:
            raise NotFound(NO_ORDER, order_id)
        audit.note(actor, "reports.order_ended", f"order:{order_id}")


def list_links(actor: Actor) -> list[ReportLink]:
    """The newest hundred links that went out."""
    actor.need("see_accounts")
    return [ReportLink(**row) for row in db.session.execute(LINKS, {"now": clock.now()}).mappings()]


def revoke_link(actor: Actor, link_id: int) -> None:
    """The link leads nowhere from now on. NotFound."""
    actor.need("manage_rules")
    with transaction() as session:
        query = text(
            "UPDATE report_links SET revoked_at = :now, revoked_by = :by WHERE id = :id AND revoked_at IS NULL RETURNING id"
        )
        if session.execute(query, {"now": clock.now(), "by": actor.member_id, "id": link_id}).first() is None:
            raise NotFound(NO_LINK, link_id)
        audit.note(actor, "reports.link_revoked", f"link:{link_id}")


def open_link(secret: str) -> LinkedReport:
    """What the link shows. Called outside every scope. NotFound: unknown, expired and revoked look the same."""
    with before_tenant(), transaction() as session:
        found = session.execute(text("SELECT * FROM whose_report(:hash)"), {"hash": hash_of(secret)}).first()
    if found is None:
        raise NotFound(NO_LINK)
    with tenant_scope(found.tenant_id), transaction() as session:
        query = text(
            "UPDATE report_links SET views = views + 1, seen_at = :now"
            " WHERE id = :id AND revoked_at IS NULL AND expires_at > :now RETURNING client_id, period, expires_at"
        )
        row = session.execute(query, {"id": found.link_id, "now": clock.now()}).first()
        if row is None:
            raise NotFound(NO_LINK)
        role: Role = "client_viewer" if row.client_id else "analyst"
        visitor = Actor(found.tenant_id, 0, role, "", f"link {found.link_id}", row.client_id, via="link")
        audit.note(visitor, "reports.link_opened", f"link:{found.link_id}", period=row.period)
    return LinkedReport(found.tenant_id, visitor, row.period, row.expires_at)


def linked_report(linked: LinkedReport) -> PeriodReport:
    """The report behind a link, inside its agency's scope."""
    return agency_report(linked.actor, span(linked.period))


def _check(period: str, hour: int, days: int, told: Sequence[object]) -> None:
    if period not in PERIODS:
        known = ", ".join(PERIODS)
        raise Invalid("bad_period", (f"没有“{period}”这种周期", f"there is no period '{period}'"), (known, known), "period")
    if not 0 <= hour <= 23:
        raise Invalid("bad_hour", ("小时要在 0–23", "the hour is 0 to 23"), ("例如 9", "such as 9"), "hour")
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(
            "bad_days",
            (f"链接有效 1–{MOST_DAYS} 天", f"a link lives 1 to {MOST_DAYS} days"),
            ("例如 14", "such as 14"),
            "link_days",
        )
    if not told:
        raise Invalid(
            "nobody_told", ("没有写发给谁", "nobody would be told"), ("选择成员或去处", "name members or destinations"), "members"
        )


def _refuse_twin(session: Session, values: dict[str, Any]) -> None:
    """One report goes to one person or place by one order. Invalid."""
    session.execute(LOCK)
    twin = session.execute(TWIN, values).first()
    if twin:
        words = (f"“{twin.whom}”已由定期报告 {twin.id} 收到同一份报告", f"'{twin.whom}' gets the same report by order {twin.id}")
        remedy = (f"去掉“{twin.whom}”，或先停用定期报告 {twin.id}", f"leave '{twin.whom}' out, or end order {twin.id} first")
        raise Invalid("order_known", words, remedy, "members" if twin.of_member else "destinations", order=twin.id)


def _check_whom(client_id: int | None, members: Sequence[int], destinations: Sequence[int]) -> None:
    if client_id is not None and not db.session.scalar(text("SELECT 1 FROM clients WHERE id = :id"), {"id": client_id}):
        raise NotFound(("客户", "client"), client_id)
    people = text(
        "SELECT id FROM members WHERE id = ANY (:ids) AND disabled_at IS NULL AND (client_id IS NULL OR client_id = :client)"
    )
    known = set(db.session.scalars(people, {"ids": list(members), "client": client_id}))
    if strangers := set(members) - known:
        raise NotFound(("成员", "member"), min(strangers))
    places = text("SELECT id FROM alert_destinations WHERE id = ANY (:ids) AND removed_at IS NULL")
    if gone := set(destinations) - set(db.session.scalars(places, {"ids": list(destinations)})):
        raise NotFound(("告警去处", "destination"), min(gone))
    if (db.session.scalar(text("SELECT count(*) FROM report_orders WHERE ended_at IS NULL")) or 0) >= MOST_ORDERS:
        words = (f"最多 {MOST_ORDERS} 个定期报告", f"{MOST_ORDERS} orders at most")
        raise Invalid("too_many", words, ("先停用一个", "end one first"), "period")
