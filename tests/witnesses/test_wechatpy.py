"""wechatpy, a client of the WeChat platforms that others wrote, makes its usual trips against our simulators."""

from __future__ import annotations

import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from saas.channels import CallbackRequest, Inbound
from saas.channels.conformance.line import png
from tests.witnesses.conftest import Play

pytestmark = pytest.mark.filterwarnings("ignore")  # a library of 2021: its deprecations are its own
SAID = (
    "<xml><ToUserName><![CDATA[{gh}]]></ToUserName><FromUserName><![CDATA[o1]]></FromUserName><CreateTime>{now}</CreateTime>"
    "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[在吗]]></Content><MsgId>77</MsgId></xml>"
)


def led_here(session: Any, address: str, platform: str) -> None:
    """Calls to the platform go to the simulator instead."""
    from requests.adapters import HTTPAdapter

    class Detour(HTTPAdapter):
        def send(self, request: Any, *more: Any, **named: Any) -> Any:
            request.url = request.url.replace(platform, address)
            return super().send(request, *more, **named)

    session.trust_env = False
    session.mount(platform, Detour())


def client_of(stage: Play) -> Any:
    from wechatpy import WeChatClient

    credentials = stage.account.credentials
    client = WeChatClient(credentials["app_id"], credentials["app_secret"])
    led_here(client._http, stage.theatre.address, "https://api.weixin.qq.com")
    return client


def test_it_lists_followers_and_sends_to_all(play: Callable[[str, str], Play]) -> None:
    stage = play("official_account", "service")
    client = client_of(stage)
    followers = client.user.get_followers()
    assert (followers["total"], len(followers["data"]["openid"])) == (25, 25)
    sent = client.message.send_mass_text(None, "见证：周末开放日", is_to_all=True)
    assert sent["errcode"] == 0
    assert [effect.platform_id for effect in stage.effects("mass")] == [str(sent["msg_id"])]
    assert client.message.get_mass(sent["msg_id"])["msg_status"] in ("SENDING", "SEND_SUCCESS")


def test_it_uploads_a_picture_and_sends_a_template_message(play: Callable[[str, str], Play]) -> None:
    stage = play("official_account", "service")
    client = client_of(stage)
    material = client.material.add("image", ("cover.png", BytesIO(png("witness")), "image/png"))
    assert material["media_id"]
    openid = client.user.get_followers()["data"]["openid"][0]
    client.message.send_template(openid, "Tm-witness-0001", {"thing1": {"value": "见证"}})
    assert [effect.detail["openid"] for effect in stage.effects("template")] == [openid]


def test_it_is_told_what_is_wrong_in_the_platforms_words(play: Callable[[str, str], Play]) -> None:
    from wechatpy.exceptions import WeChatClientException

    stage = play("official_account", "subscription")
    client = client_of(stage)
    client.message.send_mass_text(None, "一", is_to_all=True)
    with pytest.raises(WeChatClientException) as told:
        client.message.send_mass_text(None, "二", is_to_all=True)
    assert told.value.errcode == 45028
    client.secret = "wrong"
    with pytest.raises(WeChatClientException) as told:
        client.fetch_access_token()
    assert told.value.errcode == 40125


def test_it_opens_what_the_simulator_pushes(play: Callable[[str, str], Play]) -> None:
    from wechatpy import parse_message
    from wechatpy.crypto import WeChatCrypto

    stage = play("official_account", "subscription")
    sent = client_of(stage).message.send_mass_text(None, "见证", is_to_all=True)
    push, credentials = stage.pushed(), stage.account.credentials
    crypto = WeChatCrypto(credentials["callback_token"], credentials["aes_key"], credentials["app_id"])
    signed = (push.query["msg_signature"], push.query["timestamp"], push.query["nonce"])
    event = parse_message(crypto.decrypt_message(push.body, *signed))
    assert (event.event, event.id) == ("masssendjobfinish", 0) or event._data["MsgID"] == str(sent["msg_id"])


def test_our_channel_opens_what_it_seals(play: Callable[[str, str], Play]) -> None:
    from wechatpy.crypto import WeChatCrypto
    from wechatpy.utils import WeChatSigner

    stage = play("official_account", "subscription")
    credentials, stamp, nonce = stage.account.credentials, str(int(time.time())), "77"
    crypto = WeChatCrypto(credentials["callback_token"], credentials["aes_key"], credentials["app_id"])
    plain = SAID.format(gh=stage.account.settings["gh_id"], now=stamp)
    sealed = crypto.encrypt_message(plain, nonce, stamp)
    signer = WeChatSigner()
    encrypted = sealed.split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    signer.add_data(credentials["callback_token"], stamp, nonce, encrypted)
    query = {"msg_signature": signer.signature, "timestamp": stamp, "nonce": nonce, "encrypt_type": "aes"}
    request = CallbackRequest("POST", query, {}, sealed.encode(), float(stamp))
    reply = stage.installed.hook.callback(account=stage.account, request=request)
    (event,) = reply.events
    assert isinstance(event, Inbound)
    assert (event.sender, event.text) == ("o1", "在吗")


def test_it_sends_and_lists_members_of_a_corp(play: Callable[[str, str], Play]) -> None:
    from wechatpy.enterprise import WeChatClient

    stage = play("wecom", "app")
    credentials = stage.account.credentials
    client = WeChatClient(credentials["corp_id"], credentials["app_secret"])
    led_here(client._http, stage.theatre.address, "https://qyapi.weixin.qq.com")
    sent = client.message.send_text(int(credentials["agent_id"]), ["Member0001", "Member0002"], "见证")
    assert sent["errcode"] == 0
    assert [effect.people for effect in stage.effects("app")] == [2]


def test_it_applies_in_wecoms_approval_finds_it_and_reads_what_was_decided(play: Callable[[str, str], Play]) -> None:
    import requests
    from wechatpy.enterprise import WeChatClient

    stage = play("wecom", "app")
    client = WeChatClient(stage.account.credentials["corp_id"], stage.account.credentials["app_secret"])
    led_here(client._http, stage.theatre.address, "https://qyapi.weixin.qq.com")
    office = client.OA
    template = "3WK7HbDbpLeqEcQyiqXYDr8xEtbNXxnwCJqFEuJD"
    (control, *_) = office.get_template_detail(template)["template_content"]["controls"]
    said = {"control": control["property"]["control"], "id": control["property"]["id"], "value": {"text": "见证：周末开放日"}}
    summary = [{"summary_info": [{"text": "见证", "lang": "zh_CN"}]}]
    approver = [{"attr": 1, "userid": ["Member0002"]}]
    number = office.apply_event("Member0001", template, 0, approver, {"contents": [said]}, summary)["sp_no"]
    now = int(time.time())
    assert office.get_approval_info(now - 60, now + 60, 0)["sp_no_list"] == [number]
    session = requests.Session()
    session.trust_env = False
    word = {"act": "refuse", "person": "Member0002", "speech": "改期"}
    session.post(f"{stage.theatre.address}/people/{stage.id}/approvals/{number}", json=word, timeout=10).close()
    info = office.get_approval_detail(number)["info"]
    assert (info["sp_status"], info["process_list"]["node_list"][0]["sub_node_list"][0]["speech"]) == (3, "改期")
