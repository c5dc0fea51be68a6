"""Tokens: one fetch whatever runs at once, one refresh when the platform refuses, and faults a person must mend."""

import asyncio

import pytest

from qunfa_official_account import plugin
from saas.channels import Message, NotSent, Receipt, Unauthorized

TEXT = Message("text", text="春分")


async def test_twenty_at_once_fetch_one_token(rehearse, to_one, template):
    async with rehearse(kind="service") as stage:
        answers = await asyncio.gather(*(stage.send(template, to_one(n)) for n in range(20)))
        assert all(isinstance(answer, Receipt) for answer in answers)
        assert stage.line.fetched == 1 and len(stage.effects("template")) == 20


async def test_twenty_at_once_with_a_dead_token_refresh_once(rehearse, to_one, template):
    async with rehearse(kind="service") as stage:
        await stage.send(template, to_one(0))
        stage.server.simulator.drop_tokens(stage.stage, stage.app_id)
        answers = await asyncio.gather(*(stage.send(template, to_one(n)) for n in range(1, 21)))
        assert all(isinstance(answer, Receipt) for answer in answers)
        assert stage.line.fetched == 2 and len(stage.effects("template")) == 21


@pytest.mark.parametrize("code", ["40001", "40014", "42001"])
async def test_a_refused_token_is_refreshed_once_and_the_call_repeated_once(rehearse, to_all, code):
    async with rehearse() as stage:
        stage.fault("error", "/mass/sendall", code)
        assert isinstance(await stage.send(TEXT, to_all), Receipt)
        assert stage.line.fetched == 2 and len(stage.effects("mass")) == 1


async def test_a_stop_that_comes_while_a_token_is_replaced_reaches_the_second_try(rehearse, to_all, monkeypatch):
    async with rehearse() as stage:
        stage.fault("error", "/mass/sendall", "42001")

        async def leave():
            if stage.line.fetched > 1:
                raise NotSent("stopped")

        monkeypatch.setattr(stage.line, "go_ahead", leave)
        with pytest.raises(NotSent):
            await stage.send(TEXT, to_all)
        assert stage.line.fetched == 2 and stage.effects("mass") == []


async def test_a_token_that_is_refused_for_ever_is_not_fetched_for_ever(rehearse, to_all):
    async with rehearse() as stage:
        stage.fault("error", "/mass/sendall", "40001", times=0)
        answer = await stage.send(TEXT, to_all)
        assert isinstance(answer, Unauthorized) and answer.reason == "credentials"
        assert stage.line.fetched == 2


async def test_an_expired_token_is_renewed(rehearse, to_all):
    async with rehearse() as stage:
        await plugin.connect(stage.account, stage.line)
        stage.stage.set_rate(1e6)
        await asyncio.sleep(0.02)
        stage.stage.set_rate(1)
        assert isinstance(await stage.send(TEXT, to_all), Receipt)
        assert stage.line.fetched == 2


async def test_a_wrong_secret_is_the_credentials_fault(rehearse, to_all):
    async with rehearse() as stage:
        stage.credentials(app_secret="canary-7f3a")
        for answer in (await stage.send(TEXT, to_all), await plugin.connect(stage.account, stage.line)):
            assert isinstance(answer, Unauthorized) and (answer.reason, answer.code) == ("credentials", "40125")
            assert "canary" not in repr(answer)


async def test_a_server_that_is_not_on_the_ip_list_is_told_so(rehearse, to_all):
    async with rehearse(ip_allowed=False) as stage:
        for answer in (await stage.send(TEXT, to_all), await plugin.connect(stage.account, stage.line)):
            assert isinstance(answer, Unauthorized) and (answer.reason, answer.code) == ("ip_not_listed", "40164")
            assert "白名单" in answer.detail and "rid" in answer.detail


async def test_connect_is_content_with_a_verified_account(rehearse):
    async with rehearse(kind="service") as stage:
        answer = await plugin.connect(stage.account, stage.line)
        assert isinstance(answer, Receipt) and answer.ids == {}
        assert answer.progress.figures["mass_calls_left_today"] == 100


async def test_connect_tells_an_unverified_account_and_one_without_the_right(rehearse):
    async with rehearse(verified=False) as stage:
        answer = await plugin.connect(stage.account, stage.line)
        assert isinstance(answer, Unauthorized) and answer.reason == "no_right"
        stage.settings(verified=False)
        answer = await plugin.connect(stage.account, stage.line)
        assert isinstance(answer, Unauthorized) and answer.reason == "unverified"


async def test_the_two_token_endpoints_keep_their_tokens_apart(rehearse):
    async with rehearse() as stage:
        keys = stage.account.credentials
        ask = {"grant_type": "client_credential", "appid": keys["app_id"], "secret": keys["app_secret"]}
        address = stage.stage.address
        one = (await stage.line.http.post(f"{address}/cgi-bin/stable_token", ask)).json()
        same = (await stage.line.http.post(f"{address}/cgi-bin/stable_token", ask)).json()
        plain = (await stage.line.http.get(f"{address}/cgi-bin/token", ask)).json()
        forced = (await stage.line.http.post(f"{address}/cgi-bin/stable_token", {**ask, "force_refresh": True})).json()
        again = (await stage.line.http.post(f"{address}/cgi-bin/stable_token", {**ask, "force_refresh": True})).json()
        assert one["access_token"] == same["access_token"] != plain["access_token"]
        assert forced["access_token"] == again["access_token"] != one["access_token"]
        codes = []
        for given in (one, plain, forced):
            got = await stage.line.http.get(f"{address}/cgi-bin/draft/count", {"access_token": given["access_token"]})
            codes.append(got.json().get("errcode", 0))
        assert codes == [40001, 0, 0]


async def test_no_secret_is_shown_by_what_goes_wrong(rehearse, to_all):
    async with rehearse() as stage:
        stage.fault("http", "/mass/sendall", "502")
        secret = stage.account.credentials["app_secret"]
        with pytest.raises(Exception, match="HTTP 502") as caught:
            await stage.send(TEXT, to_all)
        assert secret not in repr(caught.value) and stage.line.tokens["access_token"] not in repr(caught.value)
        assert secret not in repr(stage.account)
