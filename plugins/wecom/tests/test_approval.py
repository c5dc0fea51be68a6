"""WeCom's own approval: submitted with its mark, found again, read, and its pushes."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from qunfa_wecom import plugin
from qunfa_wecom.simulator.approvals import TEMPLATE
from qunfa_wecom.simulator.corps import Corp
from qunfa_wecom.simulator.pushes import enclosed
from saas.channels import (
    Absent,
    Account,
    Application,
    ApprovalChanged,
    CallbackRequest,
    MaybeSent,
    NotSent,
    Receipt,
    Refused,
    Unauthorized,
    Unknown,
)

Play = Callable[..., None]
SAYS = {
    "title": "春分 · 终审",
    "accounts": "山岚（5 人）",
    "time": "2026-03-20 19:00",
    "link": "https://agency.test/campaigns/1/review",
}
PLACES = {"Text-01": "title", "Textarea-02": "accounts", "Date-03": "time", "Text-04": "link"}


def application(stand: Any, **more: Any) -> Application:
    now = stand.platform.now()
    given = {"applicant": "Member0001", "approvers": ("Member0002", "Member0003"), "asked_at": now, "at": now, **more}
    return Application(uuid.uuid4().hex, TEMPLATE, SAYS, given.pop("places", PLACES), **given)


async def decide(stand: Any, number: str, **said: str) -> int:
    address = f"{stand.server.stage.address}/people/{stand.id}/approvals/{number}"
    answer = await stand.platform.http.request("POST", address, {}, json=said)
    return int(answer.status)


def test_an_application_is_submitted_and_every_opinion_of_it_read(play: Play) -> None:
    async def scene(stand: Any) -> None:
        form = await plugin.approval_form(stand.account, TEMPLATE, stand.platform)
        assert [(one.id, one.form, one.required) for one in form.controls][:3] == [
            ("Text-01", "text", True), ("Textarea-02", "text", False), ("Date-03", "time", False)]  # fmt: skip
        receipt = await plugin.submit_approval(stand.account, application(stand), stand.platform)
        assert isinstance(receipt, Receipt)
        number = receipt.ids["approval"]
        told = await plugin.approval_state(stand.account, number, stand.platform)
        assert (told.state, [one.word for one in told.opinions]) == ("waiting", ["waiting", "waiting"])
        assert await decide(stand, number, act="approve", person="Member0009") == 409
        assert await decide(stand, number, act="refuse", person="Member0003", speech=" 标题不合适 ") == 200
        told = await plugin.approval_state(stand.account, number, stand.platform)
        assert (told.state, [(one.person, one.word, one.speech) for one in told.opinions]) == (
            "refused", [("Member0002", "waiting", ""), ("Member0003", "refused", "标题不合适")])  # fmt: skip
        assert await decide(stand, number, act="withdraw") == 409

    play("app", 5, scene)


@pytest.mark.parametrize(
    ("acts", "state"), [(["withdraw"], "withdrawn"), (["delete"], "deleted"), (["approve", "revoke"], "withdrawn")]
)
def test_what_its_applicant_takes_back_is_withdrawn(play: Play, acts: list[str], state: str) -> None:
    async def scene(stand: Any) -> None:
        number = (await plugin.submit_approval(stand.account, application(stand), stand.platform)).ids["approval"]
        for act in acts:
            assert await decide(stand, number, act=act, person="Member0002") == 200
        assert (await plugin.approval_state(stand.account, number, stand.platform)).state == state

    play("app", 5, scene)


def test_an_application_is_found_by_its_mark_alone_and_absent_only_when_the_platform_had_time(play: Play) -> None:
    async def scene(stand: Any) -> None:
        wish = application(stand)
        stand.fault("drop_after", "oa/applyevent")
        with pytest.raises(MaybeSent):
            await plugin.submit_approval(stand.account, wish, stand.platform)
        await plugin.submit_approval(stand.account, application(stand), stand.platform)
        found = await plugin.find_approval(stand.account, wish, stand.platform)
        assert isinstance(found, Receipt)
        other = application(stand)
        assert isinstance(await plugin.find_approval(stand.account, other, stand.platform), Unknown)
        stand.platform.ahead = 40.0
        assert isinstance(await plugin.find_approval(stand.account, other, stand.platform), Absent)
        stand.fault("error", "oa/getapprovalinfo", "48002")
        assert isinstance(await plugin.find_approval(stand.account, other, stand.platform), Unknown)

    play("app", 5, scene)


def test_what_the_platform_does_not_take_is_refused_by_name(play: Play) -> None:
    async def scene(stand: Any) -> None:
        empty = await plugin.submit_approval(stand.account, application(stand, places={"Text-04": "title"}), stand.platform)
        assert isinstance(empty, Refused) and "活动" in empty.reason
        stranger = await plugin.submit_approval(stand.account, application(stand, applicant="nobody"), stand.platform)
        assert isinstance(stranger, Refused) and stranger.code == "301025"
        stand.fault("error", "oa/applyevent", "48002")
        assert isinstance(await plugin.submit_approval(stand.account, application(stand), stand.platform), Unauthorized)
        with pytest.raises(NotSent, match="301025"):
            await plugin.approval_form(stand.account, "nothing", stand.platform)

    play("app", 5, scene)


def test_a_template_with_its_own_approvers_names_them_itself(play: Play) -> None:
    async def scene(stand: Any) -> None:
        receipt = await plugin.submit_approval(stand.account, application(stand, approvers=()), stand.platform)
        told = await plugin.approval_state(stand.account, receipt.ids["approval"], stand.platform)
        assert [one.person for one in told.opinions] == ["Member0001", "Member0002"]

    play("app", 5, scene)


def test_a_push_names_the_application_and_nothing_of_it_is_believed() -> None:
    record = {"aes_key": "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "callback_token": "QDG6eK"}
    xml = (
        "<xml><ToUserName>ww1</ToUserName><FromUserName>sys</FromUserName><CreateTime>1409659813</CreateTime><MsgType>event</MsgType>"
        "<Event>sys_approval_change</Event><ApprovalInfo><SpNo>202603200001</SpNo><SpStatus>2</SpStatus><SpRecord><SpStatus>2</SpStatus>"
        "</SpRecord><StatuChangeEvent>2</StatuChangeEvent></ApprovalInfo></xml>"
    )
    query, body = enclosed(Corp("ww1", record), xml, "1409659813")
    account = Account(1, "app", "wecom", "app", "山岚", {"corp_id": "ww1", **record})
    request = CallbackRequest("POST", query, {}, body, 1_409_659_813)
    reply = plugin.callback(account, request)
    assert reply.events == (ApprovalChanged("sys_approval_change:202603200001:2:2:1409659813", "202603200001"),)
    assert plugin.callback(account, replace(request, query={**query, "nonce": "other"})).status == 403
