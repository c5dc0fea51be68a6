"""wechatpy as a third-party platform: ticket, scan, sends in an account's name and withdrawal, against our simulator."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from saas.channels.conformance.theatre import PUSHED, Theatre
from saas.channels.registry import Registry
from tests.witnesses.conftest import PATIENCE
from tests.witnesses.test_wechatpy import led_here

pytestmark = pytest.mark.filterwarnings("ignore")  # a library of 2021: its deprecations are its own
API = "https://api.weixin.qq.com"


@pytest.fixture
def theatre(tmp_path: Path) -> Iterator[Theatre]:
    found = Registry.from_entry_points(only="official_account").get("official_account")
    assert found
    with Theatre(found.hook.simulator(), tmp_path) as made:
        yield made


def heard(theatre: Theatre, component: Any, number: int) -> Any:
    """What the library makes of a push."""
    until = time.monotonic() + PATIENCE
    while len(theatre.pushed) <= number and time.monotonic() < until:
        time.sleep(0.02)
    push = theatre.pushed[number]
    return component.parse_message(push.body, push.query["msg_signature"], push.query["timestamp"], push.query["nonce"])


def pressed(address: str, **form: str) -> None:
    """A button of a page of the simulator, and nowhere else."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(address, urlencode(form).encode(), timeout=10).close()
    except urllib.error.HTTPError as elsewhere:
        assert elsewhere.code == 404


def test_it_takes_an_account_over_sends_in_its_name_and_hears_that_it_is_withdrawn(theatre: Theatre) -> None:
    from wechatpy import WeChatComponent
    from wechatpy.exceptions import WeChatClientException

    simulator, stage = theatre.server.simulator, theatre.server.stage
    made = theatre.change(lambda: simulator.enrol_portal(stage, "witness", f"{PUSHED}/witness"))["credentials"]
    names = ("component_appid", "component_appsecret", "component_token", "component_aes_key")
    component = WeChatComponent(*(made[name] for name in names))
    led_here(component._http, theatre.address, API)
    assert heard(theatre, component, 0).type == "component_verify_ticket"
    app_id = next(id for id, known in stage.accounts.items() if known["kind"] == "service")
    asked = {"component_appid": made["component_appid"], "pre_auth_code": component.create_preauthcode()["pre_auth_code"]}
    page = f"{theatre.address}/cgi-bin/componentloginpage"
    pressed(page, **asked, account=app_id, right="7", decision="agree", redirect_uri=f"{theatre.address}/nowhere")
    assert (heard(theatre, component, 1).type, component.get_authorizer_list()["total_count"]) == ("authorized", 1)
    client = component.get_client_by_appid(app_id)
    led_here(client._http, theatre.address, API)
    assert client.message.send_mass_text(None, "见证：周末开放日", is_to_all=True)["errcode"] == 0
    client.fetch_access_token()
    assert component.get_authorizer_info(app_id)["authorizer_info"]["service_type_info"]["id"] == 2
    pressed(f"{theatre.address}/_owners/{app_id}/withdraw")
    assert heard(theatre, component, 2).type == "unauthorized"
    with pytest.raises(WeChatClientException) as told:
        client.fetch_access_token()
    assert told.value.errcode == 61003
