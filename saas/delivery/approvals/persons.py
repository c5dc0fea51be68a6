"""Whether there is somebody of that name on the platform where a stage is to be held."""

from __future__ import annotations

from typing import Any

from saas.accounts.channels import registry
from saas.accounts.models import Account
from saas.accounts.opening import run_with_lines
from saas.channels.platform import MaybeSent, NotSent
from saas.kernel.database import db
from saas.kernel.errors import Invalid, both_sides
from saas.kernel.settings import settings
from saas.tenants.actor import Actor


def must_be_somebody(actor: Actor, account: Account, person: str, field: str) -> None:
    """Invalid for a name that the platform says nobody has; its silence says nothing. No transaction is open meanwhile."""
    found, tenant, id = registry().get(account.channel), actor.tenant_id, account.id
    if found is None or found.hook.approval_person is None:
        return
    hook = found.hook
    db.session.rollback()

    async def ask(lines: Any) -> str:
        async with lines.pool.tenant(tenant) as connection:
            known = await lines.accounts(connection, [id])
        if id not in known:
            return ""
        return str(await hook.approval_person(account=known[id], person=person, platform=lines.of(tenant, known[id])))

    try:
        why = run_with_lines(settings(), ask)
    except (NotSent, MaybeSent):
        return
    if why:
        zh, en = both_sides(why)
        remedy = ("请核对平台账号，或让应用能看到此人", "check what the person is called there, or let the app see them")
        raise Invalid("no_such_person", (f"“{person}”：{zh}", f"'{person}': {en}"), remedy, field)
