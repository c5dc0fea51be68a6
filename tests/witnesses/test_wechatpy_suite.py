"""wechatpy opens what our stand-in for WeCom pushes to a provider, and sends as a customised app with the code it was given."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest

from saas.channels.conformance.theatre import PUSHED, Theatre
from saas.channels.registry import Registry
from tests.witnesses.conftest import PATIENCE
from tests.witnesses.test_wechatpy import led_here

pytestmark = pytest.mark.filterwarnings("ignore")  # a library of 2021: its deprecations are its own
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture
def theatre(tmp_path: Path) -> Iterator[Theatre]:
    found = Registry.from_entry_points(only="wecom").get("wecom")
    assert found
    with Theatre(found.hook.simulator(), tmp_path) as made:
        yield made


def heard(theatre: Theatre, made: dict[str, str], number: int) -> dict[str, str]:
    """What the library's cipher makes of a push: it checks signature, key and receive id."""
    from wechatpy.enterprise.crypto import WeChatCrypto

    until = time.monotonic() + PATIENCE
    while len(theatre.pushed) <= number and time.monotonic() < until:
        time.sleep(0.02)
    push = theatre.pushed[number]
    crypto = WeChatCrypto(made["suite_token"], made["suite_aes_key"], made["suite_id"])
    plain = crypto.decrypt_message(push.body, push.query["msg_signature"], push.query["timestamp"], push.query["nonce"])
    return {child.tag: child.text or "" for child in ElementTree.fromstring(plain)}


def asked(theatre: Theatre, path: str, body: dict[str, Any], **query: str) -> Any:
    """A question of a provider, as the platform's documents write it."""
    address = f"{theatre.address}/cgi-bin/service/{path}?{urlencode(query)}"
    with OPENER.open(urllib.request.Request(address, json.dumps(body).encode()), timeout=10) as answer:
        return json.loads(answer.read())


def test_it_opens_a_suites_pushes_and_sends_with_a_permanent_code_until_the_app_is_deleted(theatre: Theatre) -> None:
    from wechatpy.enterprise import WeChatClient
    from wechatpy.exceptions import WeChatClientException

    simulator, stage = theatre.server.simulator, theatre.server.stage
    made = theatre.change(lambda: simulator.enrol_portal(stage, "代开发", f"{PUSHED}/witness"))["credentials"]
    told = heard(theatre, made, 0)
    assert (told["SuiteId"], told["InfoType"]) == (made["suite_id"], "suite_ticket")
    corp = next(id for id, known in stage.accounts.items() if known["kind"] == "corp")
    form = {"template": made["suite_id"], "state": "s1", "corp": corp, "decision": "agree", "right": "contact"}
    OPENER.open(f"{theatre.address}/3rdapp/customized", urlencode(form).encode(), timeout=10).close()
    agreed = heard(theatre, made, 1)
    assert (agreed["InfoType"], agreed["State"]) == ("create_auth", "s1")
    suite = {name: made[name] for name in ("suite_id", "suite_secret")}
    token = asked(theatre, "get_suite_token", {**suite, "suite_ticket": told["SuiteTicket"]})["suite_access_token"]
    code = asked(theatre, "get_permanent_code", {"auth_code": agreed["AuthCode"]}, suite_access_token=token)
    client = WeChatClient(code["auth_corp_info"]["corpid"], code["permanent_code"])
    led_here(client._http, theatre.address, "https://qyapi.weixin.qq.com")
    agent = code["auth_info"]["agent"][0]["agentid"]
    assert client.message.send_text(agent, ["Member0001"], "见证")["errcode"] == 0
    OPENER.open(f"{theatre.address}/_corps/{made['suite_id']}/{corp}/withdraw", b"", timeout=10).close()
    assert heard(theatre, made, 2)["InfoType"] == "cancel_auth"
    with pytest.raises(WeChatClientException) as refused:
        client.fetch_access_token()
    assert refused.value.errcode == 40001
