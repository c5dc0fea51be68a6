"""The second wall's foundation: the role we connect as must be one that row-level security binds."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.engine import Connection

_QUESTION = text("""
SELECT r.rolsuper, r.rolbypassrls, r.rolcreaterole,
       EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
                 AND pg_has_role(current_user, c.relowner, 'MEMBER')) AS owns,
       EXISTS (SELECT 1 FROM pg_roles o WHERE (o.rolsuper OR o.rolbypassrls) AND o.rolname <> current_user
               AND pg_has_role(current_user, o.oid, 'MEMBER')) AS climbs
FROM pg_roles r WHERE r.rolname = current_user""")


class WallDown(Exception):
    """The database role is not bound by row-level security: the application must not start with it."""


def check_role(connection: Connection) -> None:
    """Raise WallDown when our role is a superuser, passes row-level security, owns a table or can become one who does."""
    row = connection.execute(_QUESTION).one()
    faults = {
        "is a superuser": row.rolsuper,
        "has BYPASSRLS": row.rolbypassrls,
        "may create roles": row.rolcreaterole,
        "owns tables": row.owns,
        "can become a role that passes row-level security": row.climbs,
    }
    found = [fault for fault, there in faults.items() if there]
    if found:
        remedy = "give the application a role of its own (docs/architecture.md, Database roles)"
        raise WallDown(f"the role in DATABASE_URL {' and '.join(found)}; {remedy}")
