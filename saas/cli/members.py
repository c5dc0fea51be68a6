"""``members``: who works at the agency, and in which role."""

from __future__ import annotations

import click

from saas.accounts.service import list_clients
from saas.cli.context import acting, stack
from saas.cli.saying import both, give_json, say, table
from saas.cli.sending import AS, JSON, TENANT
from saas.kernel.errors import Invalid
from saas.tenants.actor import ROLE_WORDS, Actor
from saas.tenants.service import create_member, list_members


@click.group("members")
def members() -> None:
    """Members of the agency."""


@members.command("add")
@click.argument("email")
@click.option("--name", required=True, help="how the member is called")
@click.option("--role", required=True, type=click.Choice(list(ROLE_WORDS)), help="what the member may do")
@click.option("--client", metavar="NAME", help="the client, for client_approver and client_viewer")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, help="at least 12 characters")
@click.option("--as", "owner", metavar="EMAIL", help="the member who acts")
@TENANT
def add(email: str, name: str, role: str, client: str | None, password: str, owner: str | None, tenant: str | None) -> None:
    """Add a member, for instance the reviewer without whom nothing goes out."""
    with stack(), acting(owner, "owner", tenant) as actor:
        member = create_member(actor, email, name, role, password, _client(actor, client))
    say(f"已添加成员 {member.email}（{ROLE_WORDS[role][0]}）", f"{member.email} is a member now ({ROLE_WORDS[role][1]})")


@members.command("list")
@JSON
@AS
@TENANT
def list_all(as_json: bool, email: str | None, tenant: str | None) -> None:
    """Every member with the role."""
    with stack(), acting(email, "owner", tenant) as actor:
        found = list_members(actor)
    if as_json:
        give_json([{"id": m.id, "email": m.email, "name": m.name, "role": m.role} for m in found])
        return
    side = 0 if both("zh", "en") == "zh" else 1
    rows = [(m.id, m.email, m.name, ROLE_WORDS[m.role][side]) for m in found]
    click.echo(table(("id", both("邮箱", "e-mail"), both("姓名", "name"), both("角色", "role")), rows))


def _client(actor: Actor, name: str | None) -> int | None:
    if name is None:
        return None
    found = {client.name: client.id for client in list_clients(actor)}
    if name not in found:
        known = "、".join(found) or "-"
        message, remedy = (f"没有客户“{name}”", f"no client '{name}'"), (f"现有：{known}", f"there are: {known}")
        raise Invalid("client_unknown", message, remedy, "--client")
    return found[name]
