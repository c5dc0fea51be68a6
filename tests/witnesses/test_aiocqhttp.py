"""aiocqhttp, a OneBot client that others wrote, makes its usual trips against our OneBot server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from saas.channels.conformance.line import Line
from tests.witnesses.conftest import Play

pytestmark = pytest.mark.filterwarnings("ignore")  # its own deprecations


def api_of(stage: Play, token: str = "") -> Any:
    from aiocqhttp.api_impl import HttpApi

    return HttpApi(f"{stage.account.settings['base_url']}/", token or stage.account.credentials["access_token"], 10.0)


def test_it_lists_groups_sends_to_one_and_takes_it_back(play: Callable[[str, str], Play]) -> None:
    stage = play("qq_group", "onebot")

    async def trip() -> tuple[int, Any]:
        api = api_of(stage)
        groups = await api.call_action("get_group_list")
        told = await api.call_action("send_group_msg", group_id=groups[0]["group_id"], message="见证：周末开放日")
        await api.call_action("delete_msg", message_id=told["message_id"])
        return len(groups), told

    count, told = asyncio.run(trip())
    assert count == 25
    assert [effect.platform_id for effect in stage.effects("group")] == [str(told["message_id"])]
    assert len(stage.effects("recall")) == 1


def test_it_says_who_it_is_and_a_wrong_token_is_refused(play: Callable[[str, str], Play]) -> None:
    from aiocqhttp import exceptions

    stage = play("qq_group", "onebot")
    assert str(asyncio.run(api_of(stage).call_action("get_login_info"))["user_id"]) == stage.id
    with pytest.raises((exceptions.HttpFailed, exceptions.ActionFailed)):
        asyncio.run(api_of(stage, "wrong").call_action("get_login_info"))


def test_it_believes_and_reads_what_our_server_pushes(play: Callable[[str, str], Play]) -> None:
    from aiocqhttp import CQHttp

    stage = play("qq_group", "onebot")
    heard: list[str] = []

    async def spoken() -> None:
        line = Line(stage.theatre)
        group = str(stage.theatre.server.stage.accounts[stage.id]["groups"][0]["id"])
        told = {"account": stage.id, "group": group, "text": "在吗"}
        await line.http.post(f"{stage.theatre.address}/play/say", told)
        await line.http.close()

    async def delivered(secret: str) -> int:
        bot = CQHttp(__name__, secret=secret)

        @bot.on_message
        async def hear(event: Any) -> None:
            heard.append(event.raw_message if event.raw_message else str(event.message))

        push = stage.pushed()
        names = {"content-type", "x-self-id", "x-signature"}
        headers = {name: value for name, value in push.headers.items() if name in names}
        answer = await bot.server_app.test_client().post("/", data=push.body, headers=headers)
        return int(answer.status_code)

    asyncio.run(spoken())
    assert asyncio.run(delivered(stage.account.credentials["secret"])) in (200, 204)
    assert "在吗" in "".join(heard)
    assert asyncio.run(delivered("another secret")) in (401, 403)
