"""What the platform pushes to a provider: whose it is, whom it concerns, and what must be refused."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from qunfa_wecom import plugin
from qunfa_wecom.crypto import encrypt, signature
from qunfa_wecom.simulator.corps import Corp
from qunfa_wecom.simulator.pushes import sealed
from saas.channels import CallbackRequest, TargetChanged

Play = Callable[..., None]


@pytest.mark.parametrize("name", ["第三方应用", "代开发"])
def test_customers_and_members_are_heard_each_by_the_account_it_concerns(played: Play, name: str) -> None:
    async def act(scene: Any) -> None:
        granted = await scene.admitted()
        customer, app = scene.account(granted), scene.account(granted.beside[0])
        root = f"{scene.server.stage.address}/people/{scene.corp}"
        await scene.line.http.post(root, json={"change": "add"})
        path, request = await scene.heard()
        assert path == ("/commands" if name == "第三方应用" else f"/commands/{scene.corp}")
        if name == "第三方应用":
            assert plugin.portal_callback(scene.portal, request).account == scene.corp
        (event,) = plugin.callback(customer, request).events
        assert isinstance(event, TargetChanged)
        assert plugin.callback(app, request).events == ()
        stranger = replace(customer, credentials={**customer.credentials, "corp_id": "ww0"})
        assert plugin.callback(stranger, request).events == ()
        await scene.line.http.post(root + "/say", json={"member": "Member0001", "text": "收到"})
        path, request = await scene.heard()
        assert path == f"/commands/{scene.corp}"
        assert [event.text for event in plugin.callback(app, request).events] == ["收到"]
        assert plugin.callback(customer, request).events == ()

    played(act, name)


def test_a_push_with_another_key_or_for_another_suite_is_refused(played: Play) -> None:
    async def act(scene: Any) -> None:
        _, request = await scene.heard()
        assert plugin.portal_callback(scene.portal, request).news
        for name in ("suite_token", "suite_aes_key", "suite_id"):
            own = {**scene.portal.credentials, name: "x" * 43}
            assert plugin.portal_callback(replace(scene.portal, credentials=own), request).status == 403
        for late in (301, -301):
            assert plugin.portal_callback(scene.portal, replace(request, now=request.now + late)).status == 403
        own = scene.portal.credentials
        told = {"SuiteId": own["suite_id"], "InfoType": "cancel_auth", "AuthCorpId": scene.corp, "TimeStamp": "1"}
        for receiver in (own["provider_corp_id"], scene.corp):
            keys = Corp(receiver, {"aes_key": own["suite_aes_key"], "callback_token": own["suite_token"]})
            query, body = sealed(keys, told, str(int(time.time())))
            forged = CallbackRequest("POST", query, {}, body, time.time())
            assert plugin.portal_callback(scene.portal, forged).status == 403

    played(act, ticket=False)


def test_the_check_of_an_address_is_answered_for_the_provider_and_the_suite(played: Play) -> None:
    async def act(scene: Any) -> None:
        own, now = scene.portal.credentials, str(int(time.time()))
        for receiver, key, token, status in (
            (own["provider_corp_id"], "suite", "suite", 200),
            (own["suite_id"], "suite", "suite", 200),
            (own["provider_corp_id"], "data", "data", 200),
            (own["provider_corp_id"], "data", "suite", 403),
            ("ww0", "suite", "suite", 403),
        ):
            echo = encrypt(own[f"{key}_aes_key"], b"1234567", receiver)
            query = {"timestamp": now, "nonce": "n", "echostr": echo}
            query["msg_signature"] = signature(own[f"{token}_token"], now, "n", echo)
            reply = plugin.portal_callback(scene.portal, CallbackRequest("GET", query, {}, b"", time.time()))
            assert (reply.status, reply.body) == (status, b"1234567" if status == 200 else b"refused")

    played(act, "代开发")
