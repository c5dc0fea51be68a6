"""Calls of the day by the platform's own count, and their clearing: ten a month."""

from dataclasses import replace

from qunfa_official_account import plugin
from saas.channels import CLEARING, Exhausted, Receipt, Refused, Unauthorized

SENDALL, TEMPLATE = "/cgi-bin/message/mass/sendall", "/cgi-bin/message/template/send"


async def counted(stage):
    return {one.interface: one for one in await plugin.calls_left(stage.account, stage.line)}


async def test_each_interface_that_the_account_has_is_counted(rehearse, to_all):
    async with rehearse(daily_limits={"/cgi-bin/draft/add": 7}) as stage:
        await stage.send(stage.articles(), to_all)
        found = await counted(stage)
        assert (found[SENDALL].limit, found[SENDALL].used, found[SENDALL].left) == (100, 1, 99)
        assert (found["/cgi-bin/draft/add"].limit, found["/cgi-bin/draft/add"].left) == (7, 6)
        assert TEMPLATE not in found


async def test_a_service_account_has_its_template_messages_counted(rehearse):
    async with rehearse(kind="service") as stage:
        assert (await counted(stage))[TEMPLATE].limit == 100_000


async def test_an_unverified_account_has_drafts_to_count_and_no_mass_sends(rehearse):
    async with rehearse(verified=False) as stage:
        found = await counted(stage)
        assert "/cgi-bin/draft/add" in found and SENDALL not in found


async def test_calls_are_counted_anew_ten_times_a_month_and_no_mass_send_comes_back(rehearse, to_all):
    async with rehearse() as stage:
        await stage.send(stage.articles(), to_all)
        for _ in range(10):
            assert await plugin.clear_calls(stage.account, stage.line) == Receipt({})
        assert (await counted(stage))[SENDALL].used == 0
        (limit,) = plugin.limits(stage.account, CLEARING, stage.line.now()).caps
        over = await plugin.clear_calls(stage.account, stage.line)
        assert isinstance(over, Exhausted) and (over.window, over.code) == (limit.name, "48006")
        assert (limit.amount, limit.window.name) == (10, "month") and over.resets_at > stage.line.now()
        again = await stage.send(stage.articles(), replace(to_all, id=2, key="f" * 32))
        assert isinstance(again, Exhausted) and again.code == "45028"


async def test_who_may_not_and_whose_id_it_is_not_is_told(rehearse):
    async with rehearse() as stage:
        stage.fault("error", "clear_quota", "48001")
        assert isinstance(await plugin.clear_calls(stage.account, stage.line), Unauthorized)
        stage.account = replace(stage.account, credentials={**stage.account.credentials, "app_id": "wx0000000000000000"})
        assert isinstance(await plugin.clear_calls(stage.account, stage.line), Unauthorized | Refused)
        assert not stage.stage.accounts[stage.app_id].get("clears")
