"""``preview``: links for people without a login."""

from __future__ import annotations

from dataclasses import asdict

import click

from saas.cli.context import acting, stack
from saas.cli.saying import both, give_json, say, table
from saas.cli.sending import AS, JSON, TENANT
from saas.reports.preview_links import USUAL_DAYS, create_link, list_links, revoke_link

STATES = {"open": ("有效", "open"), "expired": ("已到期", "expired"), "revoked": ("已停用", "revoked")}


@click.group("preview")
def preview() -> None:
    """How a campaign looks before it goes out, for people without a login and for named testers."""


@preview.command("link")
@click.argument("campaign", type=int)
@click.option("--days", default=USUAL_DAYS, show_default=True, help="how long it is good for")
@click.option("--client", default="", metavar="NAME", help="only this client's accounts")
@click.option("--note", default="", metavar="TEXT", help="for whom it is")
@JSON
@AS
@TENANT
def link(campaign: int, days: int, client: str, note: str, as_json: bool, email: str | None, tenant: str | None) -> None:
    """Make a link; it is shown this once."""
    with stack(), acting(email, "editor", tenant) as actor:
        view, address = create_link(actor, campaign, days, client, note)
    if as_json:
        give_json({"id": view.id, "url": address, "expires_at": view.expires_at})
        return
    say("链接只显示这一次：", "the link is shown this once:")
    click.echo(address)


@preview.command("links")
@click.argument("campaign", type=int)
@JSON
@AS
@TENANT
def links(campaign: int, as_json: bool, email: str | None, tenant: str | None) -> None:
    """Every link of a campaign."""
    with stack(), acting(email, "editor", tenant) as actor:
        found = list_links(actor, campaign)
    if as_json:
        give_json([asdict(one) for one in found])
        return
    rows = [
        (one.id, both(*STATES[one.state]), one.note, one.client, one.by, f"{one.expires_at:%Y-%m-%d}", one.views) for one in found
    ]
    header = (
        "id",
        "",
        both("备注", "note"),
        both("客户", "client"),
        both("创建人", "by"),
        both("到期", "expires"),
        both("看过", "seen"),
    )
    click.echo(table(header, rows))


@preview.command("revoke")
@click.argument("campaign", type=int)
@click.argument("link", type=int)
@AS
@TENANT
def revoke(campaign: int, link: int, email: str | None, tenant: str | None) -> None:
    """End a link now."""
    with stack(), acting(email, "editor", tenant) as actor:
        revoke_link(actor, campaign, link)
    say(f"已停用链接 {link}", f"link {link} is revoked")
