"""Answers to people: a kind that says it can answer does, as it declares and inside its window; what got lost is not said again.

An answer in the answer to a push is judged as any other: by what the simulator took for one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial

from saas.channels.callback import CallbackReply, CallbackRequest, Inbound
from saas.channels.channel import AccountKind, Replying, replying_route
from saas.channels.conformance.answers import DOUBTFUL, named
from saas.channels.conformance.line import Line
from saas.channels.conformance.manners import HELD, TIMES, Watch
from saas.channels.conformance.pushes import prompted
from saas.channels.conformance.samples import sample
from saas.channels.conformance.stand import Raised, Stand, told
from saas.channels.conformance.troupe import Troupe
from saas.channels.conformance.verdict import Broken
from saas.channels.message import Message
from saas.channels.outcome import Outcome, Receipt, Unknown, Unreachable
from saas.channels.places import folder_of

KEY = "0" * 32
WAIT, LOOKS = 0.02, 100
MARGIN = 20.0  # seconds before the declared end, of a window that is long enough


async def replies_kept(troupe: Troupe) -> str:
    """Each kind that answers people answers in every declared content, once, to the one who wrote, until its window ends."""
    judged = [kind for kind in troupe.kinds() if kind.replying]
    for kind in judged:
        assert kind.replying
        if kind.replying.at_once:
            await _at_once(troupe, kind, kind.replying)
        else:
            await _by_call(troupe, kind, kind.replying)
    return f"answers of {', '.join(kind.name for kind in judged)}" if judged else "nobody is answered"


async def heard(stand: Stand, kind: AccountKind) -> tuple[CallbackRequest, Inbound]:
    """Somebody speaks to the account; the push, and what the channel reads of it."""
    before = len(stand.theatre.pushed)
    path = await prompted(stand, kind)
    if not path:
        raise Broken(f"{stand.where}: it says that it answers people; name a prompt by which somebody speaks to it")
    for _ in range(LOOKS):
        for push in stand.theatre.pushed[before:]:
            if event := _answerable(stand, push):
                return push, event
        await asyncio.sleep(WAIT)
    raise Broken(f"{stand.where}: it says that it answers people; after the prompt {path} nobody could be answered")


def _answerable(stand: Stand, push: CallbackRequest) -> Inbound | None:
    reply: CallbackReply = stand.installed.hook.callback(account=stand.account, request=push)
    return next((event for event in reply.events if isinstance(event, Inbound) and event.reply_until > push.now), None)


def _contents(way: Replying, stand: Stand) -> Iterator[Message]:
    """One message of every kind an answer may be."""
    for number, kind in enumerate(way.content, 1):
        message = stand.played.messages.get(kind) or sample(kind, number, stand.line)
        if message is not None:
            yield message


async def _at_once(troupe: Troupe, kind: AccountKind, way: Replying) -> None:
    async with troupe.stand(kind) as stand:
        for message in _contents(way, stand):
            faults: list[str] = []
            stand.theatre.answering = partial(_answer, stand, message, faults)
            before = stand.effects()
            await heard(stand, kind)
            for _ in range(LOOKS):
                if faults or stand.effects() > before:
                    break
                await asyncio.sleep(WAIT)
            if faults or stand.effects() != before + 1:
                what = faults[0] if faults else "the platform took what it gave for no answer to who wrote"
                raise Broken(f"{stand.where}: 'answer' with a {message.kind}: {what}")


def _answer(stand: Stand, message: Message, faults: list[str], push: CallbackRequest) -> bytes:
    """What the channel answers to the push, while the platform waits for it."""
    try:
        event = _answerable(stand, push)
        if event is None:
            return b"success"
        reply = stand.installed.hook.answer(account=stand.account, request=push, event=event, message=message)
        if isinstance(reply, CallbackReply) and reply.status < 300:
            return reply.body
        faults.append(f"it gave {type(reply).__name__}" if not isinstance(reply, CallbackReply) else f"status {reply.status}")
    except Exception as error:
        faults.append(f"it raised {type(error).__name__}")
    return b"success"


async def _by_call(troupe: Troupe, kind: AccountKind, way: Replying) -> None:
    async with troupe.stand(kind) as stand:
        stand.installed.hook.limits(account=stand.account, route=replying_route(way), now=stand.line.now())
        path = await _each_content(stand, kind, way)
        for name, value in DOUBTFUL:
            await _doubtful(stand, kind, (name, path, value))
        await _nobody(stand, kind)
    async with troupe.stand(kind) as stand:
        await _window(stand, kind)


async def _each_content(stand: Stand, kind: AccountKind, way: Replying) -> str:
    """Each content is taken, once, and no answer holds the loop. The path of the call that says it."""
    path = ""
    for message in _contents(way, stand):
        path, found = await _one_content(stand, kind, message)
        for _ in range(TIMES - 1):
            if found:
                path, found = await _one_content(stand, kind, message)
        if found:
            raise Broken(f"{stand.where}: 'reply' holds the loop for more than {HELD:g} s at {found}")
    return path


async def _one_content(stand: Stand, kind: AccountKind, message: Message) -> tuple[str, str]:
    """The path of the call that says it, and where the loop was held meanwhile ("" if it was not)."""
    _, event = await heard(stand, kind)
    before, asked = stand.effects(), len(stand.heard())
    with Watch(folder_of(stand.installed.plugin)) as watch:
        outcome = await _said(stand, event, message)
    if not isinstance(outcome, Receipt) or stand.effects() != before + 1:
        seen = f"{stand.effects() - before} answers were seen"
        raise Broken(f"{stand.where}: 'reply' with a {message.kind} said {named(outcome)}, and {seen}")
    return next(one.path for one in stand.heard()[asked:] if one.effect), watch.found


async def _doubtful(stand: Stand, kind: AccountKind, fault: tuple[str, str, str]) -> None:
    """Nobody knows whether it was said: that is what 'reply' says, and it does not say it again by itself."""
    _, event = await heard(stand, kind)
    before = stand.effects()
    stand.theatre.fault(*fault, times=1)
    outcome = await _said(stand, event)
    stand.theatre.well()
    stand.line.memory.clear()  # a stop that it remembers is right, and would be in the way
    name, _, value = fault
    if not isinstance(outcome, Unknown | Raised):  # the core takes what a hook raises for unknown
        raise Broken(f"{stand.where}: after the fault '{name}' {value} nobody can know, 'reply' said {named(outcome)}")
    if stand.effects() > before + (name == "drop_after"):
        raise Broken(f"{stand.where}: after the fault '{name}' {value} 'reply' said it again by itself")


async def _window(stand: Stand, kind: AccountKind) -> None:
    """Until its declared end the platform takes answers; after it nobody says that one arrived which did not."""
    push, first = await heard(stand, kind)
    _, second = await heard(stand, kind)
    length = first.reply_until - push.now
    margin = min(MARGIN, length / 10)
    for event, ahead, taken in ((first, length - margin, True), (second, 4 * margin, False)):
        stand.theatre.skip(ahead)
        before = stand.effects()
        outcome = await _said(stand, event)
        seen = stand.effects() > before
        if isinstance(outcome, Receipt) != seen or (taken and not seen):
            when = "before" if taken else "after"
            raise Broken(f"{stand.where}: right {when} the end of its reply window 'reply' said {named(outcome)}")


async def _nobody(stand: Stand, kind: AccountKind) -> None:
    """Where nothing listens it surely was not said."""
    _, event = await heard(stand, kind)
    stand.theatre.close_doors()
    fresh = Line(stand.theatre)
    fresh.tokens, fresh.memory = stand.line.tokens, stand.line.memory
    await stand.line.http.close()
    stand.line = fresh
    outcome = await _said(stand, event)
    if not isinstance(outcome, Unreachable):
        raise Broken(f"{stand.where}: nothing listens any more, 'reply' said {named(outcome)}, not Unreachable")


async def _said(stand: Stand, event: Inbound, message: Message | None = None) -> Outcome | Raised:
    words = message or Message("text", text="排练：已收到 / heard")
    hook = stand.installed.hook.reply
    return await told(hook(account=stand.account, event=event, message=words, key=KEY, platform=stand.line))
