"""``init`` and ``migrate``: an agency of one's own instead of the demo's."""

from __future__ import annotations

from contextlib import AbstractContextManager

import click

from saas.accounts.switches import begin
from saas.cli.context import database, prepare, stack
from saas.cli.saying import say
from saas.kernel.database import tenant_scope, transaction
from saas.ops.home import home
from saas.ops.running import Running
from saas.tenants.service import check_newcomer, create_member, create_tenant


@click.command("init")
@click.option("--name", required=True, help="the agency's name")
@click.option("--slug", required=True, help="its short name: a-z, 0-9, -")
@click.option("--owner", required=True, metavar="EMAIL", help="the owner's e-mail")
@click.option(
    "--password", prompt=True, hide_input=True, confirmation_prompt=True, help="the owner's password, at least 12 characters"
)
def init(name: str, slug: str, owner: str, password: str) -> None:
    """Make an agency with its owner."""
    check_newcomer(owner.strip().lower(), owner.split("@")[0], password)  # now, for an agency without its owner is nobody's
    with _own_stack(), database():
        tenant = create_tenant(name, slug)
        with tenant_scope(tenant):
            create_member(None, owner, owner.split("@")[0], "owner", password)
            with transaction():
                begin()
    say(f"机构“{name}”已建立", f"the agency '{name}' is ready")


def _own_stack() -> AbstractContextManager[object]:
    """The running stack, or one without the demo agency."""
    import os

    from saas.ops.stack import Stack

    if os.environ.get("DATABASE_URL") or Stack.find(home()):
        return stack()
    return Stack(home(), prepare=prepare, seed=_settings, workers=1)


def _settings(running: Running) -> None:
    import os

    os.environ.update(running.environment())


@click.command("migrate")
def migrate() -> None:
    """Bring the database of DATABASE_OWNER_URL to the newest schema."""
    from saas.kernel.migrate import upgrade
    from saas.kernel.settings import settings

    upgrade(settings().owner_url)
