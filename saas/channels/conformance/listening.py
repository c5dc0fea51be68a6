"""Events over a WebSocket: as those that are pushed, of this very account; a line turned away is told, rubbish borne."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp

from saas.channels.callback import CallbackReply, Event, Inbound
from saas.channels.channel import AccountKind
from saas.channels.conformance.credentials import HAN, without_secrets
from saas.channels.conformance.pushes import prompted
from saas.channels.conformance.stand import Stand
from saas.channels.conformance.troupe import Troupe
from saas.channels.conformance.verdict import Broken
from saas.channels.listening import Heard, Listening

WAIT, LOOKS = 0.05, 80
A_DAY = 86_400.0
RUBBISH = ("", "x", "null", "[]", "7", '"text"', "{", "[" * 5000, '{"post_type": {}}', '{"time": "now", "self_id": null}')


@dataclass(slots=True)
class Line:
    """What came over one line: frames, and why it ended where the handshake was refused."""

    frames: list[str] = field(default_factory=list)
    closed: bool = False
    turned_away: str = ""


async def lines_kept(troupe: Troupe) -> str:
    """Somebody speaks: heard and pushed it is one event. Frames of others, of yesterday and rubbish tell nothing."""
    hooks, judged = troupe.installed.hook, []
    for kind in troupe.kinds() if hooks.heard else ():
        async with troupe.stand(kind) as stand:
            _over_sockets(stand)
            if hooks.welcome:
                _strangers(stand)
            if hooks.listen and (listening := hooks.listen(account=stand.account)):
                await _listened(troupe, stand, kind, listening)
                judged.append(kind.name)
    if hooks.listen and not judged:
        raise Broken("no kind has anything to listen to: 'listen' gave nothing at the simulator's own address")
    return f"lines of {', '.join(judged)}" if judged else "nothing is listened to"


def _over_sockets(stand: Stand) -> None:
    """The account's addresses on the stage as WebSockets: a kind that can be spoken to both ways is listened to."""
    here = stand.theatre.address
    settings = {
        name: f"ws{value.removeprefix('http')}" if isinstance(value, str) and value.startswith(here) else value
        for name, value in stand.account.settings.items()
    }
    if stand.installed.hook.listen and stand.installed.hook.listen(account=stand.account) is None:
        stand.account = replace(stand.account, settings=settings)


def _strangers(stand: Stand) -> None:
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Bearer "}, {"x-self-id": stand.id}):
        if stand.installed.hook.welcome(account=stand.account, headers=headers):
            raise Broken(f"{stand.where}: 'welcome' lets in who has no token of the account: {', '.join(headers) or 'no header'}")


async def _listened(troupe: Troupe, stand: Stand, kind: AccountKind, listening: Listening) -> None:
    if any(secret in listening.url for secret in stand.account.credentials.values() if secret):
        raise Broken(f"{stand.where}: a credential stands in the address that is listened to")
    async with _open(listening) as line:
        frame, events = await _spoken(stand, kind, line)
        await _identified(stand, frame, events)
    for rubbish in RUBBISH:
        if _heard(stand, rubbish).events:
            raise Broken(f"{stand.where}: rubbish was read as an event: {rubbish[:40]}")
    await _of_another(troupe, stand, kind)
    await _turned_away(stand)


async def _spoken(stand: Stand, kind: AccountKind, line: Line) -> tuple[str, tuple[Event, ...]]:
    """Somebody speaks to the account; the frame that tells of it."""
    await _until(line, 0.5)
    if not await prompted(stand, kind):
        raise Broken(f"{stand.where}: it is listened to; name a prompt by which somebody speaks to it")
    for _ in range(LOOKS):
        for frame in line.frames:
            events = _heard(stand, frame).events
            if any(isinstance(event, Inbound) for event in events):
                return frame, events
        await asyncio.sleep(WAIT)
    raise Broken(f"{stand.where}: somebody spoke to the account, and nothing that came over its line was read as that")


async def _identified(stand: Stand, frame: str, events: tuple[Event, ...]) -> None:
    """Who spoke, and by which name the event is known again: the same where it is pushed as well, and a day later."""
    if not all(event.dedupe for event in events) or not all(one.sender for one in events if isinstance(one, Inbound)):
        raise Broken(f"{stand.where}: an event was heard without what it is known by, or without who spoke")
    for _ in range(LOOKS if stand.installed.hook.callback else 0):
        if stand.theatre.pushed:
            break
        await asyncio.sleep(WAIT)
    pushed = [event.dedupe for push in stand.theatre.pushed for event in _pushed(stand, push).events]
    if pushed and not {event.dedupe for event in events} <= set(pushed):
        raise Broken(f"{stand.where}: the same event has another name heard than pushed: it would count twice")
    stale = _heard(stand, frame, time.time() + A_DAY).events
    if stale and [event.dedupe for event in stale] != [event.dedupe for event in events]:
        raise Broken(f"{stand.where}: a frame is read again a day later, and nothing tells that it is the same")


def _pushed(stand: Stand, push: Any) -> CallbackReply:
    hook = stand.installed.hook.callback
    return hook(account=stand.account, request=push) if hook else CallbackReply()


async def _of_another(troupe: Troupe, stand: Stand, kind: AccountKind) -> None:
    """A frame that names another account says nothing of this one."""
    other = troupe.enrol(stand.theatre, kind, "another")
    try:
        _over_sockets(other)
        listening = stand.installed.hook.listen(account=other.account)
        if listening is None:
            return
        async with _open(listening) as line:
            frame, _ = await _spoken(other, kind, line)
    finally:
        await other.line.http.close()
    if _heard(stand, frame).events:
        raise Broken(f"{stand.where}: a frame of another account was read as of this one")


async def _turned_away(stand: Stand) -> None:
    """With a wrong token the platform refuses the line, or says so on it; then that is told, in both languages."""
    own, stranger = stand.account, without_secrets(stand).account
    stand.account = own
    listening = stand.installed.hook.listen(account=stranger)
    if listening is None:
        return
    async with _open(listening) as line:
        await _until(line, LOOKS * WAIT, closed=True)
        if line.turned_away:
            return
        refused = [heard.refused for frame in line.frames if (heard := _heard(stand, frame)).refused]
    if line.closed and not refused:
        raise Broken(f"{stand.where}: the platform turned the line away with a word, and 'heard' does not tell it (refused)")
    if refused and not (HAN.search(refused[0]) and " / " in refused[0]):
        raise Broken(f"{stand.where}: why a line was turned away is not told in both languages: {refused[0][:80]}")


async def _until(line: Line, seconds: float, closed: bool = False) -> None:
    """Wait for the first frame, or for the end."""
    for _ in range(int(seconds / WAIT)):
        if line.closed or line.turned_away or (line.frames and not closed):
            return
        await asyncio.sleep(WAIT)


def _heard(stand: Stand, frame: str, now: float | None = None) -> Heard:
    try:
        heard = stand.installed.hook.heard(account=stand.account, frame=frame, now=time.time() if now is None else now)
    except Exception as error:
        raise Broken(f"{stand.where}: a frame made 'heard' raise {type(error).__name__}: {frame[:60]!r}") from error
    if not isinstance(heard, Heard):
        raise Broken(f"{stand.where}: 'heard' gave {type(heard).__name__}")
    return heard


@asynccontextmanager
async def _open(listening: Listening) -> AsyncIterator[Line]:
    """The line as the core opens it; its frames are gathered while the block lasts."""
    line = Line()
    async with aiohttp.ClientSession() as session:
        gathering = asyncio.create_task(_gather(session, listening, line))
        try:
            yield line
        finally:
            gathering.cancel()
            await asyncio.gather(gathering, return_exceptions=True)


async def _gather(session: aiohttp.ClientSession, listening: Listening, line: Line) -> None:
    try:
        async with session.ws_connect(listening.url, headers=dict(listening.headers)) as socket:
            async for message in socket:
                if message.type == aiohttp.WSMsgType.TEXT:
                    line.frames.append(message.data)
    except aiohttp.ClientError as error:
        line.turned_away = type(error).__name__
    finally:
        line.closed = True
