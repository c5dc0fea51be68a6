"""An agency whose stages are held in WeCom's own approval, on the stand-in for WeCom: its approvers, pushes and rounds."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qunfa_wecom.simulator.approvals import TEMPLATE
from saas.accounts.channels import installed
from saas.accounts.credentials import seal
from saas.accounts.models import Account
from saas.accounts.opening import run_with_lines
from saas.channels.callback import CallbackRequest
from saas.channels.conformance.theatre import Theatre
from saas.channels.simulator import Enrolment
from saas.delivery.approvals.rounds import visit
from saas.delivery.approvals.setting import hold, name_person
from saas.delivery.callbacks import receive
from saas.delivery.inbox import apply_inbox
from saas.kernel.database import transaction
from saas.kernel.sealing import Sealer
from saas.kernel.settings import settings
from tests.review.conftest import Desk

PLACES = {"Text-01": "title", "Textarea-02": "accounts", "Date-03": "time", "Text-04": "link"}
PEOPLE = {"editor": "Member0001", "ann": "Member0002", "ben": "Member0003"}


@dataclass
class Office:
    """The desk, the platform, and the account in whose approval stages are held."""

    desk: Desk
    theatre: Theatre
    account: int
    corp: str
    read: int = 0

    def hold(self, kind: str = "review", client: str | None = "Moon", own_flow: bool = False, **named: str) -> None:
        """The stage is held, and these people are known there."""
        house = self.desk.house
        with house.within():
            whose = house.client(client) if client else None
            hold(house.actor("owner"), whose, kind, "office", TEMPLATE, PLACES, "Member0004", own_flow)
            for name, person in (named or PEOPLE).items():
                name_person(house.actor("owner"), "office", f"{name}@house.test", person)

    def go(self, rounds: int = 1) -> None:
        """Rounds, each with all that waits for its time due."""
        for _ in range(rounds):
            self.desk.house.run("UPDATE stage_applications SET asks_at = now() WHERE asks_at IS NOT NULL")
            with self.desk.house.within():
                visit()

    def application(self, campaign: int) -> dict[str, Any]:
        """The newest application of a campaign."""
        return self.desk.house.rows("SELECT * FROM stage_applications WHERE campaign_id = %s ORDER BY id DESC", campaign)[0]

    def sheets(self) -> list[Any]:
        """What is on the platform."""
        world = self.theatre.server.simulator._world  # type: ignore[attr-defined]
        return list(world._approvals._sheets.values())

    def decide(self, number: str, act: str, person: str = "", speech: str = "", push: bool = False) -> int:
        """As an approver's phone does it; the status of the answer."""
        body = json.dumps({"act": act, "person": person, "speech": speech, "push": push}).encode()
        address = f"{self.theatre.address}/people/{self.corp}/approvals/{number}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            wish = urllib.request.Request(address, body, {"Content-Type": "application/json"})
            with opener.open(wish, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            return refused.code

    def asked(self, campaign: int) -> str:
        """A campaign's application is submitted and waits; its number."""
        self.go()
        row = self.application(campaign)
        assert row["state"] == "waiting", row
        return str(row["approval"])

    def hear(self) -> list[int]:
        """Take the next push as the web server and a worker do; the inbox's rows that were applied."""
        until = time.monotonic() + 10
        while len(self.theatre.pushed) <= self.read:
            assert time.monotonic() < until, "no push came"
            time.sleep(0.01)
        self.read += 1
        self.push(self.theatre.pushed[self.read - 1])
        tenant = self.desk.house.tenant
        run_with_lines(settings(), lambda lines: apply_inbox(lines.pool, tenant))
        return [row["id"] for row in self.desk.house.rows("SELECT id FROM callback_inbox WHERE result = 'applied'")]

    def push(self, request: CallbackRequest) -> int:
        """The status with which a push is answered."""
        ref = self.desk.house.one("SELECT callback_ref FROM accounts WHERE id = %s", self.account)
        with self.desk.house.app.app_context():
            return receive(ref, request).status

    def words(self, campaign: int) -> list[tuple[str, str, str]]:
        """Who said what of a campaign, and why."""
        query = "SELECT m.name, a.decision, a.note FROM approvals a JOIN members m ON m.id = a.member_id WHERE campaign_id = %s"
        rows = self.desk.house.rows(query + " ORDER BY a.id", campaign)
        return [(row["name"], row["decision"], row["note"]) for row in rows]

    def state(self, campaign: int) -> str:
        """The campaign's."""
        return str(self.desk.house.one("SELECT state FROM campaigns WHERE id = %s", campaign))


@contextmanager
def office_on_stage(desk: Desk, folder: Path) -> Iterator[Office]:
    """An app of WeCom's that agencies' stages can be held in."""
    simulator = installed("wecom").hook.simulator()
    with Theatre(simulator, folder) as theatre:
        stage = theatre.server.stage
        enrolment = Enrolment("office", "app", "山岚", 8, "/pushed/office")
        made = theatre.change(lambda: simulator.enrol(enrolment, stage.address))
        record = {**made.record, "key": "office", "callback_path": enrolment.callback_path}
        theatre.change(lambda: stage.keep(made.id, record))
        house = desk.house
        with house.within(), transaction() as session:
            account = Account(
                client_id=house.client("Moon"), key="office", channel="wecom", kind="app", name="山岚", settings=made.settings
            )
            session.add(account)
            session.flush()
            account.credentials = seal(Sealer(settings().encryption_keys), house.tenant, account.id, made.credentials)
            session.flush()
            number = account.id
        yield Office(desk, theatre, number, made.id)
