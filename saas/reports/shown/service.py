"""Choosing which figures a client's people see, and asking for the choice wherever something is shown to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from saas.kernel.database import db, transaction
from saas.kernel.errors import NotFound
from saas.reports.shown.policy import ALL_SHOWN, Hidden, checked
from saas.tenants import audit
from saas.tenants.actor import Actor
from saas.tenants.models import Client

HIDDEN = text("SELECT hidden FROM client_figures WHERE client_id = :client")
CHOSEN = text("""
  SELECT f.hidden, m.name AS by, f.at FROM client_figures f
  JOIN members m ON m.tenant_id = f.tenant_id AND m.id = f.member_id WHERE f.client_id = :client""")
CHOOSE = text("""
  INSERT INTO client_figures (client_id, hidden, member_id) VALUES (:client, CAST(:hidden AS text[]), :by)
  ON CONFLICT (client_id, tenant_id) DO UPDATE SET hidden = excluded.hidden, member_id = excluded.member_id,
    at = clock_timestamp()""")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a client's people do not see, and who chose so when; nobody has yet: all is shown."""

    client_id: int
    client: str
    hidden: list[str]
    by: str = ""
    at: datetime | None = None


def hidden_from(client_id: int | None) -> Hidden:
    """What the people of this client do not see; the agency's own (None) see all."""
    if client_id is None:
        return ALL_SHOWN
    return frozenset(db.session.scalar(HIDDEN, {"client": client_id}) or ())


def chosen(actor: Actor, client_id: int) -> Chosen:
    """The choice as it stands. Forbidden; NotFound."""
    actor.need("manage_accounts")
    client = _client(client_id)
    row: Any = db.session.execute(CHOSEN, {"client": client_id}).first()
    return Chosen(client_id, client.name, sorted(row.hidden), row.by, row.at) if row else Chosen(client_id, client.name, [])


def choose(actor: Actor, client_id: int, hidden: Iterable[str]) -> Chosen:
    """From now on these are left out of everything the client's people see; none: all is shown. Forbidden, NotFound, Invalid."""
    actor.need("manage_accounts")
    _client(client_id)
    names = sorted(checked(hidden))
    with transaction() as session:
        before = sorted(hidden_from(client_id))
        session.execute(CHOOSE, {"client": client_id, "hidden": names, "by": actor.member_id})
        audit.note(actor, "reports.figures", f"client:{client_id}", hidden=names, before=before)
    return chosen(actor, client_id)


def _client(client_id: int) -> Client:
    found = db.session.get(Client, client_id)
    if found is None:
        raise NotFound(("客户", "client"), client_id)
    return found
