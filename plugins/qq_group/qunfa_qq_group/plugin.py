"""The channel ``qq_group``: each hook, by account kind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime

from qunfa_qq_group import official, official_callback, onebot, onebot_callback, onebot_line, policy, wording
from qunfa_qq_group.kinds import CHANNEL
from qunfa_qq_group.rehearsal import QqGroups
from qunfa_qq_group.screens import screens
from saas.channels import (
    Account,
    CallbackReply,
    CallbackRequest,
    Channel,
    Delivery,
    Finding,
    Group,
    Heard,
    Inbound,
    Limits,
    Listening,
    Message,
    Outcome,
    Platform,
    Progress,
    Route,
    RulePack,
    Screen,
    Target,
    hookimpl,
)
from saas.channels.rehearsal import Rehearsal
from saas.channels.simulator import Simulator


@hookimpl
def channel() -> Channel:
    """Two kinds: official and onebot."""
    return CHANNEL


@hookimpl
def limits(account: Account, route: Route, now: datetime) -> Limits:
    """From the dated rule pack."""
    return policy.limits(account, route, now)


@hookimpl
def rule_pack() -> RulePack:
    """The platform's limits as they stand in ``rules.toml``."""
    return policy.PACK


@hookimpl
async def send(account: Account, message: Message, delivery: Delivery, platform: Platform) -> Outcome:
    """One message to one group."""
    if account.kind == "official":
        return await official.send(account, message, delivery, platform)
    return await onebot.send(account, message, delivery, platform)


@hookimpl
def preview(account: Account, message: Message) -> list[Screen]:
    """As the group sees it."""
    return screens(account, message)


@hookimpl
async def recall(account: Account, delivery: Delivery, platform: Platform) -> Outcome:
    """Within 2 minutes."""
    if account.kind == "official":
        return await official.recall(account, delivery, platform)
    return await onebot.recall(account, delivery, platform)


@hookimpl
def check(account: Account, message: Message) -> list[Finding]:
    """Links, GIFs, and the risk of OneBot."""
    driver = wording.official_findings if account.kind == "official" else wording.onebot_findings
    return driver(account, message)


@hookimpl
async def connect(account: Account, platform: Platform) -> Outcome:
    """Credentials and standing; sends nothing."""
    if account.kind == "official":
        return await official.connect(account, platform)
    return await onebot.connect(account, platform)


@hookimpl
async def progress(delivery: Delivery, platform: Platform) -> Progress:
    """Only a message under the platform's review is ever in progress."""
    return await official.progress(delivery, platform)


@hookimpl
def audience(account: Account, platform: Platform) -> AsyncIterator[list[Target]]:
    """Groups, one target each."""
    return official.audience(account, platform) if account.kind == "official" else onebot.audience(account, platform)


@hookimpl
async def groups(account: Account, platform: Platform) -> list[Group]:
    """Those that events have told of, or those the server lists."""
    return await official.groups(account, platform) if account.kind == "official" else await onebot.groups(account, platform)


@hookimpl
def callback(account: Account, request: CallbackRequest) -> CallbackReply:
    """Signed events of either protocol."""
    if account.kind == "official":
        return official_callback.callback(account, request)
    return onebot_callback.callback(account, request)


@hookimpl
def listen(account: Account) -> Listening | None:
    """Events of OneBot, where its server offers a WebSocket."""
    return onebot_line.listen(account) if account.kind == "onebot" else None


@hookimpl
def welcome(account: Account, headers: Mapping[str, str]) -> bool:
    """A OneBot server that dials out to us."""
    return account.kind == "onebot" and onebot_line.welcome(account, headers)


@hookimpl
def heard(account: Account, frame: str, now: float) -> Heard:
    """A frame of that line."""
    return onebot_line.heard(account, frame, now)


@hookimpl
async def reply(account: Account, event: Inbound, message: Message, platform: Platform) -> Outcome:
    """A passive message to the group, or a private answer of OneBot."""
    if account.kind == "official":
        return await official.reply(account, event, message, platform)
    return await onebot.reply(account, event, message, platform)


@hookimpl
def simulator() -> Simulator:
    """Both protocols on one port."""
    return QqGroups()


@hookimpl
def rehearsal() -> Rehearsal:
    """Error codes and what they mean, and what makes the platform push."""
    from qunfa_qq_group.played import REHEARSAL

    return REHEARSAL
