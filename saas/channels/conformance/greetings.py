"""Answers to people: a kind that says it can answer does so, in the answer to the push or by one call that is seen once."""

from __future__ import annotations

from saas.channels.callback import CallbackReply, CallbackRequest, Event, Inbound
from saas.channels.channel import AccountKind, replying_route
from saas.channels.conformance.stand import Stand
from saas.channels.conformance.verdict import Broken
from saas.channels.message import Message
from saas.channels.outcome import Receipt

WORDS = Message("text", text="排练：已收到 / heard")
KEY = "0" * 32


async def answered(stand: Stand, kind: AccountKind, push: CallbackRequest, events: tuple[Event, ...]) -> None:
    """Broken where a genuine push of somebody who can be answered is not."""
    heard = next((event for event in events if isinstance(event, Inbound) and event.reply_until > push.now), None)
    if kind.replying is None or heard is None:
        return
    stand.installed.hook.limits(account=stand.account, route=replying_route(kind.replying), now=stand.line.now())
    if kind.replying.at_once:
        _at_once(stand, push, heard)
    else:
        await _by_call(stand, heard)


def _at_once(stand: Stand, push: CallbackRequest, heard: Inbound) -> None:
    silent = stand.installed.hook.callback(account=stand.account, request=push)
    try:
        reply = stand.installed.hook.answer(account=stand.account, request=push, event=heard, message=WORDS)
    except Exception as error:
        raise Broken(f"{stand.where}: 'answer' raised {type(error).__name__}") from error
    if not isinstance(reply, CallbackReply) or reply.status >= 300 or reply.body in (b"", silent.body):
        raise Broken(f"{stand.where}: 'answer' says nothing to who wrote")


async def _by_call(stand: Stand, heard: Inbound) -> None:
    before = stand.effects()
    call = stand.installed.hook.reply(account=stand.account, event=heard, message=WORDS, key=KEY, platform=stand.line)
    outcome = await call
    if not isinstance(outcome, Receipt) or stand.effects() != before + 1:
        raise Broken(f"{stand.where}: 'reply' said {type(outcome).__name__}, and {stand.effects() - before} answers were seen")
