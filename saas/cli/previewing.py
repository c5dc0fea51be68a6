"""``preview``: links for people without a login, and test sends to registered testers."""

from __future__ import annotations

from dataclasses import asdict
from secrets import token_hex

import click

from saas.cli.context import acting, stack
from saas.cli.saying import NOT_ALL, both, give_json, say, table
from saas.cli.sending import AS, JSON, TENANT
from saas.delivery.testers import add_tester, list_testers, remove_tester
from saas.delivery.try_outs import list_try_outs, try_out
from saas.reports.preview_links import USUAL_DAYS, create_link, list_links, revoke_link

TRIED = {
    "calling": ("正在询问平台", "the platform is being asked"),
    "done": ("已发给测试人", "sent to the tester"),
    "refused": ("没有发出", "not sent"),
    "unknown": ("结果不明，不会自动重发", "unknown; it is not sent again by itself"),
}
STATES = {"open": ("有效", "open"), "expired": ("已到期", "expired"), "revoked": ("已停用", "revoked")}


@click.group("preview")
def preview() -> None:
    """How a campaign looks before it goes out, for people without a login and for named testers."""


@preview.command("send")
@click.argument("campaign", type=int)
@click.option("--account", "key", metavar="KEY", required=True, help="the account it is tried on")
@click.option("--to", "person", metavar="PERSON", required=True, help="a registered tester, as the platform names them")
@click.option("--request", default="", metavar="KEY", help="names this wish: the same twice is sent once")
@JSON
@AS
@TENANT
def send(campaign: int, key: str, person: str, request: str, as_json: bool, email: str | None, tenant: str | None) -> int:
    """Show it to one tester now; needs no approval, counts in the platform's cap."""
    with stack(), acting(email, "editor", tenant) as actor:
        told = try_out(actor, campaign, key, person, request or token_hex(16))
    if as_json:
        give_json(asdict(told))
    else:
        say(f"{TRIED[told.state][0]}：{told.reason[0]}".rstrip("："), f"{TRIED[told.state][1]}: {told.reason[1]}".rstrip(": "))
    return 0 if told.state == "done" else NOT_ALL


@preview.command("sends")
@click.argument("campaign", type=int)
@JSON
@AS
@TENANT
def sends(campaign: int, as_json: bool, email: str | None, tenant: str | None) -> None:
    """Every test send of a campaign."""
    with stack(), acting(email, "editor", tenant) as actor:
        found = list_try_outs(actor, campaign)
    if as_json:
        give_json([asdict(one) for one in found])
        return
    rows = [
        (one.account, one.name or one.person, both(*TRIED[one.state]), f"{one.asked_at:%m-%d %H:%M}", both(*one.reason)[:40])
        for one in found
    ]
    click.echo(table((both("账号", "account"), both("测试人", "tester"), "", both("时间", "at"), ""), rows))


@preview.command("testers")
@click.argument("account")
@click.option("--add", "person", metavar="PERSON", help="registers somebody, as the platform names them")
@click.option("--name", default="", metavar="TEXT", help="how we call them")
@click.option("--remove", "gone", metavar="PERSON", help="takes somebody off the list")
@JSON
@AS
@TENANT
def tester_list(
    account: str, person: str | None, name: str, gone: str | None, as_json: bool, email: str | None, tenant: str | None
) -> None:
    """Who may be sent a test on an account."""
    with stack(), acting(email, "owner", tenant) as actor:
        if gone:
            remove_tester(actor, account, gone)
        found = add_tester(actor, account, person, name) if person else list_testers(actor, account)
    if as_json:
        give_json([asdict(one) for one in found])
        return
    header = (both("测试人", "tester"), both("名字", "name"), both("登记人", "by"))
    click.echo(table(header, [(one.person, one.name, one.by) for one in found]))


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
