"""Accounts that come by a scan: once, for the right client, with the rights their owner gave, and gone when the owner says so."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from saas.accounts.credentials import seal
from saas.accounts.models import Account
from saas.accounts.opening import run_with_lines
from saas.accounts.portals.service import invite, invited, list_portals, portal_for, set_up
from saas.accounts.service import connect_account, list_accounts, set_trouble
from saas.channels.platform import NotSent
from saas.channels.portal import PortalNews, Revoked
from saas.delivery.planning import prepare_campaign
from saas.delivery.portals import _apply, connect, receive_news
from saas.kernel import redis_server
from saas.kernel.database import db, tenant_scope, transaction
from saas.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from saas.kernel.sealing import Sealer
from saas.kernel.settings import settings
from saas.tenants.service import create_member, create_tenant, member_by_email
from tests.conftest import House
from tests.delivery.portals import Scene, portal_on_stage

APP_ID = "wx0123456789abcdef"


@pytest.fixture
def scene(house: House, tmp_path: Path) -> Iterator[Scene]:
    with portal_on_stage(house, tmp_path) as made:
        yield made


def token_of(house: House, account: int, stale: str = "", at_once: int = 1) -> list[str]:
    """What so many workers get that ask at once."""

    async def ask(lines: Any) -> list[str]:
        seen = (await lines.opened.ask(house.tenant, account)) or pytest.fail("no account")
        return list(await asyncio.gather(*(lines.of(house.tenant, seen).granted_token(stale) for _ in range(at_once))))

    return run_with_lines(settings(), ask)


def held(house: House, account: int) -> bool:
    return bool(house.one("SELECT is_stopped(%s)", account))


def test_an_owner_scans_and_the_account_is_the_clients(scene: Scene) -> None:
    app_id = scene.fresh("service")
    found = scene.connected(app_id)
    row = scene.account(found.key)
    assert (found.is_new, found.missing, found.key) == (True, (), app_id)
    assert (row["kind"], row["name"], row["status"], row["rights"]) == (
        "service",
        "示例新客户服务号",
        "active",
        ["1", "11", "2", "7"],
    )
    assert row["client_id"] == scene.house.client("Moon")
    assert app_id.encode() not in bytes(row["credentials"])
    assert scene.house.one("SELECT count(*) FROM audit_log WHERE action = 'portals.connect' AND subject = %s", found.key) == 1


def test_the_same_account_scanned_again_stays_the_same_row(scene: Scene) -> None:
    first, again = (scene.connected(scene.fresh()) for _ in range(2))
    assert (first.key, again.is_new) == (again.key, False)
    assert scene.house.one("SELECT count(*) FROM accounts") == 1
    with pytest.raises(Conflict) as told:
        scene.connected(scene.fresh(), client="Sun")
    assert told.value.code == "account_elsewhere"


def test_an_account_with_pasted_secrets_goes_over_to_the_portal_and_loses_them(scene: Scene) -> None:
    house, app_id = scene.house, scene.fresh()
    account = house.account("pasted", "official_account", "subscription")
    pasted = seal(Sealer(settings().encryption_keys), house.tenant, account, {"app_id": app_id, "app_secret": "x"})
    house.run("UPDATE accounts SET credentials = %s WHERE id = %s", pasted, account)
    assert scene.connected(app_id).key == "pasted"
    with house.within():
        sealed = db.session.get_one(Account, account).credentials
    assert Sealer(settings().encryption_keys).open(house.tenant, f"account:{account}", sealed or b"") == {"app_id": app_id}


def test_a_scan_works_once_for_its_member_and_not_for_long(scene: Scene) -> None:
    house = scene.house
    state, answer = scene.scan(scene.begin(), scene.fresh())
    with house.within(), pytest.raises(Forbidden, match="another member"):
        connect(house.actor("owner"), state, answer)
    with house.within(), pytest.raises(Forbidden):
        connect(house.actor("editor"), state, answer)
    with house.within():
        connect(scene.admin, state, answer)
    with house.within(), pytest.raises(Conflict) as told:
        connect(scene.admin, state, answer)
    assert told.value.code == "scan_used"
    late, answer = scene.scan(scene.begin(), scene.fresh())
    house.as_owner("UPDATE portal_invitations SET expires_at = now() WHERE used_at IS NULL")
    with house.within(), pytest.raises(Conflict) as told:
        connect(scene.admin, late, answer)
    assert told.value.code == "scan_expired"


def test_another_agencys_state_and_portal_are_not_there(scene: Scene) -> None:
    state, answer = scene.scan(scene.begin(), scene.fresh())
    with scene.house.app.app_context():
        other = create_tenant("Other", "other")
        with tenant_scope(other):
            create_member(None, "admin@other.test", "Ann", "admin", "seven quiet lanterns drift")
            stranger = member_by_email("admin@other.test")
            with transaction(), pytest.raises(NotFound):
                invited(stranger, state)
            with pytest.raises(NotFound):
                connect(stranger, state, answer)
            with pytest.raises(NotFound):
                invite(stranger, scene.portal, "Moon")
            assert list_portals(stranger) == []


def test_an_owner_who_refuses_is_said_and_nothing_is_connected(scene: Scene) -> None:
    state, answer = scene.scan(scene.begin(), scene.fresh(), decision="refuse")
    with scene.house.within(), pytest.raises(Conflict, match="did not agree"):
        connect(scene.admin, state, answer)
    assert scene.house.one("SELECT count(*) FROM accounts") == 0


def test_an_owner_who_withdraws_holds_the_account_and_a_new_scan_lets_it_go_on(scene: Scene) -> None:
    house, app_id = scene.house, scene.fresh()
    key = scene.connected(app_id).key
    scene.hear()
    account = scene.account(key)["account_id"]
    token_of(house, account)
    dispatch = house.dispatch(house.campaign(), account, rows=1)
    house.run("UPDATE dispatches SET wake_at = NULL WHERE id = %s", dispatch)
    scene.withdraw(app_id)
    scene.hear()
    row = scene.account(key)
    assert (row["status"], row["trouble"], row["refresh"], held(house, account)) == ("stopped", "revoked", None, True)
    assert house.rows("SELECT * FROM halted(ARRAY[%s]::bigint[])", dispatch)
    assert house.one("SELECT count(*) FROM account_tokens") == 0
    with pytest.raises(Revoked, match="重新扫码"):
        token_of(house, account)
    scene.scan(scene.begin(), app_id)
    scene.hear()  # the platform says it by itself, whatever becomes of the browser
    assert (scene.account(key)["status"], scene.account(key)["trouble"], held(house, account)) == ("active", "", False)
    assert house.one("SELECT wake_at IS NOT NULL FROM dispatches WHERE id = %s", dispatch)
    assert token_of(house, account)[0]


def test_planning_does_not_let_a_paused_account_go(scene: Scene) -> None:
    house = scene.house
    account = scene.account(scene.connected(scene.fresh()).key)["account_id"]
    house.rows("SELECT withdraw_grant(%s, now(), '61003', 'gone')", account)
    for reason in ("revoked", "credentials", ""):
        with house.within(), transaction():
            set_trouble(account, reason)
        assert held(house, account)


def test_settings_do_not_let_a_withdrawn_account_go_and_credentials_of_its_own_do(scene: Scene) -> None:
    house, key = scene.house, scene.connected(scene.fresh()).key
    account = scene.account(key)["account_id"]
    house.rows("SELECT withdraw_grant(%s, now(), '', 'gone')", account)
    with house.within(), transaction():
        connect_account(key, {}, {"verified": True})
    assert held(house, account)
    with house.within(), transaction():
        connect_account(key, {"app_id": "wx1", "app_secret": "x"}, {})
    assert not held(house, account)
    assert house.one("SELECT portal_id FROM accounts WHERE id = %s", account) is None


def test_a_withdrawal_that_comes_after_the_next_scan_says_nothing(scene: Scene) -> None:
    account = scene.account(scene.connected(scene.fresh()).key)["account_id"]
    assert scene.house.one("SELECT withdraw_grant(%s, now() - interval '1 minute', '', '')", account) is False
    assert not held(scene.house, account)


def test_other_rights_are_shown_and_asked_of_the_platform(scene: Scene) -> None:
    app_id = scene.fresh()
    scene.connected(app_id)
    scene.hear()
    scene.scan(scene.begin(), app_id, ("1", "2", "11"))
    scene.hear()
    with scene.house.within():
        shown = list_accounts(scene.admin)[0]
    assert (shown.portal, shown.missing_rights) == ("p", [("群发与通知权限", "Mass sends and notices")])


def test_workers_that_ask_at_once_renew_once_and_share_what_they_get(scene: Scene) -> None:
    account = scene.account(scene.connected(scene.fresh()).key)["account_id"]
    before = scene.account(scene.fresh())["renewals"]
    assert len(set(token_of(scene.house, account, at_once=8))) == 1
    first = token_of(scene.house, account)[0]
    assert token_of(scene.house, account, stale=first)[0] != first
    assert scene.account(scene.fresh())["renewals"] == before + 2


def test_a_worker_killed_between_the_answer_and_the_writing_costs_nobody_a_scan(scene: Scene) -> None:
    account = scene.account(scene.connected(scene.fresh()).key)["account_id"]
    before = scene.account(scene.fresh())
    child = [sys.executable, str(Path(__file__).with_name("dies_while_renewing.py")), str(scene.house.tenant), str(account)]
    died = subprocess.run(child, env=dict(os.environ), capture_output=True, check=False, timeout=60)
    assert died.returncode == -9, died.stderr.decode()[-1000:]
    assert scene.account(scene.fresh())["refresh"] == before["refresh"]
    redis_server.connect(settings().redis_url).delete(f"token:{account}:granted")  # its lock ends by itself, later
    assert token_of(scene.house, account)[0]
    assert scene.account(scene.fresh())["renewals"] == before["renewals"] + 1
    assert not held(scene.house, account)


def test_a_call_that_is_turned_away_pauses_the_account_only_when_the_platform_says_so(scene: Scene) -> None:
    house, app_id = scene.house, scene.fresh()
    account = scene.account(scene.connected(app_id).key)["account_id"]

    async def turned_away(lines: Any) -> None:
        seen = await lines.opened.ask(house.tenant, account)
        await lines.of(house.tenant, seen).withdrawn("61003", "x / x")

    run_with_lines(settings(), turned_away)
    assert not held(house, account)
    scene.withdraw(app_id)
    run_with_lines(settings(), turned_away)
    assert held(house, account)


def test_a_ticket_that_is_over_makes_calls_wait(scene: Scene) -> None:
    account = scene.account(scene.connected(scene.fresh()).key)["account_id"]
    scene.house.as_owner("DELETE FROM portal_tokens")
    scene.house.as_owner("UPDATE portals SET ticket_at = now() - interval '13 hours'")
    with pytest.raises(NotSent, match="ticket"):
        token_of(scene.house, account)
    assert not held(scene.house, account)


def test_an_older_ticket_does_not_replace_a_newer(scene: Scene) -> None:
    newest = scene.house.one("SELECT ticket_at FROM portals")
    with scene.house.within(), transaction() as session:
        _apply(session, portal_for(scene.portal), scene.house.tenant, PortalNews("ticket", newest.timestamp() - 600, value="old"))
    assert scene.house.one("SELECT ticket_at FROM portals") == newest


def test_a_push_that_is_not_the_platforms_is_refused(scene: Scene) -> None:
    request = scene.theatre.pushed[0]
    with scene.house.app.app_context():
        assert receive_news(scene.ref, replace(request, body=b"<xml></xml>")).status == 403
        with pytest.raises(NotFound):
            receive_news("f" * 32, request)


def test_a_portal_names_what_is_missing_and_keeps_what_is_left_empty(scene: Scene) -> None:
    with scene.house.within():
        with pytest.raises(Invalid) as told:
            set_up(scene.admin, "official_account", "q", {"component_appid": APP_ID})
        assert told.value.field == "component_appsecret"
        with pytest.raises(Invalid, match="no portals"):
            set_up(scene.admin, "personal", "q", {})
        with pytest.raises(Forbidden):
            set_up(scene.house.actor("editor"), "official_account", "q", {})
        kept = set_up(scene.admin, "official_account", "p", {"component_appid": APP_ID})
    assert (kept.id, kept.entered["component_appid"], kept.ticket_state) == (scene.portal, APP_ID, "fresh")


def test_a_page_that_is_over_cannot_be_scanned(scene: Scene) -> None:
    url = scene.begin()
    scene.theatre.skip(601)
    _, answer = scene.scan(url, scene.fresh())
    assert "auth_code" not in answer


def test_a_campaign_is_planned_over_the_owners_grant_and_refused_without_the_right(scene: Scene, tmp_path: Path) -> None:
    key, folder = scene.connected(scene.fresh()).key, tmp_path / "spring"
    folder.mkdir()
    (folder / "campaign.yaml").write_text(f"name: spring\nkind: text\ntext: hello\naccounts: [{key}]\nschedule: now\n")
    editor = scene.house.actor("editor")
    with scene.house.within():
        prepare_campaign(editor, folder)
    assert scene.house.rows("SELECT state, people FROM deliveries") == [{"state": "due", "people": 1200}]
    scene.house.run("UPDATE accounts SET rights = ARRAY['1', '2'] WHERE key = %s", key)
    with scene.house.within(), pytest.raises(Invalid) as told:
        prepare_campaign(editor, folder)
    found = [finding for finding in told.value.detail["findings"] if finding["rule"] == "right_missing"]
    assert "群发与通知权限" in found[0]["message"][0]
