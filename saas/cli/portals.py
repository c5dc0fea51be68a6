"""``portals``: platform applications over which owners authorise their accounts by a scan."""

from __future__ import annotations

from dataclasses import asdict

import click

from saas.accounts.portals.removing import portal_named, remove
from saas.accounts.portals.service import PortalView, invite, list_portals, set_up
from saas.cli.context import acting, stack
from saas.cli.saying import both, clock_time, give_json, say, table
from saas.cli.sending import AS, JSON, TENANT
from saas.kernel.errors import NotFound

TICKETS = {"none": ("等待 ticket", "waiting for a ticket"), "fresh": ("正常", "ready"), "late": ("ticket 中断", "no tickets")}


@click.group("portals")
def portals() -> None:
    """Platform applications over which owners authorise accounts."""


@portals.command("list")
@JSON
@AS
@TENANT
def list_all(as_json: bool, email: str | None, tenant: str | None) -> None:
    """Every portal: the addresses to enter at the platform, whether its tickets come, how many accounts it holds."""
    with stack(), acting(email, "owner", tenant) as actor:
        found = list_portals(actor)
    if as_json:
        give_json([asdict(portal) for portal in found])
        return
    for portal in found:
        _show(portal)


@portals.command("add")
@click.argument("channel")
@click.argument("name")
@click.option("--field", "-f", "fields", multiple=True, metavar="NAME=VALUE", help="a field of the channel's portal")
@AS
@TENANT
def add(channel: str, name: str, fields: tuple[str, ...], email: str | None, tenant: str | None) -> None:
    """Set a portal up, or change it; a secret that is not given stays as it is."""
    for value in fields:
        if "=" not in value:
            raise click.BadParameter(both(f"“{value}”应写成 名称=值", f"'{value}' must be NAME=VALUE"))
    with stack(), acting(email, "owner", tenant) as actor:
        _show(set_up(actor, channel, name, dict(value.split("=", 1) for value in fields)))


@portals.command("remove")
@click.argument("name")
@click.option("--channel", help="of which channel, where two have one of that name")
@AS
@TENANT
def remove_one(name: str, channel: str | None, email: str | None, tenant: str | None) -> None:
    """Remove a portal with its secrets and addresses; refused while accounts send over it."""
    with stack(), acting(email, "owner", tenant) as actor:
        paused = remove(actor, portal_named(actor, name, channel))
    say(f"已移除开放平台“{name}”", f"the portal '{name}' is removed")
    if paused:
        say(
            f"{paused} 个已取消授权的账号仍暂停，可改用自己的凭证或另行扫码",
            f"accounts whose owners had withdrawn stay paused ({paused}): connect them by credentials or another scan",
        )


@portals.command("invite")
@click.argument("name")
@click.argument("client")
@AS
@TENANT
def invite_owner(name: str, client: str, email: str | None, tenant: str | None) -> None:
    """Print the platform's page on which an owner scans and agrees. The browser comes back to the console, signed in as you."""
    with stack(), acting(email, "owner", tenant) as actor:
        found = next((portal for portal in list_portals(actor) if portal.name == name), None)
        if found is None:
            raise NotFound(("开放平台", "portal"), name)
        made = invite(actor, found.id, client)
    click.echo(made.url)
    if made.back:
        say(f"对方同意后，请在此确认：{made.back}", f"once they have agreed, confirm at {made.back}")
    say(f"{clock_time(made.expires_at)} 前有效，只能用一次", f"until {clock_time(made.expires_at)}, once")


def _show(portal: PortalView) -> None:
    side = 0 if both("zh", "en") == "zh" else 1
    rows = [
        (portal.events_title[side], portal.events_address),
        (portal.messages_title[side], portal.messages_address),
        (both("状态", "state"), TICKETS[portal.ticket_state][side]),
        (both("账号", "accounts"), str(portal.accounts)),
        (both("已取消授权", "withdrawn"), str(portal.withdrawn)),
    ]
    click.echo(table((both("开放平台", "portal"), f"{portal.name}（{portal.channel}）"), rows))
