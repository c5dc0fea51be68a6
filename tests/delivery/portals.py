"""A portal on the stand-in for WeChat: owners who scan, refuse and withdraw, and the pushes that tell of it."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from saas.accounts.channels import installed
from saas.accounts.portals.service import invite, portal_for, set_up
from saas.channels.conformance.theatre import Theatre
from saas.delivery.portals import Connected, connect, receive_news
from saas.tenants.actor import Actor
from tests.conftest import House

ALL = ("1", "2", "7", "11")


class Staying(urllib.request.HTTPRedirectHandler):
    """A browser that looks where it is sent, and stays."""

    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass
class Scene:
    """The agency, its portal, and the platform."""

    house: House
    theatre: Theatre
    portal: int
    ref: str
    read: int = 0

    @property
    def admin(self) -> Actor:
        """Who may connect accounts."""
        return self.house.actor("admin")

    def fresh(self, kind: str = "subscription") -> str:
        """The platform's id of an account nobody has authorised yet."""
        known = self.theatre.server.stage.accounts
        return next(id for id, record in known.items() if record["kind"] == kind and record["key"] == id)

    def begin(self, client: str = "Moon", actor: Actor | None = None) -> str:
        """The address of the platform's page."""
        with self.house.within():
            return invite(actor or self.admin, self.portal, client).url

    def scan(self, url: str, app_id: str, rights: tuple[str, ...] = ALL, decision: str = "agree") -> tuple[str, dict[str, str]]:
        """As an owner's phone does it: the state and the query of the address the browser is sent back to."""
        query = dict(parse_qsl(urlsplit(url).query))
        form = [*query.items(), ("account", app_id), ("decision", decision), *(("right", right) for right in rights)]
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Staying())
        back = query["redirect_uri"]
        try:
            opener.open(urllib.request.Request(url.partition("?")[0], urlencode(form).encode()), timeout=10).close()
        except urllib.error.HTTPError as sent:
            back = sent.headers["Location"]
        return urlsplit(back).path.rsplit("/", 1)[1], dict(parse_qsl(urlsplit(back).query))

    def connected(self, app_id: str, client: str = "Moon", rights: tuple[str, ...] = ALL) -> Connected:
        """Invited, scanned, confirmed."""
        state, answer = self.scan(self.begin(client), app_id, rights)
        with self.house.within():
            return connect(self.admin, state, answer)

    def withdraw(self, app_id: str) -> None:
        """The owner takes it back, and the platform says so."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        opener.open(f"{self.theatre.address}/_owners/{app_id}/withdraw", b"", timeout=10).close()

    def hear(self, pushes: int = 1) -> None:
        """Take so many pushes more, as the web server would."""
        until = time.monotonic() + 10
        for _ in range(pushes):
            while len(self.theatre.pushed) <= self.read:
                assert time.monotonic() < until, "no push came"
                time.sleep(0.01)
            self.read += 1
            with self.house.app.app_context():
                assert receive_news(self.ref, self.theatre.pushed[self.read - 1]).status == 200

    def account(self, key: str) -> dict[str, Any]:
        """The account's row with what was granted."""
        query = "SELECT a.*, g.* FROM accounts a JOIN portal_grants g ON g.account_id = a.id WHERE a.key = %s"
        return self.house.rows(query, key)[0]


@contextmanager
def portal_on_stage(house: House, folder: Path) -> Iterator[Scene]:
    """A portal that has had its first ticket."""
    simulator = installed("official_account").hook.simulator()
    with Theatre(simulator, folder) as theatre:
        made = theatre.change(lambda: simulator.enrol_portal(theatre.server.stage, "p", "/pushed/p"))
        values = {**made["credentials"], **{name: str(value) for name, value in made["settings"].items() if name != "simulated"}}
        with house.within():
            portal = set_up(house.actor("admin"), "official_account", "p", values, {"simulated": True})
            assert portal_for(portal.id).credentials == made["credentials"]
        scene = Scene(house, theatre, portal.id, portal.events_address.rsplit("/", 1)[1])
        scene.hear()
        yield scene
