"""qq-botpy-sdk, a client of the QQ bot platform that others wrote, makes its usual trips against our official API."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from saas.channels.callback import CallbackRequest, Inbound
from saas.channels.conformance.line import Line, png
from tests.witnesses.conftest import Play

pytestmark = pytest.mark.filterwarnings("ignore")  # its own deprecations
T = TypeVar("T")


def calls(stage: Play, trip: Callable[[Any], Awaitable[T]], secret: str = "") -> T:
    """A trip with its API client, which fetches its token by itself."""
    from botpy.api import BotAPI
    from botpy.http import BotHttp

    async def go() -> T:
        own, address = stage.account.credentials, stage.theatre.address
        secrets = secret or own["client_secret"]
        http = BotHttp(10, app_id=own["app_id"], secret=secrets, base_url=address, token_base_url=address, rate_limit=False)
        try:
            return await trip(BotAPI(http))
        finally:
            await http.close()

    return asyncio.run(go())


def group_of(stage: Play) -> str:
    return str(stage.theatre.server.stage.accounts[stage.id]["groups"][0]["id"])


def spoken(stage: Play) -> CallbackRequest:
    """A member names the bot; the push that tells of it."""

    async def speak() -> None:
        line = Line(stage.theatre)
        told = {"account": stage.id, "group": group_of(stage), "text": "在吗"}
        await line.http.post(f"{stage.theatre.address}/play/say", told)
        await line.http.close()

    asyncio.run(speak())
    until = time.monotonic() + 10
    while time.monotonic() < until:
        for push in stage.theatre.pushed:
            if b"GROUP_AT_MESSAGE_CREATE" in push.body:
                return push
        time.sleep(0.02)
    raise AssertionError("nothing was pushed")


def test_it_says_who_it_is_sends_text_and_a_picture_to_a_group_and_takes_back(play: Callable[[str, str], Play]) -> None:
    stage = play("qq_group", "official")
    group = group_of(stage)

    async def trip(api: Any) -> tuple[str, list[str]]:
        who = await api.me()
        text = await api.post_group_message(group, msg_type=0, content="见证：周末开放日")
        picture = await api.post_group_file(group, 1, file_data=base64.b64encode(png("witness")).decode())
        shown = await api.post_group_message(group, msg_type=7, media={"file_info": picture["file_info"]})
        await api.recall_group_message(group, text["id"])
        return str(who["username"]), [text["id"], shown["id"]]

    name, sent = calls(stage, trip)
    assert name == "见证"
    assert [effect.platform_id for effect in stage.effects("group")] == sent
    assert [effect.platform_id for effect in stage.effects("recall")] == sent[:1]


def test_it_answers_a_member_once_for_each_number(play: Callable[[str, str], Play]) -> None:
    from botpy.errors import ServerError

    stage = play("qq_group", "official")
    heard = json.loads(spoken(stage).body)["d"]["id"]

    async def trip(api: Any) -> None:
        await api.post_group_message(group_of(stage), content="在的", msg_id=heard, msg_seq=1)
        with pytest.raises(ServerError):
            await api.post_group_message(group_of(stage), content="在的", msg_id=heard, msg_seq=1)

    calls(stage, trip)
    assert [effect.detail["text"] for effect in stage.effects("reply")] == ["在的"]
    assert stage.effects("group") == []


def test_a_wrong_secret_gets_no_token(play: Callable[[str, str], Play]) -> None:
    from botpy.protocol.errors import AuthenticationError

    with pytest.raises(AuthenticationError):
        calls(play("qq_group", "official"), lambda api: api.me(), "another secret")


def test_its_webhook_believes_what_our_server_pushes_and_nothing_else(play: Callable[[str, str], Play]) -> None:
    from botpy.protocol.transport.webhook import WebhookRequest, WebhookTransport

    stage = play("qq_group", "official")
    push = spoken(stage)

    class Nowhere:
        async def listen(self, *where: Any) -> None:
            """It is handed its requests."""

        async def close(self) -> None:
            """Nothing was opened."""

    async def taken(secret: str) -> tuple[int, list[Any]]:
        transport, heard = WebhookTransport(stage.id, secret, server=Nowhere()), []

        async def hear(event: Any) -> None:
            heard.append(event)

        task = asyncio.create_task(transport.start(hear))
        await asyncio.sleep(0)
        answer = await transport.handle_request(WebhookRequest(push.body, dict(push.headers)))
        for _ in range(5):
            await asyncio.sleep(0)
        await transport.close()
        await task
        return answer.status, heard

    status, events = asyncio.run(taken(stage.account.credentials["client_secret"]))
    assert status == 200
    assert "在吗" in repr(events)
    assert asyncio.run(taken("another secret")) == (401, [])


def test_our_channel_believes_what_it_signs_and_proves_an_address_as_it_does(play: Callable[[str, str], Play]) -> None:
    from botpy.protocol.transport.webhook_verify import ed25519_sign, sign_validation_response

    stage = play("qq_group", "official")
    secret, callback, stamp = stage.account.credentials["client_secret"], stage.installed.hook.callback, str(int(time.time()))
    asked = json.dumps({"op": 13, "d": {"plain_token": "Arq0D5A61EgUu4OxUvOp", "event_ts": stamp}}).encode()
    proof = callback(account=stage.account, request=CallbackRequest("POST", {}, {}, asked, float(stamp)))
    theirs = sign_validation_response(plain_token="Arq0D5A61EgUu4OxUvOp", event_ts=stamp, bot_secret=secret)
    assert json.loads(proof.body) == theirs

    said = {"id": "m1", "content": " 在吗", "author": {"member_openid": "o1"}, "group_openid": "g1"}
    body = json.dumps({"id": "e1", "op": 0, "t": "GROUP_AT_MESSAGE_CREATE", "d": said}).encode()
    for key, taken in ((secret, True), ("another secret", False)):
        headers = {"x-signature-timestamp": stamp, "x-signature-ed25519": ed25519_sign(key, stamp.encode() + body)}
        reply = callback(account=stage.account, request=CallbackRequest("POST", {}, headers, body, float(stamp)))
        assert any(isinstance(event, Inbound) for event in reply.events) is taken
