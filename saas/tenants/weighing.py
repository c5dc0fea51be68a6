"""How much of the workers' time each agency gets beside the others: whoever runs the installation says so, not a member."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, text

from saas.kernel.database import before_tenant, db, tenant_scope, transaction
from saas.kernel.errors import Invalid, NotFound
from saas.tenants.audit import note
from saas.tenants.models import Tenant

MOST = 100


@dataclass(frozen=True, slots=True)
class Weighed:
    """An agency and its weight: with others waiting it gets so many turns in a row."""

    slug: str
    name: str
    weight: int


def list_weights() -> list[Weighed]:
    """Every agency of the installation. Called outside every scope."""
    with before_tenant():
        weights = {row.id: row.weight for row in db.session.execute(text("SELECT id, weight FROM tenant_weights()"))}
        rows = db.session.execute(text("SELECT id, slug, name FROM all_tenants()")).all()
    return [Weighed(row.slug, row.name, weights.get(row.id, 1)) for row in rows]


def set_weight(slug: str, weight: int) -> None:
    """Give an agency a weight; running schedulers learn it within seconds. NotFound, Invalid. Called outside every scope."""
    if not 1 <= weight <= MOST:
        raise Invalid("out_of_range", (f"权重须在 1 到 {MOST} 之间", f"the weight must be between 1 and {MOST}"), field="weight")
    with before_tenant():
        query = text("SELECT id FROM all_tenants() WHERE slug = :slug")
        tenant = db.session.scalar(query, {"slug": slug})
    if tenant is None:
        raise NotFound(("机构", "agency"))
    with tenant_scope(int(tenant)), transaction() as session:
        row = session.scalars(select(Tenant).with_for_update()).one()
        before, row.weight = row.weight, weight
        note(None, "tenants.weight", f"tenant:{tenant}", before=before, weight=weight)
