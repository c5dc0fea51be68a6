"""Subscription notices: planned by the writer's word alone, out once, and never repeated when nobody knows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from saas.delivery.planning import check_folder, prepare_campaign
from saas.kernel import clock
from saas.kernel.errors import Invalid
from tests.conftest import House
from tests.delivery.books import balance
from tests.delivery.portals import Scene, portal_on_stage
from tests.delivery.test_portal_sends import work
from tests.delivery.test_publishing import let_go

ROW = "SELECT e.state, e.code, d.route, d.repeat_by FROM deliveries e JOIN dispatches d ON d.id = e.dispatch_id ORDER BY e.target"
PEOPLE = [f"o{number:027d}" for number in (1, 2, 3)]


@pytest.fixture
def scene(house: House, tmp_path: Path) -> Iterator[Scene]:
    with portal_on_stage(house, tmp_path / "stage") as made:
        yield made


def folder(place: Path, key: str, people: list[str]) -> Path:
    """A notice for these people."""
    place.mkdir()
    template = "{by: subscription, id: Tm-rehearsal-0001, data: {thing1: '{item}', time2: '2026-04-01 09:30'}}"
    head = f"name: {place.name}\nkind: template\nmarketing: false\ntemplate: {template}\n"
    (place / "campaign.yaml").write_text(f"{head}accounts: [{key}]\nrecipients: people.csv\nschedule: now\n")
    (place / "people.csv").write_text("openid,item\n" + "".join(f"{one},到货\n" for one in people))
    return place


def noticed(scene: Scene) -> list[str]:
    return [effect.key for effect in scene.theatre.server.stage.effects if effect.kind == "notice"]


def test_notices_go_to_subscribers_once_and_who_has_no_consent_left_is_failed_with_that_reason(
    scene: Scene, tmp_path: Path
) -> None:
    house, app_id = scene.house, scene.fresh("service")
    key = scene.connected(app_id).key
    stage = scene.theatre.server.stage
    scene.theatre.change(lambda: stage.keep(app_id, {**stage.accounts[app_id], "subscribers": {PEOPLE[1]: 0}}))
    let_go(house, folder(tmp_path / "arrived", key, PEOPLE))
    work(house)
    way = {"route": "subscribe", "repeat_by": "none"}
    went, refused = {"state": "accepted", "code": "", **way}, {"state": "failed", "code": "43101", **way}
    assert house.rows(ROW) == [went, refused, went]
    assert sorted(noticed(scene)) == [PEOPLE[0], PEOPLE[2]]
    assert house.one("SELECT status FROM accounts WHERE key = %s", key) == "active"
    assert house.rows("SELECT rule, used FROM quota_windows WHERE used > 0") == [{"rule": "subscribe_day", "used": 2}]
    balance(house)


def test_a_notice_whose_worker_was_killed_is_unknown_and_never_sent_again(scene: Scene, tmp_path: Path) -> None:
    house = scene.house
    key = scene.connected(scene.fresh("service")).key
    let_go(house, folder(tmp_path / "arrived", key, PEOPLE[:1]))
    child = [sys.executable, str(Path(__file__).with_name("dies_while_publishing.py")), str(house.tenant)]
    died = subprocess.run(child, env=dict(os.environ), capture_output=True, check=False, timeout=60)
    assert died.returncode == -9, died.stderr.decode()[-1000:]
    assert noticed(scene) == PEOPLE[:1]
    house.run("SELECT expire_leases(%s)", clock.now() + timedelta(hours=1))
    house.run("UPDATE dispatches SET wake_at = now()")
    work(house)
    assert [row["state"] for row in house.rows(ROW)] == ["unknown"]
    assert noticed(scene) == PEOPLE[:1]
    balance(house)


def test_a_template_the_account_does_not_have_is_said_by_field_before_anything_is_planned(scene: Scene, tmp_path: Path) -> None:
    house, app_id = scene.house, scene.fresh("service")
    key = scene.connected(app_id).key
    path, stage = folder(tmp_path / "arrived", key, PEOPLE[:1]), scene.theatre.server.stage
    scene.theatre.change(
        lambda: stage.keep(app_id, {**stage.accounts[app_id], "templates": {"Tm-rehearsal-0001": ["thing1", "phrase9"]}})
    )
    with house.within(), pytest.raises(Invalid) as refused:
        prepare_campaign(house.actor("editor"), path)
    told = {
        finding["where"]: finding["severity"]
        for finding in refused.value.detail["findings"]
        if finding["rule"] == "template_place"
    }
    place = "campaign.yaml: template.data."
    assert told == {f"{place}phrase9": "block", f"{place}time2": "warn"}
    scene.theatre.fault("http", "gettemplate", "502")
    with house.within():
        rules = [finding.rule for finding in check_folder(house.actor("editor"), path)]
        assert "notice_use" in rules and "template_place" not in rules
        assert prepare_campaign(house.actor("editor"), path)
