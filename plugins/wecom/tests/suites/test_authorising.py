"""Corps that agree over a provider's app: what they become, codes and tokens, and what their admins take back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from qunfa_wecom import plugin
from qunfa_wecom.simulator.corps import Corp
from qunfa_wecom.suite import TICKET_LIFE
from saas.channels import Delivery, Link, Message, NotSent, Portal, PortalRefused, Receipt, Revoked, Target, Unauthorized

Play = Callable[..., None]
STATE = "0123456789abcdef" * 4
BACK = f"http://127.0.0.1:9/portals/back/{STATE}"
TEXT = Message("text", text="春分到店有礼")


@pytest.mark.parametrize("name", ["第三方应用", "代开发"])
def test_a_corp_agrees_and_becomes_an_account_for_each_way_to_send(played: Play, name: str) -> None:
    async def act(scene: Any) -> None:
        granted = await scene.admitted()
        (app,) = granted.beside
        assert (granted.id, granted.kind, granted.by_kind) == (f"{scene.corp}.customer", "customer", True)
        assert (app.id, app.kind, app.name) == (f"{scene.corp}.app", "app", "示例新客户企业（应用消息）")
        assert app.credentials["agent_id"].isdecimal()
        assert granted.refresh == app.refresh != ""
        assert granted.refresh not in repr(granted)
        assert granted.rights == {"contact", "message"}

    played(act, name)


@pytest.mark.parametrize("name", ["第三方应用", "代开发"])
def test_messages_go_out_in_the_corps_name_until_its_admin_deletes_the_app(played: Play, name: str) -> None:
    async def act(scene: Any) -> None:
        granted = await scene.admitted()
        app, line = scene.account(granted.beside[0]), scene.line_of(granted.beside[0])
        to_all = Delivery(1, "a" * 32, "app", Target("all", people=40), started_at=line.now())
        assert isinstance(await plugin.connect(app, line), Receipt)
        assert isinstance(await plugin.send(app, TEXT, to_all, line), Receipt)
        customers = tuple(Corp(scene.corp, {}).customer(number) for number in range(3))
        to_some = Delivery(2, "b" * 32, "customer", Target("ids", customers, 3), started_at=line.now())
        link = Message("link", text="看看", link=Link("春分", "https://www.example.com/spring", "三件小事"))
        sent = await plugin.send(scene.account(granted), link, to_some, scene.line_of(granted))
        assert isinstance(sent, Receipt)
        assert scene.people("app") == [40]
        await scene.act("withdraw")
        told = await scene.news()
        assert (told.change, told.id) == ("withdrawn", scene.corp)
        with pytest.raises(Revoked) as gone:
            await plugin.send(app, TEXT, replace(to_all, key="c" * 32), line)
        assert gone.value.code == "40084"
        assert isinstance(await plugin.connect(app, line), Unauthorized)
        with pytest.raises(Revoked):
            await plugin.inspect(scene.portal, granted.id, granted.refresh, scene.line)
        assert scene.people("app") == [40]

    played(act, name)


def test_a_corp_that_does_not_grant_customer_contact_gets_the_app_alone(played: Play) -> None:
    async def act(scene: Any) -> None:
        granted = await scene.admitted(rights=())
        assert (granted.kind, granted.beside) == ("app", ())
        assert "contact" in granted.rights  # no matter of this kind, and not missed
        only = Portal(1, "wecom", "p", scene.portal.credentials, {**scene.portal.settings, "account_kinds": "customer"})
        made = await plugin.invite(only, BACK, scene.line)
        with pytest.raises(PortalRefused, match="客户联系"):
            await plugin.admit(only, await scene.agree(made.url, ()), scene.line)

    played(act)


def test_rights_that_change_are_news_and_are_asked_of_the_platform(played: Play) -> None:
    async def act(scene: Any) -> None:
        granted = await scene.admitted()
        await scene.act("change")
        told = await scene.news()
        assert (told.change, told.id) == ("updated", scene.corp)
        assert (await plugin.inspect(scene.portal, granted.id, granted.refresh, scene.line)).rights == {"message"}
        app = granted.beside[0]
        assert "message" in (await plugin.inspect(scene.portal, app.id, app.refresh, scene.line)).rights

    played(act)


def test_a_code_works_once_and_a_page_not_for_long(played: Play) -> None:
    async def act(scene: Any) -> None:
        made = await plugin.invite(scene.portal, BACK, scene.line)
        answer = await scene.agree(made.url)
        assert answer["state"] == STATE
        await plugin.admit(scene.portal, answer, scene.line)
        with pytest.raises(PortalRefused) as told:
            await plugin.admit(scene.portal, answer, scene.line)
        assert told.value.code == "40078"
        late = await plugin.invite(scene.portal, BACK, scene.line)
        assert await scene.agree(late.url, decision="refuse") == {}
        with pytest.raises(PortalRefused, match="没有同意"):
            await plugin.admit(scene.portal, {}, scene.line)
        scene.server.stage.skip(late.seconds + 1)
        assert await scene.agree(late.url) == {}

    played(act)


def test_a_code_that_is_too_old_is_refused(played: Play) -> None:
    async def act(scene: Any) -> None:
        made = await plugin.invite(scene.portal, BACK, scene.line)
        answer = await scene.agree(made.url)
        scene.server.stage.skip(1_300)
        with pytest.raises(PortalRefused) as told:
            await plugin.admit(scene.portal, answer, scene.line)
        assert told.value.code == "40078"

    played(act)


def test_an_old_or_a_wrong_ticket_waits_for_the_next(played: Play) -> None:
    async def act(scene: Any) -> None:
        with pytest.raises(NotSent, match="suite_ticket"):
            await plugin.invite(scene.portal, BACK, scene.line)
        await scene.ticket()
        assert scene.line.pushed
        value, at = scene.line.pushed
        scene.line.pushed = (value, at - timedelta(seconds=TICKET_LIFE + 1))
        with pytest.raises(NotSent, match="过期"):
            await plugin.invite(scene.portal, BACK, scene.line)
        scene.line.pushed = ("another", at)
        with pytest.raises(NotSent, match="40085"):
            await plugin.invite(scene.portal, BACK, scene.line)
        scene.line.pushed = (value, at)
        scene.server.stage.skip(TICKET_LIFE + 1)
        with pytest.raises(NotSent, match="40085"):
            await plugin.invite(scene.portal, BACK, scene.line)

    played(act, ticket=False)


def test_wrong_secrets_of_the_suite_are_named(played: Play) -> None:
    async def act(scene: Any) -> None:
        for name, code in (("suite_secret", "40080"), ("suite_id", "40083")):
            own = {**scene.portal.credentials, name: "x"}
            with pytest.raises(PortalRefused) as told:
                await plugin.invite(replace(scene.portal, credentials=own), BACK, scene.line)
            assert told.value.code == code

    played(act)


def test_a_customised_app_needs_the_providers_secret(played: Play) -> None:
    async def act(scene: Any) -> None:
        for value, said in (("", "ProviderSecret"), ("x", "40001")):
            own = {**scene.portal.credentials, "provider_secret": value}
            with pytest.raises(PortalRefused, match=said):
                await plugin.invite(replace(scene.portal, credentials=own), BACK, scene.line)

    played(act, "代开发")


def test_dead_tokens_of_suite_and_corp_are_replaced_once(played: Play) -> None:
    async def act(scene: Any) -> None:
        scene.line.tokens["suite"] = "no such token"
        granted = await scene.admitted()
        scene.server.stage.skip(7_300)
        app = granted.beside[0]
        line = scene.line_of(app)
        line.tokens["granted"] = "no such token"
        await scene.posted(f"{scene.server.stage.address}/_corps/tickets")
        await scene.ticket()
        assert isinstance(await plugin.connect(scene.account(app), line), Receipt)

    played(act)


def test_another_secret_of_a_customised_app_comes_as_a_code_and_the_old_one_is_dead(played: Play) -> None:
    async def act(scene: Any) -> None:
        granted = await scene.admitted()
        await scene.act("reset")
        with pytest.raises(Revoked) as gone:
            await plugin.renew(scene.portal, granted.id, granted.refresh, scene.line)
        assert gone.value.code == "40084"
        told = await scene.news()
        assert (told.change, told.state) == ("authorised", "")
        again = await plugin.admit(scene.portal, {"auth_code": told.value}, scene.line)
        assert again.id == granted.id
        assert again.refresh != granted.refresh
        assert (await plugin.renew(scene.portal, again.id, again.refresh, scene.line)).refresh == again.refresh

    played(act, "代开发")


def test_an_app_that_comes_back_out_of_the_market_is_told_by_a_push(played: Play) -> None:
    async def act(scene: Any) -> None:
        granted = await scene.admitted()
        await scene.act("withdraw")
        await scene.news()
        await scene.act("install")
        told = await scene.news()
        assert (told.change, told.state) == ("authorised", "")
        again = await plugin.admit(scene.portal, {"auth_code": told.value}, scene.line)
        assert (again.id, again.refresh == granted.refresh) == (granted.id, False)
        assert again.beside[0].credentials["agent_id"] != granted.beside[0].credentials["agent_id"]

    played(act)


def test_secrets_go_over_tls_alone(played: Play) -> None:
    async def act(scene: Any) -> None:
        open_air = {**scene.portal.settings, "simulated": False}
        with pytest.raises(NotSent, match="https"):
            await plugin.invite(replace(scene.portal, settings=open_air), BACK, scene.line)

    played(act)
