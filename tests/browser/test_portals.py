"""An agency connects a client's account by one scan, in a browser: set up, scanned, sent, withdrawn, scanned again, sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import text

from saas.accounts.channels import installed, registry
from saas.accounts.opening import run_with_lines
from saas.campaigns.models import Campaign
from saas.channels.conformance.theatre import Theatre
from saas.delivery.engine import Engine
from saas.delivery.host import Host
from saas.delivery.planning import prepare_campaign
from saas.delivery.release import approve, release
from saas.kernel.database import db, tenant_scope, transaction
from saas.kernel.settings import settings as settings_from_environment
from saas.tenants.service import member_by_email
from tests.browser.conftest import Asked, Stage
from tests.browser.test_console import UNREADABLE, overflow

CLIENT = "晨屿面包房"
PORTAL = "代运营平台"
T = TypeVar("T")


@pytest.fixture
def theatre(stage: Stage, tmp_path: Path) -> Iterator[Theatre]:
    """The stand-in for WeChat, whose pushes come to the real server."""
    with Theatre(installed("official_account").hook.simulator(), tmp_path) as made, pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUNFA_BASE_URL", stage.origin)
        settings_from_environment.cache_clear()
        made.server.stage.callbacks = stage.origin
        yield made
    settings_from_environment.cache_clear()


def apart(work: Callable[[], T]) -> T:
    """In a thread of its own: the browser's driver has this thread's loop."""
    done: list[T] = []
    thread = threading.Thread(target=lambda: done.append(work()))
    thread.start()
    thread.join(60)
    return done[0]


class Office:
    """The agency's people and its worker."""

    def __init__(self, app: Flask, stage: Stage, folder: Path) -> None:
        self._app, self._stage, self._folder = app, stage, folder

    def rehearsing(self) -> None:
        """The portal's platform is a stand-in: secrets may go to it without TLS."""
        with self._app.app_context(), tenant_scope(self._stage.agency.tenant), transaction() as session:
            session.execute(text("UPDATE portals SET settings = settings || jsonb_build_object('simulated', true)"))

    def signed(self, name: str, key: str) -> int:
        """A campaign of one sentence for that account, planned by one and approved by another."""

        def work() -> int:
            folder = self._folder / name
            folder.mkdir()
            (folder / "campaign.yaml").write_text(
                f"name: {name}\nkind: text\ntext: 面包出炉了\naccounts: [{key}]\nschedule: now\n"
            )
            with self._app.app_context(), tenant_scope(self._stage.agency.tenant):
                campaign = prepare_campaign(self._member("editor"), folder)
                approve(self._member("reviewer"), campaign, db.session.get_one(Campaign, campaign).digest)
                return campaign

        return apart(work)

    def send(self, campaign: int) -> None:
        """Let it go, and give a worker its turns."""

        def work() -> None:
            with self._app.app_context(), tenant_scope(self._stage.agency.tenant):
                release(self._member("editor"), campaign)

        apart(work)
        self.work()

    def work(self) -> None:
        """A worker's turns, until there is nothing to do at once."""
        apart(lambda: run_with_lines(settings_from_environment(), self._turns))

    async def _turns(self, lines: Any) -> None:
        host = Host(lines, registry())
        host.start()
        engine = Engine(host)
        while await engine.turn(self._stage.agency.tenant):
            continue
        await engine.close()
        await host.stop()

    def _member(self, role: str) -> Any:
        return member_by_email(self._stage.agency.emails[role])


def sent(theatre: Theatre) -> int:
    return sum(effect.kind == "mass" for effect in theatre.server.stage.effects)


def look(page: Page, name: str) -> None:
    """The page holds its width and can be read."""
    assert overflow(page) <= 0, name
    assert page.evaluate(UNREADABLE) == [], name


def shows(page: Page, address: str, words: str, where: str = "body") -> None:
    """The page says so at that place, once the platform's push has come."""
    for _ in range(200):
        page.goto(address)
        if page.locator(where).get_by_text(words).count():
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{address} does not say: {words}")


def card(name: str) -> str:
    """Where the portal of that name stands on its page."""
    return f'section:has(h2:text-is("{name}"))'


def set_up(page: Page, theatre: Theatre, office: Office, channel: str, name: str) -> None:
    """An admin enters the platform's papers, and our address at the platform."""
    simulator, mark = theatre.server.simulator, f"new-{channel}"
    made = theatre.change(lambda: simulator.enrol_portal(theatre.server.stage, name, ""))
    form = page.locator(f"section[aria-labelledby={mark}]")
    if (folded := form.get_by_text("填写资料")).count():
        folded.click()
    page.locator(f"#name-{mark}").fill(name)
    for field, value in made["credentials"].items():
        page.locator(f"#{field}-{mark}").fill(value)
    form.get_by_text("接口地址与选项（一般不用改）").click()
    for field in ("api_url", "page_url"):
        page.locator(f"#{field}-{mark}").fill(made["settings"][field])
    form.get_by_role("button", name="保存").click()
    address = page.locator(card(name)).locator("code").first.inner_text()
    office.rehearsing()
    theatre.change(lambda: simulator.enrol_portal(theatre.server.stage, name, urlsplit(address).path))
    shows(page, page.url, "最近一次 ticket", card(name))


def begin(page: Page, portal: str) -> None:
    """From the accounts page to the way to the platform's."""
    page.get_by_role("link", name="扫码接入").click()
    page.get_by_label("客户品牌").fill(CLIENT)
    page.locator("#portal").select_option(page.locator("#portal option", has_text=portal).get_attribute("value"))
    page.get_by_role("button", name="下一步").click()


def go(page: Page) -> None:
    """From the accounts page to the platform's."""
    begin(page, PORTAL)
    page.get_by_role("link", name="去授权页").click()


def refused(page: Page) -> None:
    """The owner says no, and the browser comes back."""
    go(page)
    page.get_by_role("button", name="拒绝").click()
    page.get_by_role("link", name="返回第三方平台").click()
    expect(page.get_by_text("没有同意授权")).to_be_visible()
    page.get_by_role("link", name="渠道账号").click()


def scan(page: Page, app_id: str) -> None:
    """Over the platform's page, and back."""
    go(page)
    page.locator("select[name=account]").select_option(app_id)
    page.get_by_role("button", name="扫码并同意授权").click()
    page.get_by_role("button", name="确认接入").click()
    page.wait_for_url("**/accounts")


def test_one_scan_connects_an_account_that_sends_until_its_owner_withdraws(
    app: Flask, asked: Asked, stage: Stage, theatre: Theatre, tmp_path: Path
) -> None:
    office, page = Office(app, stage, tmp_path), asked("/portals", "admin")
    set_up(page, theatre, office, "official_account", PORTAL)
    look(page, "portals")
    app_id = next(id for id, known in theatre.server.stage.accounts.items() if known["kind"] == "service")
    look(asked("/portals", "admin", width=375, theme="dark", language="en"), "portals on a phone")
    page.goto(stage.origin + "/accounts")
    refused(page)
    scan(page, app_id)
    expect(page.get_by_role("status")).to_contain_text(f"已接入“示例新客户服务号”，属于客户“{CLIENT}”")
    first, second = office.signed("first", app_id), office.signed("second", app_id)
    office.send(first)
    assert sent(theatre) == 1
    page.goto(theatre.address + "/_owners")
    page.get_by_role("button", name="取消授权").click()
    page.wait_for_url("**/_owners")
    shows(page, stage.origin + "/accounts", "授权已取消，发送已暂停", "tr:has-text('示例新客户服务号')")
    look(page, "accounts, withdrawn")
    office.send(second)
    assert sent(theatre) == 1
    scan(page, app_id)
    expect(page.get_by_role("status")).to_contain_text("“示例新客户服务号”已重新授权")
    expect(page.locator("tr", has_text="示例新客户服务号")).to_contain_text("正常")
    office.work()
    assert sent(theatre) == 2
    expected = (theatre.address, "409 (CONFLICT)")  # the platform's own page, and the owner who refused
    assert [told for told in stage.watched if not any(word in told for word in expected)] == []
