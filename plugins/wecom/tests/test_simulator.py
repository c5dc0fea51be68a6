"""The rehearsal server keeps the platform's rules."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest
from aiohttp import web

from qunfa_wecom import plugin
from qunfa_wecom.simulator import group_messages
from saas.channels import CallbackRequest, Message, Receipt
from saas.channels.http import Upload
from saas.channels.simulator import Enrolment

Play = Callable[..., None]

JPEG = b"\xff\xd8\xff\xe0" + b"qunfa" * 20
CONTACT = "externalcontact/"


class Caller:
    """Calls the platform's endpoints as they are, with the account's own token."""

    def __init__(self, stand: Any) -> None:
        self._stand, self._http, self._token = stand, stand.platform.http, ""
        self._base = stand.account.settings["base_url"] + "/cgi-bin/"

    async def token(self, **wrong: str) -> Any:
        credentials = self._stand.account.credentials
        params = {"corpid": credentials["corp_id"], "corpsecret": credentials["app_secret"], **wrong}
        return (await self._http.get(self._base + "gettoken", params)).json()

    async def __call__(self, path: str, body: Any = None, **params: str) -> Any:
        self._token = self._token or (await self.token())["access_token"]
        method = "GET" if body is None else "POST"
        answer = await self._http.request(method, self._base + path, {"access_token": self._token, **params}, json=body)
        assert answer.status == 200 and answer.headers["error-code"] == str(answer.json()["errcode"])
        return answer.json()

    async def upload(self, path: str, data: bytes, **params: str) -> Any:
        self._token = self._token or (await self.token())["access_token"]
        file = Upload("a.jpg", data, "image/jpeg")
        return (await self._http.upload(self._base + path, "media", file, {"access_token": self._token, **params})).json()


def test_a_token_stays_the_same_until_it_expires(play: Play) -> None:
    async def scene(stand: Any) -> None:
        call = Caller(stand)
        first = await call.token()
        assert (await call.token())["access_token"] == first["access_token"] and len(first["access_token"]) <= 512
        stand.server.stage.set_rate(7_200 / 0.05)
        await asyncio.sleep(0.06)
        stand.server.stage.set_rate(1)
        await call.token()
        answer = await stand.platform.http.get(
            call._base + CONTACT + "get_follow_user_list", {"access_token": first["access_token"]}
        )
        assert answer.json()["errcode"] == 42001
        assert isinstance(await stand.connect(), Receipt)

    play("customer", 40, scene)


@pytest.mark.parametrize(("wrong", "code"), [({"corpid": "ww0"}, 40013), ({"corpsecret": "x"}, 40001)])
def test_wrong_credentials_get_no_token(play: Play, wrong: dict[str, str], code: int) -> None:
    async def scene(stand: Any) -> None:
        answer = await Caller(stand).token(**wrong)
        assert answer["errcode"] == code and f"e={code}" in answer["errmsg"] and "access_token" not in answer

    play("customer", 40, scene)


def link(**change: str) -> dict[str, Any]:
    return {"msgtype": "link", "link": {"title": "题", "url": "https://a.example", **change}}


def mass(ids: list[str], **change: Any) -> dict[str, Any]:
    return {"chat_type": "single", "external_userid": ids, "text": {"content": "好"}, **change}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"external_userid": []}, 41048),
        ({"external_userid": ["wm0"] * 10_001}, 40058),
        ({"text": {"content": "字" * 1_334}}, 45002),
        ({"text": {}, "attachments": []}, 40058),
        ({"attachments": [link()] * 10}, 41064),
        ({"attachments": [link(title="字" * 43)]}, 40058),
        ({"attachments": [link(desc="字" * 171)]}, 40058),
        ({"attachments": [{"msgtype": "poll", "poll": {}}]}, 41065),
        ({"attachments": [{"msgtype": "image", "image": {"media_id": "3none"}}]}, 40007),
        ({"sender": "Nobody"}, 60111),
        ({"attachments": [link(picurl="https://wework.qpic.cn/a")] * 9}, 0),
    ],
)
def test_a_mass_send_keeps_the_rules_of_its_call(play: Play, change: dict[str, Any], code: int) -> None:
    async def scene(stand: Any) -> None:
        ids = [t.ids[0] for t in await stand.targets()]
        assert (await Caller(stand)(CONTACT + "add_msg_template", mass(ids, **change)))["errcode"] == code
        assert len(stand.effects("customer_task")) == (0 if code else 1)

    play("customer", 40, scene)


def test_listings_keep_their_limits_and_page_by_cursor(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    takes = group_messages.DISPATCH_TAKES
    monkeypatch.setattr(group_messages, "DISPATCH_TAKES", 60.0)

    async def scene(stand: Any) -> None:
        call = Caller(stand)
        ids = [t.ids[0] for t in await stand.targets()]
        for _ in range(3):
            msgid = (await call(CONTACT + "add_msg_template", mass(ids)))["msgid"]
        now = stand.server.stage.timestamp()
        span = {"chat_type": "single", "start_time": now - 60, "end_time": now + 60, "limit": 2}
        first = await call(CONTACT + "get_groupmsg_list_v2", span)
        second = await call(CONTACT + "get_groupmsg_list_v2", {**span, "cursor": first["next_cursor"]})
        listed = first["group_msg_list"] + second["group_msg_list"]
        assert len(listed) == 3 and second["next_cursor"] == "" and listed[0]["msgid"] == msgid and "creator" not in listed[0]
        assert (await call(CONTACT + "get_groupmsg_list_v2", {**span, "start_time": now - 32 * 86_400}))["errcode"] == 40058
        assert (await call(CONTACT + "get_groupmsg_list_v2", {**span, "limit": 101}))["errcode"] == 40058
        assert (await call(CONTACT + "get_groupmsg_task", {"msgid": msgid}))["errcode"] == 41063
        monkeypatch.setattr(group_messages, "DISPATCH_TAKES", takes)
        await asyncio.sleep(0.15)
        results = {"msgid": msgid, "userid": "member0001", "limit": 30}
        page = await call(CONTACT + "get_groupmsg_send_result", results)
        assert len(page["send_list"]) == 30 and page["next_cursor"] == "30"
        assert {e["status"] for e in page["send_list"]} == {1, 2}
        assert all(("send_time" in e) == (e["status"] == 1) for e in page["send_list"])
        assert (await call(CONTACT + "get_groupmsg_send_result", {**results, "limit": 1_001}))["errcode"] == 40058
        assert (await call(CONTACT + "batch/get_by_user", {"userid_list": ["Member0001"], "limit": 101}))["errcode"] == 40058
        assert (await call(CONTACT + "list", userid="Nobody"))["errcode"] == 60111

    play("customer", 40, scene)


def test_members_are_reminded_three_times_a_day(play: Play) -> None:
    async def scene(stand: Any) -> None:
        call = Caller(stand)
        stand.patch(confirm="never")
        msgid = (await call(CONTACT + "add_msg_template", mass([t.ids[0] for t in await stand.targets()])))["msgid"]
        await asyncio.sleep(0.15)
        codes = [(await call(CONTACT + "remind_groupmsg_send", {"msgid": msgid}))["errcode"] for _ in range(4)]
        assert codes == [0, 0, 0, 45009]

    play("customer", 40, scene)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"touser": ""}, 82001),
        ({"touser": "|".join(f"u{i}" for i in range(1_001))}, 40058),
        ({"touser": "@all", "msgtype": "news", "news": {"articles": []}}, 45008),
        ({"touser": "@all", "msgtype": "news", "news": {"articles": [{"title": "题", "url": "https://a.example"}] * 9}}, 45008),
        ({"touser": "@all", "msgtype": "news", "news": {"articles": [{"title": "题", "url": "https://a.example"}] * 8}}, 0),
        ({"touser": "@all", "msgtype": "dance"}, 40058),
        ({"touser": "@all", "agentid": 1}, 301002),
        ({"touser": "@all", "agentid": "x"}, 40056),
        ({"touser": "@all", "text": {"content": "字" * 1_000}}, 0),
    ],
)
def test_an_app_message_keeps_the_rules_of_its_call(play: Play, body: dict[str, Any], code: int) -> None:
    async def scene(stand: Any) -> None:
        agent = int(stand.account.credentials["agent_id"])
        whole = {"msgtype": "text", "text": {"content": "好"}, "agentid": agent, **body}
        assert (await Caller(stand)("message/send", whole))["errcode"] == code

    play("app", 38, scene)


def test_two_hundred_person_times_an_account_and_day_are_all_there_are(play: Play) -> None:
    async def scene(stand: Any) -> None:
        call, agent = Caller(stand), int(stand.account.credentials["agent_id"])
        stand.patch(accounts=1)
        codes = []
        for number in range(6):
            body = {"touser": "@all", "msgtype": "text", "text": {"content": str(number)}, "agentid": agent}
            codes.append((await call("message/send", body))["errcode"])
        assert codes == [0] * 5 + [45009]
        assert sum(e.people for e in stand.effects("app")) == 190

    play("app", 38, scene)


def test_uploads_must_be_pictures_of_a_size(play: Play) -> None:
    async def scene(stand: Any) -> None:
        call = Caller(stand)
        assert (await call.upload("media/upload", JPEG, type="image"))["created_at"].isdecimal()
        assert (await call.upload("media/upload", b"\xff\xd8\xff", type="image"))["errcode"] == 44001
        assert (await call.upload("media/upload", b"GIF89a" + JPEG, type="image"))["errcode"] == 40004
        assert (await call.upload("media/upload", JPEG, type="poem"))["errcode"] == 40004
        assert (await call.upload("media/uploadimg", JPEG + bytes(2 * 1024 * 1024)))["errcode"] == 45001
        assert (await call.upload("media/upload_attachment", JPEG, media_type="image"))["errcode"] == 40004
        assert (await call.upload("media/uploadimg", JPEG))["url"].startswith("https://")

    play("customer", 40, scene)


def test_rubbish_and_missing_tokens_are_told_apart(play: Play) -> None:
    async def scene(stand: Any) -> None:
        base, token = stand.account.settings["base_url"] + "/cgi-bin/", (await Caller(stand).token())["access_token"]
        http = stand.platform.http
        assert (await http.post(base + "message/send", [1], {"access_token": token})).json()["errcode"] == 48002
        assert (await http.post(base + CONTACT + "add_msg_template", [1], {"access_token": token})).json()["errcode"] == 47001
        assert (await http.get(base + CONTACT + "get_follow_user_list")).json()["errcode"] == 41001
        assert (await http.get(base + CONTACT + "get_follow_user_list", {"access_token": "x"})).json()["errcode"] == 40014

    play("customer", 40, scene)


def test_a_member_writes_to_the_app_and_sees_what_it_answers_at_once(play: Play) -> None:
    async def scene(stand: Any) -> None:
        async def hear(request: web.Request) -> web.Response:
            query = dict(parse_qsl(request.query_string))
            push = CallbackRequest("POST", query, {}, await request.read(), float(query["timestamp"]))
            (event,) = plugin.callback(stand.account, push).events
            reply = plugin.answer(stand.account, push, event, Message("text", text=f"收到：{event.text}"))
            return web.Response(body=reply.body, content_type="application/xml")

        app = web.Application()
        app.router.add_post("/callbacks/{kind}", hear)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        stand.server.stage.callbacks = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            path = f"{stand.account.settings['base_url']}/people/{stand.id}/say"
            told = await stand.platform.http.post(path, {"member": "zhang", "text": "几点"})
            for _ in range(250):
                if stand.server.stage.effects_of(stand.id, "reply"):
                    break
                await asyncio.sleep(0.02)
        finally:
            await runner.cleanup()
        (seen,) = stand.server.stage.effects_of(stand.id, "reply")
        assert (seen.key, seen.detail["text"], seen.platform_id) == ("zhang", "收到：几点", told.json()["msgid"])

    play("app", 5, scene)


def test_the_same_enrolment_gives_the_same_credentials(play: Play) -> None:
    async def scene(stand: Any) -> None:
        first, again = (
            stand.server.simulator.enrol(Enrolment("shop", kind, "山岚", 9, "/c"), "http://127.0.0.1:1")
            for kind in ("robot", "robot")
        )
        assert first == again and first.settings["simulated"] and first.settings["base_url"] == "http://127.0.0.1:1"

    play("customer", 40, scene)
