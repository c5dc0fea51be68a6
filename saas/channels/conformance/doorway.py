"""A portal on a stage: what is pushed to it, its line, and the owner's page as a browser shows it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp

from saas.channels.callback import CallbackRequest
from saas.channels.conformance.line import Line
from saas.channels.conformance.theatre import PUSHED, Theatre
from saas.channels.conformance.troupe import Troupe
from saas.channels.conformance.verdict import Broken
from saas.channels.platform import Account, NotSent
from saas.channels.portal import Granted, Invitation, Portal, PortalKind, PortalNews, PortalReply, Renewed

PLACE, BACK = PUSHED + "/portal", "http://127.0.0.1:9/portals/back/rehearsal-state"
WAIT, LOOKS = 0.05, 80


class PortalLine(Line):
    """A portal's line, with the last ticket that was pushed."""

    given: tuple[str, datetime] | None = None

    async def ticket(self) -> tuple[str, datetime] | None:
        """The last ticket; None when none came yet."""
        return self.given


class GrantedLine(Line):
    """The line of an account that was authorised: its tokens come by the hook ``renew``."""

    def __init__(self, door: Doorway, granted: Granted) -> None:
        super().__init__(door.theatre)
        self._door, self._granted = door, granted

    async def granted_token(self, stale: str = "") -> str:
        """As the core keeps it: renewed where there is none, or where the platform refused it."""
        if not self.tokens or self.tokens["granted"] == stale:
            self.tokens["granted"] = (await self._door.renewed(self._granted.id)).token
        return self.tokens["granted"]


class Doorway:
    """The portal, its kind, and what came of it so far: genuine pushes by what they tell, and secrets that were given."""

    def __init__(self, troupe: Troupe, kind: PortalKind, theatre: Theatre) -> None:
        self.kind, self.theatre, self._hooks = kind, theatre, troupe.installed.hook
        made = theatre.change(lambda: theatre.server.simulator.enrol_portal(theatre.server.stage, "排练", PLACE))
        if not made:
            raise Broken("the channel has a portal, and its simulator's 'enrol_portal' gives none")
        self.portal = Portal(1, troupe.installed.channel.name, "排练", dict(made["credentials"]), dict(made["settings"]))
        self.line, self._read = PortalLine(theatre), 0
        self.pushes: dict[str, tuple[CallbackRequest, PortalReply]] = {}
        self.refresh: dict[str, str] = {}
        self.secrets: dict[str, str] = {
            f"the credential '{field.name}'": self.portal.credentials.get(field.name, "")
            for field in kind.credentials
            if field.secret
        }

    def callback(self, request: CallbackRequest, portal: Portal | None = None) -> PortalReply:
        """What the hook makes of a push."""
        try:
            reply = self._hooks.portal_callback(portal=portal or self.portal, request=request)
        except Exception as error:
            raise Broken(f"'portal_callback' raised {type(error).__name__}") from error
        if not isinstance(reply, PortalReply):
            raise Broken(f"'portal_callback' gave {type(reply).__name__}")
        return reply

    def hear(self) -> Iterator[PortalNews]:
        """The news of what was pushed since the last time; a ticket is kept as the core keeps it."""
        while self._read < len(self.theatre.pushed):
            push = self.theatre.pushed[self._read]
            self._read += 1
            reply = self.callback(push)
            for news in reply.news:
                self.pushes.setdefault(news.change, (push, reply))
                if news.change == "ticket":
                    self.line.given = (news.value, self.line.now())
                    self.secrets["the ticket"] = news.value
                yield news

    async def news(self, change: str) -> PortalNews | None:
        """The next news of that kind; None when none comes."""
        for _ in range(LOOKS):
            if found := next((news for news in list(self.hear()) if news.change == change), None):
                return found
            await asyncio.sleep(WAIT)
        return None

    async def invited(self) -> Invitation:
        """Where an owner agrees, asked again while the platform has pushed no ticket yet. Raises NotSent, PortalRefused."""
        for _ in range(LOOKS):
            list(self.hear())
            try:
                made: Invitation = await self._hooks.invite(portal=self.portal, back=BACK, platform=self.line)
                return made
            except NotSent as error:
                last = error
            await asyncio.sleep(WAIT)
        raise last

    async def agreed(self, invitation: Invitation) -> dict[str, str]:
        """As an owner agrees on the page: what the platform gives the browser, or pushes."""
        async with aiohttp.ClientSession() as browser:
            async with browser.get(invitation.url) as page:
                form = Form(await page.text())
            async with browser.post(invitation.url, data=form.fields, allow_redirects=False) as sent:
                back = sent.headers.get("Location", "")
        if invitation.returns and not back.startswith(BACK):
            raise Broken("the owner agreed on the simulator's page, and the browser was not sent back to us")
        answer = dict(parse_qsl(urlsplit(back).query))
        if not invitation.returns:
            news = await self.news("authorised")
            answer = {"auth_code": news.value} if news else {}
        self.secrets |= {f"'{name}' of the way back": value for name, value in answer.items() if "code" in name}
        return answer

    async def admitted(self, answer: Mapping[str, str]) -> Granted:
        """Redeem it. Raises what the hook raises."""
        granted: Granted = await self._hooks.admit(portal=self.portal, answer=answer, platform=self.line)
        for one in (granted, *granted.beside):
            self.refresh[one.id] = one.refresh
            self.secrets[f"the refresh token of {one.kind}"] = one.refresh
        return granted

    async def renewed(self, id: str) -> Renewed:
        """A new token. Raises Revoked, NotSent."""
        made: Renewed = await self._hooks.renew(portal=self.portal, id=id, refresh=self.refresh.get(id, ""), platform=self.line)
        self.refresh[id] = made.refresh
        self.secrets |= {"a token": made.token, "a refresh token": made.refresh}
        return made

    async def inspected(self, id: str) -> Granted:
        """How it stands. Raises Revoked."""
        found: Granted = await self._hooks.inspect(
            portal=self.portal, id=id, refresh=self.refresh.get(id, ""), platform=self.line
        )
        return found

    def account(self, granted: Granted) -> Account:
        """The account as the core would hand it to hooks."""
        own = {**self.portal.credentials, **granted.credentials}
        about = dict(granted.settings)
        return Account(
            1, "rehearsal", self.portal.channel, granted.kind, granted.name, own, about, portal=1, rights=granted.rights
        )

    def stranger(self) -> Portal:
        """The portal with other secrets."""
        secret = {field.name for field in self.kind.credentials if field.secret}
        other = {name: value[::-1] if name in secret else value for name, value in self.portal.credentials.items()}
        return replace(self.portal, credentials=other)


class Form(HTMLParser):
    """The first form of a page as it is sent when its first button is pressed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self._named: set[str] = set()
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A field as it stands: ticked boxes, the first of several choices, the first button."""
        told: dict[str, Any] = dict(attrs)
        name = self._select if tag == "option" else str(told.get("name") or "")
        if tag == "select":
            self._select = name
        elif tag == "input" or (tag in ("option", "button") and name not in self._named):
            self._add(name, told)

    def _add(self, name: str, told: Mapping[str, Any]) -> None:
        ticked = told.get("type") != "checkbox" or "checked" in told
        if name and ticked and "disabled" not in told:
            self._named.add(name)
            self.fields.append((name, str(told.get("value") or "")))


@asynccontextmanager
async def doorway(troupe: Troupe, kind: PortalKind) -> AsyncIterator[Doorway]:
    """A portal on a stage of its own."""
    with TemporaryDirectory(prefix="qunfa-kit-") as folder, Theatre(troupe.simulator(), Path(folder)) as theatre:
        door = Doorway(troupe, kind, theatre)
        try:
            yield door
        finally:
            await door.line.http.close()
