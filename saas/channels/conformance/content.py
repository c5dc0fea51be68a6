"""What the routes say they carry: each content kind is taken, a text of the declared length fits, a longer one never leaves."""

from __future__ import annotations

import uuid
from dataclasses import replace

from saas.channels.channel import AccountKind, Route
from saas.channels.conformance.answers import named
from saas.channels.conformance.samples import MADE
from saas.channels.conformance.stand import Stand
from saas.channels.conformance.troupe import Troupe
from saas.channels.conformance.verdict import Broken
from saas.channels.message import Message
from saas.channels.outcome import Receipt, Refused

FAR_TOO_LONG = 1_000_000
LONGER = "排练消息，不长不短，但要原样送到 / neither long nor short, to arrive as it is"
TEXT_RULES = ("text_chars", "text_bytes")


async def content_honest(troupe: Troupe) -> str:
    """A plain message of every declared kind is taken, with identifiers that are text."""
    tried = []
    for kind, route in troupe.routes():
        for content in route.content:
            if content not in MADE and content not in troupe.played.messages:
                continue
            async with troupe.stand(kind) as stand:
                message = stand.message(content)
                outcome = await stand.send(message, await stand.delivery(route)) if message else None
            if not isinstance(outcome, Receipt):
                said = named(outcome) if outcome else "nothing"
                raise Broken(f"{kind.name}/{route.name}: '{content}' is declared, and a plain one became {said}")
            _identified(f"{kind.name}/{route.name}", outcome)
            tried.append(f"{route.name} {content}")
    for kind, route in troupe.routes():
        await _whole_and_to_whom(troupe, kind, route)
    if not tried:
        raise Broken("of no declared content kind could a message be tried: give samples by the hook 'rehearsal'")
    return ", ".join(dict.fromkeys(tried))


async def _whole_and_to_whom(troupe: Troupe, kind: AccountKind, route: Route) -> None:
    """What is asked of the platform has the very words, and names whom this call is for: not always the first of the list."""
    if "text" not in route.content or "text" in troupe.played.messages or kind.assisted:
        return
    async with troupe.stand(kind) as stand:
        words = f"{uuid.uuid4().hex} {LONGER}"
        delivery = await stand.delivery(route, place=-1)
        if not isinstance(await stand.send(Message("text", text=words), delivery), Receipt):
            return
        said = "\n".join(stand.line.http.said)
        if words not in said:
            raise Broken(f"{kind.name}/{route.name}: the platform took a text, and it was not the whole text that was to be sent")
        if delivery.target.form == "ids" and (left := [id for id in delivery.target.ids if id not in said]):
            raise Broken(f"{kind.name}/{route.name}: the platform took a message for '{left[0]}', and was not told of them")


def _identified(where: str, outcome: Receipt) -> None:
    strays = [name for name, value in outcome.ids.items() if not isinstance(name, str) or not isinstance(value, str)]
    progress = outcome.progress
    if strays:
        raise Broken(f"{where}: the id '{strays[0]}' of the receipt is not text")
    if min(progress.delivered, progress.failed, progress.skipped, progress.awaiting) < 0:
        raise Broken(f"{where}: the receipt counts fewer than nobody")


async def too_large_refused(troupe: Troupe) -> str:
    """A text of the declared length goes out whole; one that is too long is refused before the platform is called."""
    tried = []
    for kind, route in troupe.routes():
        if "text" not in route.content:
            continue
        async with troupe.stand(kind) as stand:
            await stand.accepted(route)
            declared = {rule.name: rule.amount for rule in stand.limits(route).content if rule.severity == "block"}
            if any(name in declared for name in TEXT_RULES):
                await _fits(troupe, kind, route, declared)
            else:
                await _never_leaves(stand, route)
            tried.append(f"{kind.name}/{route.name}")
    return "the longest text that is declared, and a longer one: " + (", ".join(tried) or "no route carries text")


async def _fits(troupe: Troupe, kind: AccountKind, route: Route, declared: dict[str, int]) -> None:
    """What the core lets pass must not be too long for the platform."""
    text = "字" * declared.get("text_chars", FAR_TOO_LONG)
    text = text.encode()[: declared.get("text_bytes", FAR_TOO_LONG * 3)].decode(errors="ignore")
    async with troupe.stand(kind) as stand:
        outcome = await stand.send(Message("text", text=text), await stand.delivery(route))
        if not isinstance(outcome, Receipt):
            said = f"a text of the declared length ({len(text)} characters) became {named(outcome)}"
            raise Broken(f"{kind.name}/{route.name}: {said}")


async def _never_leaves(stand: Stand, route: Route) -> None:
    message = Message("text", text="字" * FAR_TOO_LONG)
    limits = stand.limits(route)
    hook = stand.installed.hook.check
    found = hook(account=stand.account, message=message, limits=limits) if hook else []
    if any(finding.severity == "block" for finding in found):
        return
    before = stand.line.http.calls
    outcome = await stand.send(message, replace(await stand.delivery(route)))
    if not isinstance(outcome, Refused) or stand.line.http.calls > before:
        said = "no rule text_chars or text_bytes is declared, no check blocks it, and a text of a million characters left"
        raise Broken(f"{stand.where}/{route.name}: {said}")
