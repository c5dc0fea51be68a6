"""What an app answers to its member in the answer to the push, sealed as the platform seals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from qunfa_wecom import plugin
from qunfa_wecom.crypto import decrypt, signed
from qunfa_wecom.simulator.corps import Corp
from qunfa_wecom.simulator.pushes import sealed
from saas.channels import Account, CallbackRequest, Inbound, Link, Message

CORP, TOKEN, NOW = "wx5823bf96d3bd56c7", "QDG6eK", 1_409_659_589
KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
APP = Account(1, "shop", "wecom", "app", "山岚", {"corp_id": CORP, "callback_token": TOKEN, "aes_key": KEY})
FIELDS = {"MsgType": "text", "FromUserName": "zhang", "MsgId": "77", "Content": "几点", "AgentID": "1000002"}


def post() -> CallbackRequest:
    query, body = sealed(Corp(CORP, {"aes_key": KEY, "callback_token": TOKEN}), FIELDS, str(NOW))
    return CallbackRequest("POST", query, {}, body, NOW)


def answered(message: Message) -> Element:
    """What the member sees."""
    request = post()
    (event,) = plugin.callback(APP, request).events
    assert isinstance(event, Inbound)
    assert event.reply_until == NOW + 5
    reply = plugin.answer(APP, request, event, message)
    outer: Any = fromstring(reply.body)
    parts = (outer.findtext(name) or "" for name in ("TimeStamp", "Nonce", "Encrypt", "MsgSignature"))
    assert signed(TOKEN, *parts)
    plain, receiver = decrypt(KEY, outer.findtext("Encrypt"))
    assert receiver == CORP
    seen: Element = fromstring(plain)
    assert (seen.findtext("ToUserName"), seen.findtext("FromUserName")) == ("zhang", CORP)
    return seen


def test_a_text_is_answered_in_the_answer_to_the_push() -> None:
    seen = answered(Message("text", text="九点 <开门> ]]>"))
    assert (seen.findtext("MsgType"), seen.findtext("Content")) == ("text", "九点 <开门> ]]>")


def test_a_link_is_answered_as_one_card() -> None:
    seen = answered(Message("link", link=Link("价格 & 表", "https://www.example.com/?a=1&b=2", "今日")))
    card = {name: seen.findtext(f"Articles/item/{name}") for name in ("Title", "Description", "Url")}
    assert card == {"Title": "价格 & 表", "Description": "今日", "Url": "https://www.example.com/?a=1&b=2"}


@pytest.mark.parametrize("kind", ["customer", "moments"])
def test_only_an_app_answers(kind: str) -> None:
    (event,) = plugin.callback(replace(APP, kind=kind), post()).events
    assert isinstance(event, Inbound)
    assert event.reply_until == 0
