"""The hooks of the channel ``webhook``, by account kind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from qunfa_webhook import bots, own, pushes
from qunfa_webhook.kinds import CHANNEL
from qunfa_webhook.wording import BadTemplate, body, words
from saas.channels import (
    Account,
    CallbackReply,
    CallbackRequest,
    Channel,
    Delivery,
    Finding,
    Limits,
    Message,
    Outcome,
    Platform,
    Rate,
    Refused,
    Route,
    RulePack,
    Target,
    hookimpl,
)
from saas.channels.rehearsal import Rehearsal
from saas.channels.simulator import Simulator

PACK = RulePack.load(Path(__file__).with_name("rules.toml"))
SEND: dict[str, Any] = {"own": own.send, "feishu": bots.feishu, "dingtalk": bots.dingtalk}
NOTHING = Delivery(0, "0" * 32, "post", Target("all"))


@hookimpl
def channel() -> Channel:
    """Three kinds with one route each."""
    return CHANNEL


@hookimpl
def limits(account: Account, route: Route, now: datetime) -> Limits:
    """From the dated rule pack; the pace of an own system is a setting of the account."""
    found = PACK.limits(account.kind, route.name, now, account.zone, account.settings.get("overrides"))
    if account.kind != "own":
        return found
    return replace(found, rate=Rate(_pace(account, found.rate.calls), 60.0, found.rate.concurrency, found.rate.source))


@hookimpl
def rule_pack() -> RulePack:
    """The limits as they stand in ``rules.toml``."""
    return PACK


@hookimpl
def check(account: Account, message: Message) -> list[Finding]:
    """An own system's address and template, before anything is planned."""
    if account.kind != "own":
        return []
    found = []
    if not own.safe(str(account.settings.get("url") or ""), account):
        found.append(_block("webhook_url", "account.url", own.INSECURE))
    try:
        body(account, message, NOTHING)
    except BadTemplate as bad:
        found.append(_block("webhook_template", "account.template", str(bad)))
    return found


@hookimpl
async def send(account: Account, message: Message, delivery: Delivery, platform: Platform) -> Outcome:
    """One POST."""
    if not words(message).strip():
        return Refused("消息为空，请填写文字 / the message is empty: write something", "", "text")
    outcome: Outcome = await SEND[account.kind](account, message, delivery, platform)
    return outcome


@hookimpl
async def recall(account: Account) -> Outcome:
    """Neither protocol has it."""
    return Refused("Webhook 发出的消息不能撤回 / what a webhook has sent cannot be taken back", "", "recall")


@hookimpl
def audience() -> AsyncIterator[list[Target]]:
    """The one group, or the one system, behind the address."""
    return _behind()


@hookimpl
def callback(account: Account, request: CallbackRequest) -> CallbackReply:
    """Signed pushes of an own system."""
    return pushes.read(account, request)


@hookimpl
def simulator() -> Simulator:
    """Own systems and both bots on one port."""
    from qunfa_webhook.simulator import Hooks

    return Hooks()


@hookimpl
def rehearsal() -> Rehearsal:
    """Statuses and error codes, and a person who writes."""
    from qunfa_webhook.played import REHEARSAL

    return REHEARSAL


async def _behind() -> AsyncIterator[list[Target]]:
    yield [Target("all", people=1)]


def _pace(account: Account, default: int) -> int:
    text = str(account.settings.get("per_minute") or "")
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) <= 60_000 else default


def _block(rule: str, where: str, sentence: str) -> Finding:
    zh, _, en = sentence.partition(" / ")
    return Finding(rule, "block", where, (zh, en))
