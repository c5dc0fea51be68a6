"""Corps that authorise over a provider's app: one consent makes their accounts, their admin stops them, the next goes on."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from qunfa_wecom.crypto import encrypt, signature
from saas.accounts.channels import installed
from saas.accounts.credentials import seal
from saas.accounts.portals.service import invite, invited, set_up
from saas.channels.callback import CallbackRequest
from saas.channels.conformance.theatre import Theatre
from saas.channels.portal import Revoked
from saas.delivery.portals import Connected, connect, receive_message, receive_news
from saas.kernel.database import transaction
from saas.kernel.errors import Conflict, NotFound
from saas.kernel.sealing import Sealer
from saas.kernel.settings import settings
from tests.conftest import House
from tests.delivery.portals import Staying
from tests.delivery.test_portal_sends import let_go, states, work
from tests.delivery.test_portals import held, token_of


@dataclass
class Provider:
    """The agency as a provider of WeCom apps, its suite, and the platform."""

    house: House
    theatre: Theatre
    portal: int
    ref: str
    credentials: dict[str, str]
    read: int = 0

    @property
    def corp(self) -> str:
        """A corp whose admin can agree."""
        return next(id for id, known in self.theatre.server.stage.accounts.items() if known["kind"] == "corp")

    def begin(self, client: str = "Moon") -> tuple[str, str]:
        """The platform's page, and the state of the way back."""
        with self.house.within():
            made = invite(self.house.actor("admin"), self.portal, client)
        query = dict(parse_qsl(urlsplit(made.url).query))
        assert (made.back.rpartition("/")[2] or query["state"]) == query["state"]
        return made.url, query["state"]

    def agree(self, url: str) -> dict[str, str]:
        """As the corp's admin does it: the query with which the browser comes back; {} where it does not."""
        form = [*parse_qsl(urlsplit(url).query), ("corp", self.corp), ("decision", "agree"), ("right", "contact")]
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Staying())
        try:
            opener.open(urllib.request.Request(url.partition("?")[0], urlencode(form).encode()), timeout=10).close()
        except urllib.error.HTTPError as sent:
            return dict(parse_qsl(urlsplit(sent.headers["Location"]).query))
        return {}

    def act(self, what: str) -> None:
        """A button of the corp's page of apps."""
        address = f"{self.theatre.address}/_corps/{self.credentials['suite_id']}/{self.corp}/{what}"
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, b"", timeout=10).close()

    def hear(self) -> CallbackRequest:
        """Take one more push, as the web server would."""
        until = time.monotonic() + 10
        while len(self.theatre.pushed) <= self.read:
            assert time.monotonic() < until, "no push came"
            time.sleep(0.01)
        self.read += 1
        self.take(self.theatre.pushed[self.read - 1])
        return self.theatre.pushed[self.read - 1]

    def take(self, push: CallbackRequest) -> None:
        with self.house.app.app_context():
            assert receive_news(self.ref, push).status == 200

    def confirm(self, state: str, answer: dict[str, str]) -> Connected:
        with self.house.within():
            return connect(self.house.actor("admin"), state, answer)

    def connected(self) -> Connected:
        """Invited, agreed, confirmed, whichever way the code comes."""
        url, state = self.begin()
        answer = self.agree(url)
        if not answer:
            self.hear()
        return self.confirm(state, answer)

    def account(self, kind: str) -> dict[str, Any]:
        query = "SELECT a.*, g.* FROM accounts a JOIN portal_grants g ON g.account_id = a.id WHERE a.kind = %s"
        return self.house.rows(query, kind)[0]

    def sent(self) -> int:
        return sum(effect.kind == "app" for effect in self.theatre.server.stage.effects)


Open = Callable[[str], Provider]


@pytest.fixture
def provider(house: House, tmp_path: Path) -> Iterator[Open]:
    """``provider(name)``: a suite that has had its first ticket; a name with 代开发 makes it a template."""
    with ExitStack() as stages:

        def begin(name: str) -> Provider:
            simulator = installed("wecom").hook.simulator()
            theatre = stages.enter_context(Theatre(simulator, tmp_path / "stage"))
            made = theatre.change(lambda: simulator.enrol_portal(theatre.server.stage, name, "/pushed/p"))
            values = {**made["credentials"], **{key: str(value) for key, value in made["settings"].items() if key != "simulated"}}
            with house.within():
                portal = set_up(house.actor("admin"), "wecom", name, values, {"simulated": True})
            found = Provider(house, theatre, portal.id, portal.events_address.rsplit("/", 1)[1], made["credentials"])
            found.hear()
            return found

        yield begin


def test_one_consent_makes_accounts_that_send_until_the_corps_admin_deletes_the_app(provider: Open, tmp_path: Path) -> None:
    scene = provider("第三方应用")
    house, found = scene.house, scene.connected()
    assert (found.is_new, found.name) == (True, "示例新客户企业（客户群发）、示例新客户企业（应用消息）")
    app = scene.account("app")
    assert (app["key"], app["rights"]) == (f"{scene.corp}-app", ["contact", "message"])
    code = scene.theatre.server.stage.accounts[scene.corp]["granted"][scene.credentials["suite_id"]]["code"]
    assert code.encode() not in bytes(app["refresh"]) + bytes(app["credentials"])
    let_go(house, tmp_path / "first", app["key"])
    work(house)
    assert scene.sent() == 1
    let_go(house, tmp_path / "second", app["key"], "另一句")
    scene.act("withdraw")
    work(house)  # and the push is not heard: the next token tells
    assert (scene.sent(), states(house)[-1], scene.account("app")["trouble"]) == (1, "due", "revoked")
    scene.hear()
    assert [held(house, scene.account(kind)["account_id"]) for kind in ("app", "customer")] == [True, True]
    again = scene.connected()
    assert (again.is_new, house.one("SELECT count(*) FROM accounts")) == (False, 2)
    house.run("UPDATE deliveries SET due_at = now() WHERE state = 'due'")
    work(house)
    work(house)
    assert scene.sent() == 2


def test_a_customised_app_is_told_by_a_push_and_waits_for_its_member(provider: Open) -> None:
    scene = provider("代开发")
    url, state = scene.begin()
    with pytest.raises(Conflict) as told:
        scene.confirm(state, {})
    assert told.value.code == "scan_waiting"
    assert scene.agree(url) == {}
    push = scene.hear()
    scene.take(push)
    assert scene.house.one("SELECT count(*) FROM accounts") == 0
    assert scene.confirm(state, {}).is_new
    with pytest.raises(Conflict) as told:
        scene.confirm(state, {})
    assert told.value.code == "scan_used"
    scene.take(push)  # once more, too late: the code is used up
    account = scene.account("customer")
    assert (account["status"], token_of(scene.house, account["account_id"])[0] != "") == ("active", True)


def test_another_secret_is_taken_over_by_its_push(provider: Open) -> None:
    scene = provider("代开发")
    scene.connected()
    account, before = scene.account("app")["account_id"], scene.account("app")
    first = token_of(scene.house, account)[0]
    scene.act("reset")
    push = scene.hear()
    scene.take(push)
    after = scene.account("app")
    assert (after["status"], after["refresh"] != before["refresh"], held(scene.house, account)) == ("active", True, False)
    assert token_of(scene.house, account)[0] != first
    scene.house.run("UPDATE accounts SET status = 'stopped', trouble = 'banned' WHERE id = %s", account)
    scene.act("reset")
    scene.hear()
    assert (scene.account("app")["trouble"], held(scene.house, account)) == ("banned", True)
    assert scene.house.one("SELECT count(*) FROM portal_tokens WHERE name LIKE 'code:%%'") == 0


def test_an_app_installed_again_goes_on_and_a_corp_nobody_invited_is_no_account(provider: Open) -> None:
    scene = provider("第三方应用")
    scene.act("install")
    scene.hear()
    assert scene.house.one("SELECT count(*) FROM accounts") == 0
    scene.connected()
    agent = scene.theatre.server.stage.accounts[scene.corp]["granted"][scene.credentials["suite_id"]]["agent_id"]
    scene.act("withdraw")
    scene.hear()
    assert scene.account("app")["status"] == "stopped"
    scene.act("install")
    scene.hear()
    account = scene.account("app")
    assert (account["status"], account["withdrawn_at"]) == ("active", None)
    fresh = scene.theatre.server.stage.accounts[scene.corp]["granted"][scene.credentials["suite_id"]]["agent_id"]
    assert fresh != agent


def test_rights_that_are_taken_away_are_asked_of_the_platform(provider: Open) -> None:
    scene = provider("第三方应用")
    scene.connected()
    scene.act("change")
    scene.hear()
    assert (scene.account("customer")["rights"], scene.account("app")["rights"]) == (["message"], ["contact", "message"])


def test_pasted_secrets_of_the_same_kind_go_and_another_app_of_the_corp_stays(provider: Open) -> None:
    scene = provider("第三方应用")
    house, sealer = scene.house, Sealer(settings().encryption_keys)
    for kind, more in (("customer", {}), ("app", {"agent_id": "1000002"})):
        account = house.account(f"pasted-{kind}", "wecom", kind)
        pasted = seal(sealer, house.tenant, account, {"corp_id": scene.corp, "app_secret": "x", **more})
        house.run("UPDATE accounts SET credentials = %s WHERE id = %s", pasted, account)
    scene.connected()
    assert sorted(row["key"] for row in house.rows("SELECT key FROM accounts")) == [
        "pasted-app",
        "pasted-customer",
        f"{scene.corp}-app",
    ]
    taken = scene.account("customer")
    assert sealer.open(house.tenant, f"account:{taken['account_id']}", bytes(taken["credentials"])) == {"corp_id": scene.corp}


def test_customers_who_come_are_heard_by_the_account_they_concern(provider: Open) -> None:
    scene = provider("第三方应用")
    scene.connected()
    address = f"{scene.theatre.address}/people/{scene.corp}"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(urllib.request.Request(address, b'{"change": "add"}'), timeout=10).close()
    scene.take(scene.hear())
    heard = scene.house.rows("SELECT account_id, kind FROM callback_inbox")
    assert heard == [{"account_id": scene.account("customer")["account_id"], "kind": "target_changed"}]


def test_the_platforms_check_of_the_address_for_messages_is_answered(provider: Open) -> None:
    scene = provider("第三方应用")
    own, now = scene.credentials, str(int(time.time()))
    echo = encrypt(own["suite_aes_key"], b"1234567", own["provider_corp_id"])
    query = {"timestamp": now, "nonce": "n", "echostr": echo}
    query["msg_signature"] = signature(own["suite_token"], now, "n", echo)
    with scene.house.app.app_context():
        reply = receive_message(scene.ref, own["provider_corp_id"], CallbackRequest("GET", query, {}, b"", time.time()))
        assert (reply.status, reply.body) == (200, b"1234567")
        with pytest.raises(NotFound):
            receive_message(scene.ref, own["provider_corp_id"], CallbackRequest("POST", query, {}, b"", time.time()))


def test_a_state_nobody_waits_for_connects_nothing(provider: Open) -> None:
    scene = provider("代开发")
    url, state = scene.begin()
    scene.house.as_owner("UPDATE portal_invitations SET expires_at = now()")
    scene.house.as_owner("UPDATE portal_tokens SET expires_at = now() WHERE name LIKE 'scan:%%'")
    with scene.house.within(), transaction(), pytest.raises(Conflict) as told:
        invited(scene.house.actor("admin"), state)
    assert told.value.code == "scan_expired"
    scene.agree(url)
    scene.hear()
    assert scene.house.one("SELECT count(*) FROM accounts") == 0


def test_an_old_secret_that_is_refused_does_not_undo_a_consent_given_meanwhile(provider: Open) -> None:
    scene = provider("代开发")
    scene.connected()
    account = scene.account("app")["account_id"]
    scene.act("reset")  # its push has not come; the owner's next consent is a moment younger than the question
    scene.house.as_owner("UPDATE portal_grants SET granted_at = now() + interval '5 seconds'")
    with pytest.raises(Revoked, match="40084"):
        token_of(scene.house, account)
    assert not held(scene.house, account)
    scene.hear()
    assert token_of(scene.house, account)[0]
