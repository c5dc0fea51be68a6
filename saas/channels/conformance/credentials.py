"""Bad credentials: the answer names the field and the remedy in both languages, and good ones send nothing."""

from __future__ import annotations

import re
from dataclasses import replace

from saas.channels.calls import CallsLeft
from saas.channels.channel import AccountKind, Field
from saas.channels.conformance.answers import named
from saas.channels.conformance.stand import Raised, Stand, told
from saas.channels.conformance.troupe import Troupe
from saas.channels.conformance.verdict import Broken
from saas.channels.outcome import Outcome, Receipt, Refused, Unauthorized, Unreachable

HAN = re.compile(r"[\u4e00-\u9fff]")
TIMES = 3
LATIN = re.compile(r"[A-Za-z]{2,}")
A_SENTENCE = 4  # words, at the least
WORDS = re.compile(r"[A-Za-z]{3,}(?:[ _-][A-Za-z]{2,})*|[\u4e00-\u9fff]{2,}")


async def credentials_named(troupe: Troupe) -> str:
    """Each required credential, wrong in turn: not accepted, and the answer says which field and what to do."""
    tried = []
    for kind in troupe.kinds():
        fields = [field for field in kind.credentials if field.required]
        for field in fields:
            for wrong in ("wrong", ""):
                async with troupe.stand(kind) as stand:
                    stand.account = stand.with_credentials(**{field.name: wrong})
                    _names(kind, fields, field, await _connected(stand))
            tried.append(f"{kind.name}.{field.name}")
    return ", ".join(tried) or "no credential is required"


async def _connected(stand: Stand) -> Outcome | Raised:
    """What it says of the credentials; a platform that a busy machine let answer late is asked again."""
    outcome = await _asked(stand)
    for _ in range(TIMES - 1):
        if not isinstance(outcome, Unreachable):
            break
        outcome = await _asked(stand)
    return outcome


async def _asked(stand: Stand) -> Outcome | Raised:
    if stand.installed.hook.connect:
        return await told(stand.installed.hook.connect(account=stand.account, platform=stand.line))
    route = stand.kind.routes[0]
    return await stand.send(stand.first(route), await stand.delivery(route))


def _names(kind: AccountKind, fields: list[Field], field: Field, outcome: Outcome | Raised) -> None:
    where = f"{kind.name}.{field.name}"
    if not isinstance(outcome, Unauthorized | Refused):
        raise Broken(f"{where}: a wrong value became {named(outcome)}, not Unauthorized")
    words = outcome.detail if isinstance(outcome, Unauthorized) else outcome.reason
    if not HAN.search(words) or len(LATIN.findall(words)) < A_SENTENCE:
        raise Broken(f"{where}: a wrong value is not told in both languages with a remedy: '{words[:100]}'")
    if not any(_mentions(words, one) for one in fields):
        raise Broken(f"{where}: the answer to a wrong value names no credential field: '{words[:100]}'")


def _mentions(words: str, field: Field) -> bool:
    """By its name, or by a word of its title that says more than 'the'."""
    heard = words.lower()
    names = [field.name, field.name.replace("_", " "), *WORDS.findall(field.title.zh), *WORDS.findall(field.title.en)]
    return any(name.lower() in heard for name in names)


async def asks_send_nothing(troupe: Troupe) -> str:
    """Connecting, listing, checking and asking for numbers leave no effect behind; good credentials connect."""
    for kind in troupe.kinds():
        async with troupe.stand(kind) as stand:
            hooks = troupe.installed.hook
            outcome = await told(hooks.connect(account=stand.account, platform=stand.line)) if hooks.connect else Receipt({})
            if not isinstance(outcome, Receipt):
                raise Broken(f"{kind.name}: good credentials became {named(outcome)} at 'connect'")
            for route in kind.routes:
                await stand.whom(route)
                if hooks.check:
                    hooks.check(account=stand.account, message=stand.first(route), limits=stand.limits(route))
                if hooks.examine:
                    await hooks.examine(account=stand.account, message=stand.first(route), platform=stand.line)
            if hooks.tags and any("tag" in route.audience for route in kind.routes):
                await hooks.tags(account=stand.account, platform=stand.line)
            if hooks.calls_left:
                _plain(kind.name, await hooks.calls_left(account=stand.account, platform=stand.line))
            await stand.settled()
            if stand.effects():
                raise Broken(f"{kind.name}: connecting, listing or checking left {stand.effects()} effects on the platform")
    return "connect, audience, tags, check, examine and calls_left on every kind"


def _plain(kind: str, listed: list[CallsLeft]) -> None:
    """Calls that a platform counts: nothing below nought, never more left than there are, a name in both languages."""
    for one in listed:
        if not (0 <= one.left <= one.limit and one.used >= 0):
            raise Broken(f"{kind}: of {one.interface} {one.used} calls are used and {one.left} of {one.limit} left")
        if not (one.interface and one.title.zh and one.title.en):
            raise Broken(f"{kind}: the calls of '{one.interface}' have no title in both languages")


async def accounts_apart(troupe: Troupe) -> str:
    """Two accounts one after the other: each speaks with its own credentials and never in the other's name."""
    for kind, route in troupe.routes():
        async with troupe.stand(kind) as first:
            other = troupe.enrol(first.theatre, kind, "another")
            try:
                await first.accepted(route)
                await first.settled()
                mine = first.effects()
                await other.accepted(route)
                await first.settled()
                if first.effects() > mine:
                    said = "a message of the second account went out in the first one's name: something is kept between calls"
                    raise Broken(f"{kind.name}/{route.name}: {said}")
            finally:
                await other.line.http.close()
    return "two accounts on every route"


def without_secrets(stand: Stand) -> Stand:
    """The same account with other secrets, as a stranger would have them."""
    secret = {field.name for field in stand.kind.credentials if field.secret}
    changed = {name: f"other-{len(value)}" if name in secret else value for name, value in stand.account.credentials.items()}
    stand.account = replace(stand.account, credentials=changed)
    return stand
