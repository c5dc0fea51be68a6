"""``tokens``: what programs sign in to the API with."""

from __future__ import annotations

import click

from saas.cli.context import acting, stack
from saas.cli.saying import both, give_json, say, table
from saas.cli.sending import JSON, TENANT
from saas.tenants.tokens import SCOPES, create_token, list_tokens, revoke_token

MEMBER = click.option("--as", "email", metavar="EMAIL", help="the member whose token it is")


@click.group("tokens")
def tokens() -> None:
    """API tokens of a member."""


@tokens.command("create")
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), default=("read",), show_default=True)
@click.option("--days", default=90, show_default=True, help="how long it is good for")
@MEMBER
@TENANT
def create(name: str, scopes: tuple[str, ...], days: int, email: str | None, tenant: str | None) -> None:
    """Make a token; it is shown this once."""
    with stack(), acting(email, "owner", tenant) as actor:
        _, secret = create_token(actor, name, scopes, days)
    say("令牌只显示这一次：", "the token is shown this once:")
    click.echo(secret)


@tokens.command("list")
@JSON
@MEMBER
@TENANT
def list_all(as_json: bool, email: str | None, tenant: str | None) -> None:
    """The member's tokens."""
    with stack(), acting(email, "owner", tenant) as actor:
        found = list_tokens(actor)
    if as_json:
        give_json([{"id": t.id, "name": t.name, "scopes": list(t.scopes), "expires_at": t.expires_at} for t in found])
        return
    rows = [(t.id, t.name, ", ".join(t.scopes), str(t.expires_at)[:10]) for t in found]
    click.echo(table(("id", both("名称", "name"), both("权限", "scopes"), both("到期", "expires")), rows))


@tokens.command("revoke")
@click.argument("token", type=int)
@MEMBER
@TENANT
def revoke(token: int, email: str | None, tenant: str | None) -> None:
    """End a token now."""
    with stack(), acting(email, "owner", tenant) as actor:
        revoke_token(actor, token)
