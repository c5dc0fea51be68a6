"""``accounts`` and ``channels``: what the agency sends from, and with."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from saas.accounts.addresses import push_address
from saas.accounts.channels import registry
from saas.accounts.entering import OF_THE_CORE, enter
from saas.accounts.service import accept_risk, import_accounts, list_accounts
from saas.audience.labels import account_groups, account_tags
from saas.cli.chats import CHATS
from saas.cli.context import acting, stack
from saas.cli.saying import both, give_json, say, table
from saas.cli.sending import AS, JSON, TENANT
from saas.delivery.quota import CapLeft, caps_left
from saas.delivery.stops import stopped_accounts
from saas.delivery.switching import switch

STATUS = {"active": ("正常", "active"), "stopped": ("已停止", "stopped"), "broken": ("故障", "broken")}
STOPPED = ("已停止，见 stops", "stopped, see stops")


@click.group("accounts")
def accounts() -> None:
    """Channel accounts of the clients."""


for _command in CHATS:
    accounts.add_command(_command)


@accounts.command("import")
@click.argument("csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@AS
@TENANT
def import_csv(csv: Path, email: str | None, tenant: str | None) -> None:
    """Create and update accounts from a CSV: key, client, channel, kind, name, audience_size."""
    with stack(), acting(email, "owner", tenant) as actor:
        result = import_accounts(actor, csv.read_bytes())
    say(f"新建 {result.created} 个，更新 {result.updated} 个", f"{result.created} created, {result.updated} updated")


@accounts.command("list")
@JSON
@AS
@TENANT
def list_all(as_json: bool, email: str | None, tenant: str | None) -> None:
    """Every account, with what is left of its caps."""
    with stack(), acting(email, "owner", tenant) as actor:
        found, caps, stopped = list_accounts(actor), caps_left(actor), stopped_accounts(actor)
    if as_json:
        give_json([{**asdict(account), "caps": [asdict(cap) for cap in caps.get(account.id, [])]} for account in found])
        return
    side = 0 if both("zh", "en") == "zh" else 1
    rows = [
        (
            a.key,
            a.client,
            a.name,
            a.kind_title[side],
            f"{a.audience_size:,}",
            a.trouble_words[side] or (STOPPED if a.id in stopped else STATUS.get(a.status, (a.status, a.status)))[side],
            _caps(caps.get(a.id, []), side),
        )
        for a in found
    ]
    header = (
        both("账号", "account"), both("客户", "client"), both("名称", "name"), both("类型", "kind"), both("人数", "audience"),
        both("状态", "status"), both("剩余额度", "caps left"),
    )  # fmt: skip
    click.echo(table(header, rows))


def _caps(caps: list[CapLeft], side: int) -> str:
    return "，".join(f"{cap.title[side]} {cap.left:,}/{cap.amount:,}" for cap in caps)


@accounts.command("connect")
@click.argument("key")
@click.option("--credential", "-c", multiple=True, metavar="NAME=VALUE", help="a credential field of the channel")
@click.option("--setting", "-s", multiple=True, metavar="NAME=VALUE", help="a setting of the account")
@click.option("--clear", "cleared", multiple=True, metavar="NAME", help="take a credential or a setting out")
@AS
@TENANT
def connect(
    key: str,
    credential: tuple[str, ...],
    setting: tuple[str, ...],
    cleared: tuple[str, ...],
    email: str | None,
    tenant: str | None,
) -> None:
    """Store credentials (encrypted) and settings of an account beside those it has; only what is named changes."""
    settings = {name: _read(name, value) for name, value in _pairs(setting).items()}
    with stack(), acting(email, "owner", tenant) as actor:
        enter(actor, key, _pairs(credential), settings, cleared)


@accounts.command("tags")
@click.argument("key")
@JSON
@AS
@TENANT
def tags_of(key: str, as_json: bool, email: str | None, tenant: str | None) -> None:
    """The tags of an account, as its platform lists them now: number, name, people. A campaign's audience may name one."""
    with stack(), acting(email, "editor", tenant) as actor:
        found = account_tags(actor, key)
    if as_json:
        give_json([asdict(tag) for tag in found])
        return
    header = (both("编号", "number"), both("标签", "tag"), both("人数", "people"))
    click.echo(table(header, [(tag.id, tag.name, f"{tag.people:,}") for tag in found]))


@accounts.command("groups")
@click.argument("key")
@JSON
@AS
@TENANT
def groups_of(key: str, as_json: bool, email: str | None, tenant: str | None) -> None:
    """The groups (chats) an account reaches now: id, name, members, owner. A campaign's audience may name some."""
    with stack(), acting(email, "editor", tenant) as actor:
        found = account_groups(actor, key)
    if as_json:
        give_json([asdict(group) for group in found])
        return
    header = (both("编号", "id"), both("群名", "name"), both("成员", "members"), both("群主", "owner"))
    click.echo(table(header, [(g.id, g.name, f"{g.people:,}" if g.people else "", g.through_name) for g in found]))


@accounts.command("address")
@click.argument("key")
@AS
@TENANT
def address(key: str, email: str | None, tenant: str | None) -> None:
    """Where the account's platform pushes messages and events to: enter it there."""
    with stack(), acting(email, "owner", tenant) as actor:
        click.echo(push_address(actor, key))


@accounts.command("accept-risk")
@click.argument("key")
@AS
@TENANT
def accept(key: str, email: str | None, tenant: str | None) -> None:
    """Accept the stated risk of an opt-in kind of account."""
    with stack(), acting(email, "owner", tenant) as actor:
        accept_risk(actor, key)


def _read(name: str, value: str) -> Any:
    """Lists and objects of the core are written as JSON; a channel's own setting is text, whatever it looks like."""
    if name not in OF_THE_CORE or not value.startswith(("{", "[")):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise click.BadParameter(both(f"{name} 不是有效的 JSON：{error}", f"{name} is no valid JSON: {error}")) from None


def _pairs(values: tuple[str, ...]) -> dict[str, str]:
    for value in values:
        if "=" not in value:
            raise click.BadParameter(both(f"“{value}”应写成 名称=值", f"'{value}' must be NAME=VALUE"))
    return dict(value.split("=", 1) for value in values)


@click.group("channels")
def channels() -> None:
    """Installed channels."""


def _switched(name: str, on: bool, email: str | None, tenant: str | None) -> None:
    with stack(), acting(email, "owner", tenant) as actor:
        switch(actor, name, on)
    if on:
        say(f"渠道 {name} 已启用", f"the channel {name} is on")
    else:
        say(f"渠道 {name} 已停用：不再开始新的发送", f"the channel {name} is off: nothing new begins on it")


@channels.command("on")
@click.argument("name")
@AS
@TENANT
def switch_on(name: str, email: str | None, tenant: str | None) -> None:
    """Give the agency a channel: accounts of it can be planned for, and what waited goes on."""
    _switched(name, True, email, tenant)


@channels.command("off")
@click.argument("name")
@AS
@TENANT
def switch_off(name: str, email: str | None, tenant: str | None) -> None:
    """Take a channel from the agency: no call begins on it later than two seconds after; what is out is still followed."""
    _switched(name, False, email, tenant)


@channels.command("list")
@JSON
def list_channels(as_json: bool) -> None:
    """Every installed channel with its account kinds."""
    found = registry().all()
    if as_json:
        give_json([{**asdict(i.channel), "distribution": i.distribution} for i in found])
        return
    side = 0 if both("zh", "en") == "zh" else 1
    rows = [
        (
            i.channel.name,
            (i.channel.title.zh, i.channel.title.en)[side],
            k.name,
            (k.title.zh, k.title.en)[side],
            ", ".join(r.name for r in k.routes),
        )
        for i in found
        for k in i.channel.kinds
    ]
    click.echo(table((both("渠道", "channel"), "", both("账号类型", "kind"), "", both("路线", "routes")), rows))
