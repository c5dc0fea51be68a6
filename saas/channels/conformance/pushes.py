"""Callbacks: the platform's own pushes are read; forged, changed and stale ones are not believed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from saas.channels.callback import CallbackReply, CallbackRequest
from saas.channels.channel import AccountKind
from saas.channels.conformance.credentials import without_secrets
from saas.channels.conformance.stand import Stand
from saas.channels.conformance.troupe import Troupe
from saas.channels.conformance.verdict import Broken, NotJudged
from saas.channels.platform import Account

WAIT, LOOKS = 0.05, 80
A_DAY = 86_400.0
CHANGED = 24  # places of a body
REFUSED = range(400, 500)
SIGNATURE = re.compile(r"(\w+=)?[A-Za-z0-9+/_-]{27,}={0,2}")
"""What a header or a value of the query looks like that signs: hexadecimal or base64 of twenty bytes or more."""


async def callbacks_verified(troupe: Troupe) -> str:
    """A genuine push is read; without its signature, with another secret, with another body, or much later it is refused."""
    hook = troupe.installed.hook.callback
    if hook is None:
        return "no pushes are taken in"
    judged = []
    for kind in troupe.kinds():
        async with troupe.stand(kind) as stand:
            await _unsigned(stand)
            if push := await _genuine(stand, kind):
                await _judged(stand, push)
                judged.append(kind.name)
    if not judged:
        raise Broken("no push of the simulator was seen on any kind: name a prompt by the hook 'rehearsal'")
    return f"pushes of {', '.join(judged)}: genuine, unsigned, with another secret, changed, a day old"


async def _unsigned(stand: Stand) -> None:
    bare = CallbackRequest("POST", {}, {}, b'{"type":"event"}', stand.line.now().timestamp())
    reply = _read(stand, stand.account, bare, "without any signature")
    if reply.events or reply.status not in REFUSED:
        raise Broken(f"{stand.where}: a push without any signature was answered {reply.status} with {len(reply.events)} events")


async def _genuine(stand: Stand, kind: AccountKind) -> CallbackRequest | None:
    """A push that the simulator made: by a prompt, or by a message that went out."""
    prompt = await prompted(stand, kind)
    if not prompt:
        try:
            await stand.accepted(kind.routes[0])
        except NotJudged:
            return None
    for _ in range(LOOKS if prompt else LOOKS // 4):
        if stand.theatre.pushed:
            return stand.theatre.pushed[0]
        await asyncio.sleep(WAIT)
    if prompt:
        raise Broken(f"{stand.where}: the prompt {prompt} made the simulator push nothing")
    return None


async def prompted(stand: Stand, kind: AccountKind) -> str:
    """Give the simulator the prompt of the kind. Its path; "" where none is declared."""
    prompt = stand.played.prompts.get(kind.name)
    if prompt is None:
        return ""
    places = {"account": stand.id, "target": await _somebody(stand, kind)}
    await stand.line.http.post(stand.theatre.address + filled(prompt.path, places), filled(dict(prompt.body), places))
    return prompt.path


async def _somebody(stand: Stand, kind: AccountKind) -> str:
    whom = await stand.whom(kind.routes[0])
    return whom[0].ids[0] if whom[0].ids else ""


def filled(value: Any, places: Mapping[str, str]) -> Any:
    """A prompt's path or body with each ``{name}`` that is known filled in."""
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda found: places.get(found[1], found[0]), value)
    return {name: filled(inner, places) for name, inner in value.items()} if isinstance(value, dict) else value


async def _judged(stand: Stand, push: CallbackRequest) -> None:
    where = stand.where
    good = _read(stand, stand.account, push, "that is genuine")
    if good.status >= 300 or not good.events:
        raise Broken(f"{where}: a genuine push was answered {good.status} with {len(good.events)} events")
    twice = _read(stand, stand.account, replace(push, now=push.now + 1), "that comes twice")
    if _names(twice) != _names(good) or not all(key for _, key in _names(good)):
        raise Broken(f"{where}: a push that comes twice is read as two different ones, or nothing tells that it is the same")
    bare = _read(stand, stand.account, replace(push, query={}, headers={}), "without its signature")
    if bare.events or bare.status not in REFUSED:
        raise Broken(f"{where}: a push without its signature was answered {bare.status} with {len(bare.events)} events")
    for changed in forgeries(push):
        reply = _read(stand, stand.account, changed, "whose body was changed")
        if reply.events and reply.events != good.events:
            raise Broken(f"{where}: a push whose body was changed was answered {reply.status}, and its changed events were read")
    _wholly_compared(stand, push)
    stale = _read(stand, stand.account, replace(push, now=push.now + A_DAY), "of yesterday")
    if stale.events and _names(stale) != _names(good):
        raise Broken(f"{where}: a push is read again a day later, and nothing in its events tells that it is the same")
    stranger = without_secrets(stand).account
    reply = _read(stand, stranger, push, "signed with another secret")
    if reply.events or reply.status not in REFUSED:
        raise Broken(f"{where}: a push signed with another secret was answered {reply.status} with {len(reply.events)} events")


def _names(reply: CallbackReply) -> list[tuple[type, str]]:
    """By what the core knows each event again."""
    return [(type(event), event.dedupe) for event in reply.events]


def _wholly_compared(stand: Stand, push: CallbackRequest) -> None:
    """A value whose beginning is looked at is a signature, and then its other half counts as well."""
    for name, value in (*push.query.items(), *push.headers.items()):
        if not SIGNATURE.fullmatch(value):
            continue
        half = len(value) // 2
        others = (_altered(value, 0), _altered(value, half + half // 2), value[:half], value[:-4])
        first, *rest = (_read(stand, stand.account, _with(push, name, one), "with half a signature") for one in others)
        if not first.events and any(reply.events for reply in rest):
            raise Broken(f"{stand.where}: a push is believed by the beginning of its '{name}': the whole must be compared")


def _with(push: CallbackRequest, name: str, value: str) -> CallbackRequest:
    if name in push.query:
        return replace(push, query={**push.query, name: value})
    return replace(push, headers={**push.headers, name: value})


def _altered(value: str, place: int) -> str:
    return value[:place] + _other(ord(value[place])).decode() + value[place + 1 :]


def forgeries(push: CallbackRequest) -> list[CallbackRequest]:
    """The push with one letter or digit of its body changed, here and there."""
    places = [place for place, byte in enumerate(push.body) if chr(byte).isascii() and chr(byte).isalnum()]
    step = max(1, len(places) // CHANGED)
    return [replace(push, body=push.body[:place] + _other(push.body[place]) + push.body[place + 1 :]) for place in places[::step]]


def _other(byte: int) -> bytes:
    return b"7" if chr(byte).isalpha() or byte == ord("3") else b"3"


def _read(stand: Stand, account: Account, request: CallbackRequest, what: str) -> CallbackReply:
    try:
        reply = stand.installed.hook.callback(account=account, request=request)
    except Exception as error:
        raise Broken(f"{stand.where}: a push {what} made 'callback' raise {type(error).__name__}") from error
    if not isinstance(reply, CallbackReply):
        raise Broken(f"{stand.where}: 'callback' gave {type(reply).__name__}")
    return reply
