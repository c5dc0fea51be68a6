"""``accounts make-chat`` and ``change-chat``: chats that an account makes on its platform."""

from __future__ import annotations

from collections.abc import Sequence

import click

from saas.audience.making import GroupWish, change_group, make_group
from saas.channels.choosing import GroupChange
from saas.cli.context import acting, stack
from saas.cli.saying import both, give_json, say
from saas.cli.sending import AS, JSON, TENANT


@click.command("make-chat")
@click.argument("key")
@click.option("--name", required=True, metavar="TEXT", help="what the chat is called")
@click.option("--owner", default="", metavar="USERID", help="who owns it; the first member without")
@click.option("--member", "members", multiple=True, required=True, metavar="USERID", help="who is in it; repeatable")
@JSON
@AS
@TENANT
def make_chat(
    key: str, name: str, owner: str, members: Sequence[str], as_json: bool, email: str | None, tenant: str | None
) -> None:  # fmt: skip
    """Make a chat on the account's platform and add it to the account. The same command after a lost answer makes no second."""
    with stack(), acting(email, "owner", tenant) as actor:
        made = make_group(actor, key, GroupWish(name, owner, tuple(members)))
    if as_json:
        give_json({"chat": made})
        return
    click.echo(made)
    say("群已建好，并加入账号的群聊", "the chat is made and is one of the account's")


@click.command("change-chat")
@click.argument("key")
@click.argument("chat")
@click.option("--name", default="", metavar="TEXT", help="what it is called from now on")
@click.option("--owner", default="", metavar="USERID", help="who owns it from now on")
@click.option("--add", "come", multiple=True, metavar="USERID", help="who comes into it; repeatable")
@click.option("--remove", "gone", multiple=True, metavar="USERID", help="who leaves it; repeatable")
@AS
@TENANT
def change_chat(
    key: str, chat: str, name: str, owner: str, come: Sequence[str], gone: Sequence[str], email: str | None, tenant: str | None
) -> None:
    """Change the name, owner or members of a chat that the account has made."""
    if not (name or owner or come or gone):
        raise click.UsageError(
            both("写明要改什么：--name、--owner、--add 或 --remove", "Say what to change: --name, --owner, --add or --remove.")
        )
    with stack(), acting(email, "owner", tenant) as actor:
        change_group(actor, key, GroupChange(chat, name, owner, tuple(come), tuple(gone)))
    say("群已更改", "the chat is changed")


CHATS = (make_chat, change_chat)
