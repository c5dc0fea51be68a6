"""What an account that came by a scan sends: over its owner's grant, held when the owner withdraws meanwhile, and never twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qunfa_official_account.simulator.pushes import envelope, rendered
from saas.accounts.channels import registry
from saas.accounts.opening import run_with_lines
from saas.campaigns.models import Campaign
from saas.channels.callback import CallbackRequest
from saas.delivery.engine import Engine
from saas.delivery.host import Host
from saas.delivery.planning import prepare_campaign
from saas.delivery.portals import receive_message
from saas.delivery.release import approve, release
from saas.kernel.database import db
from saas.kernel.errors import NotFound
from saas.kernel.settings import settings
from tests.conftest import House
from tests.delivery.portals import Scene, portal_on_stage


@pytest.fixture
def scene(house: House, tmp_path: Path) -> Iterator[Scene]:
    with portal_on_stage(house, tmp_path / "stage") as made:
        yield made


def let_go(house: House, folder: Path, key: str, said: str = "hello") -> None:
    """A campaign of one sentence, planned, approved and released."""
    folder.mkdir()
    (folder / "campaign.yaml").write_text(f"name: {folder.name}\nkind: text\ntext: {said}\naccounts: [{key}]\nschedule: now\n")
    with house.within():
        campaign = prepare_campaign(house.actor("editor"), folder)
        approve(house.actor("reviewer"), campaign, db.session.get_one(Campaign, campaign).digest)
        release(house.actor("editor"), campaign)


def work(house: House) -> None:
    """A worker's turns, until there is nothing to do at once."""

    async def turns(lines: Any) -> None:
        host = Host(lines, registry())
        host.start()
        engine = Engine(host)
        while await engine.turn(house.tenant):
            continue
        await engine.close()
        await host.stop()

    run_with_lines(settings(), turns)


def sent(scene: Scene) -> int:
    return sum(effect.kind == "mass" for effect in scene.theatre.server.stage.effects)


def states(house: House) -> list[str]:
    return [row["state"] for row in house.rows("SELECT state FROM deliveries ORDER BY id")]


def test_a_send_that_meets_a_withdrawal_waits_for_the_next_scan_and_goes_out_once(scene: Scene, tmp_path: Path) -> None:
    house, app_id = scene.house, scene.fresh("service")
    key = scene.connected(app_id).key
    let_go(house, tmp_path / "spring", key)
    scene.withdraw(app_id)  # and its push is not heard
    work(house)
    assert (states(house), sent(scene)) == (["due"], 0)
    assert scene.account(key)["trouble"] == "revoked"
    assert scene.account(key)["trouble_code"] in ("61003", "61023")
    house.run("UPDATE deliveries SET due_at = now()")
    house.run("UPDATE dispatches SET wake_at = now()")
    work(house)
    assert (states(house), sent(scene)) == (["due"], 0)
    scene.connected(app_id)
    house.run("UPDATE deliveries SET due_at = now() WHERE state = 'due'")
    work(house)
    work(house)
    assert sent(scene) == 1
    assert states(house) in (["accepted"], ["sent"])
    assert house.one("SELECT sum(used + reserved) FROM quota_windows WHERE rule = 'mass_month'") == 1


def test_a_dead_token_is_renewed_once_before_the_effect(scene: Scene, tmp_path: Path) -> None:
    house, app_id = scene.house, scene.fresh("service")
    key = scene.connected(app_id).key
    let_go(house, tmp_path / "spring", key)
    before = scene.account(key)["renewals"]
    scene.theatre.change(lambda: scene.theatre.server.simulator.drop_tokens(scene.theatre.server.stage, app_id))
    work(house)
    assert (sent(scene), scene.account(key)["renewals"]) == (1, before + 1)


def test_what_is_pushed_for_such_an_account_comes_by_its_portals_address(scene: Scene) -> None:
    app_id = scene.fresh()
    account = scene.account(scene.connected(app_id).key)["account_id"]
    request = spoken(scene, app_id)
    with scene.house.app.app_context():
        assert receive_message(scene.ref, app_id, request).status == 200
        assert receive_message(scene.ref, app_id, request).status == 200
        with pytest.raises(NotFound):
            receive_message(scene.ref, "wx0", request)
        with pytest.raises(NotFound):
            receive_message("f" * 32, app_id, request)
    heard = scene.house.rows("SELECT account_id, kind FROM callback_inbox")
    assert heard == [{"account_id": account, "kind": "inbound"}]


def spoken(scene: Scene, app_id: str) -> CallbackRequest:
    """What the platform pushes when a person has written to the account."""
    record = scene.theatre.server.stage.accounts[app_id]
    said = {
        "ToUserName": record["gh_id"],
        "FromUserName": "o1",
        "MsgType": "text",
        "Content": "hi",
        "MsgId": "1",
        "CreateTime": 1,
    }
    query, body = envelope(record, app_id, rendered(said, "xml"), "xml")
    return CallbackRequest("POST", query, {}, body, float(query["timestamp"]))
