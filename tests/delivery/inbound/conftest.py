"""A service account whose platform pushes to it, and rules for it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from qunfa_official_account.callback import parse
from qunfa_official_account.crypto import unseal
from qunfa_official_account.simulator.pushes import envelope, rendered
from saas.accounts.channels import registry
from saas.accounts.credentials import seal
from saas.accounts.models import Account
from saas.channels.callback import CallbackReply, CallbackRequest
from saas.channels.simulator import Enrolment
from saas.delivery import callbacks
from saas.delivery.inbound.rules import RuleView, decide_rule, write_rule
from saas.delivery.inbound.wishes import RuleWish
from saas.delivery.quota_verify import verify
from saas.kernel.database import transaction
from saas.kernel.sealing import Sealer
from saas.kernel.settings import settings
from tests.conftest import House

PERSON = "oPersonOpenIdOf28Characters1"


@dataclass
class Shop:
    """A service account, and its platform's hand that pushes."""

    house: House
    app_id: str
    record: dict[str, Any]
    ref: str
    id: int

    def push(self, form: str = "xml", **fields: Any) -> CallbackReply:
        whole = {"ToUserName": self.record["gh_id"], "FromUserName": PERSON, "CreateTime": int(time.time()), **fields}
        query, body = envelope(self.record, self.app_id, rendered(whole, form), form)
        with self.house.app.app_context():
            return callbacks.receive(self.ref, CallbackRequest("POST", query, {}, body, time.time()))

    def say(self, words: str, number: str = "", form: str = "xml", **more: Any) -> dict[str, Any]:
        """What the person sees in answer; empty when nothing."""
        number = number or str(secrets.randbelow(10**15))
        return self.opened(self.push(form, MsgType="text", Content=words, MsgId=number, **more))

    def opened(self, reply: CallbackReply) -> dict[str, Any]:
        if reply.body == b"success":
            return {}
        outer = parse(reply.body)
        return parse(unseal(str(self.record["aes_key"]), self.app_id, str(outer["Encrypt"]))) if "Encrypt" in outer else outer


@pytest.fixture
def shop(house: House) -> Shop:
    found = registry().get("official_account")
    assert found is not None
    made = found.hook.simulator().enrol(Enrolment("shop", "service", "山岚", 5, ""), "http://127.0.0.1:1")
    client = house.client("Moon")
    with house.within(), transaction() as session:
        row = Account(client_id=client, key="shop", channel="official_account", kind="service", name="山岚", audience_size=5)
        row.settings = dict(made.settings)
        session.add(row)
        session.flush()
        row.credentials = seal(Sealer(settings().encryption_keys), house.tenant, row.id, made.credentials)
        session.flush()
        session.refresh(row)
        return Shop(house, made.id, dict(made.record), row.callback_ref, row.id)


Write = Callable[..., RuleView]


@pytest.fixture
def write(house: House, shop: Shop) -> Iterator[Write]:
    """Write a rule as the editor; sign it as the reviewer unless ``signed`` is false."""

    def make(words: tuple[str, ...] = ("价格",), text: str = "请看菜单", signed: bool = True, **more: Any) -> RuleView:
        wish = RuleWish(
            "Moon", "规则", more.pop("occasion", "message"), more.pop("says", {"kind": "text", "text": text}), words=words, **more
        )
        with house.within():
            made = write_rule(house.actor("editor"), wish)
            return decide_rule(house.actor("reviewer"), made.id, made.digest, True) if signed else made

    yield make
    with house.within():
        assert verify(house.actor("owner")).differences == []
