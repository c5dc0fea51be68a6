"""A campaign that is published on accounts' pages: planned by the word ``page`` alone, out once, and never for a mass send."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from saas.campaigns.models import Campaign
from saas.delivery.planning import check_folder, prepare_campaign
from saas.delivery.release import approve, release
from saas.kernel import clock
from saas.kernel.database import db
from saas.kernel.errors import Invalid
from saas.reports.service import campaign_report
from tests.conftest import House
from tests.delivery.books import balance
from tests.delivery.portals import Scene, portal_on_stage
from tests.delivery.test_portal_sends import work

IMAGE = "images: [cover.jpg]\ntext: |-\n  三款新品\n  今天起在各店有售"
ROW = "SELECT e.state, e.delivered, e.people, d.route, d.unit FROM deliveries e JOIN dispatches d ON d.id = e.dispatch_id"


@pytest.fixture
def scene(house: House, tmp_path: Path) -> Iterator[Scene]:
    with portal_on_stage(house, tmp_path / "stage") as made:
        yield made


def folder(place: Path, key: str, audience: str, kind: str = "articles") -> Path:
    """An article with a cover, a picture with a title, or one sentence, for one account."""
    cover = io.BytesIO()
    Image.new("RGB", (900, 500), (40, 90, 80)).save(cover, "JPEG")
    place.mkdir()
    (place / "cover.jpg").write_bytes(cover.getvalue())
    (place / "1.md").write_text("---\ntitle: 咖啡豆的三种烘焙\ncover: cover.jpg\n---\n\n浅烘、中烘与深烘各有味道。\n")
    what = {"articles": "articles: [1.md]", "text": "text: 春分之后", "image": IMAGE}[kind]
    (place / "campaign.yaml").write_text(
        f"name: {place.name}\nkind: {kind}\n{what}\naccounts: [{key}]\naudience: {audience}\nschedule: now\n"
    )
    return place


def let_go(house: House, path: Path) -> int:
    with house.within():
        campaign = prepare_campaign(house.actor("editor"), path)
        approve(house.actor("reviewer"), campaign, db.session.get_one(Campaign, campaign).digest)
        release(house.actor("editor"), campaign)
        return campaign


def effects(scene: Scene) -> list[str]:
    return [effect.kind for effect in scene.theatre.server.stage.effects]


def ask_until(house: House, state: str) -> None:
    """Whatever is to be asked is asked at once, until the one delivery is in that state."""
    for _ in range(60):
        house.run("UPDATE deliveries SET poll_at = now() WHERE poll_at IS NOT NULL")
        house.run("UPDATE dispatches SET wake_at = now()")
        work(house)
        if house.one("SELECT state FROM deliveries") == state:
            return
    raise AssertionError(house.rows("SELECT state, code, reason FROM deliveries"))


def test_pictures_for_the_page_are_published_once_under_their_title(scene: Scene, tmp_path: Path) -> None:
    house = scene.house
    key = scene.connected(scene.fresh("subscription")).key
    let_go(house, folder(tmp_path / "pictures", key, "page", "image"))
    work(house)
    assert [effect.detail["titles"] for effect in scene.theatre.server.stage.effects] == [["三款新品"]]
    assert [row["route"] for row in house.rows(ROW)] == ["publish"]


def test_pictures_for_the_page_without_a_title_are_refused_before_anybody_signs(scene: Scene, tmp_path: Path) -> None:
    key = scene.connected(scene.fresh("subscription")).key
    path = folder(tmp_path / "bare", key, "page", "image")
    file = path / "campaign.yaml"
    file.write_text(file.read_text().replace(IMAGE, "images: [cover.jpg]"))
    with scene.house.within(), pytest.raises(Invalid) as refused:
        prepare_campaign(scene.house.actor("editor"), path)
    assert "post_title_chars" in [finding["rule"] for finding in refused.value.detail["findings"]]


def test_a_campaign_for_the_page_is_published_once_and_uses_no_mass_send(scene: Scene, tmp_path: Path) -> None:
    house = scene.house
    key = scene.connected(scene.fresh("subscription")).key
    path = folder(tmp_path / "spring", key, "page")
    with house.within():
        told = [finding.rule for finding in check_folder(house.actor("editor"), path)]
    assert "page_only" in told
    campaign = let_go(house, path)
    work(house)
    assert effects(scene) == ["publish"]
    scene.theatre.change(lambda: scene.theatre.server.stage.set_rate(100.0))
    ask_until(house, "sent")
    assert house.rows(ROW) == [{"state": "sent", "delivered": 1, "people": 1, "route": "publish", "unit": "page"}]
    assert house.rows("SELECT rule, used FROM quota_windows WHERE used > 0") == [{"rule": "publish_day", "used": 1}]
    with house.within():
        row = campaign_report(house.actor("editor"), campaign).accounts[0]
        assert row.unit == "page" and "不通知粉丝" in row.reason
    balance(house)


def test_a_worker_killed_while_publishing_leaves_one_publication_that_is_found_again(scene: Scene, tmp_path: Path) -> None:
    house = scene.house
    key = scene.connected(scene.fresh("service")).key
    let_go(house, folder(tmp_path / "spring", key, "page"))
    child = [sys.executable, str(Path(__file__).with_name("dies_while_publishing.py")), str(house.tenant)]
    died = subprocess.run(child, env=dict(os.environ), capture_output=True, check=False, timeout=60)
    assert died.returncode == -9, died.stderr.decode()[-1000:]
    assert effects(scene) == ["publish"]
    house.run("SELECT expire_leases(%s)", clock.now() + timedelta(hours=1))
    scene.theatre.change(lambda: scene.theatre.server.stage.set_rate(100.0))
    ask_until(house, "sent")
    assert house.rows(ROW) == [{"state": "sent", "delivered": 1, "people": 1, "route": "publish", "unit": "page"}]
    assert effects(scene) == ["publish"]
    balance(house)


def test_words_cannot_be_published_and_a_send_to_all_is_never_a_publication(scene: Scene, tmp_path: Path) -> None:
    house = scene.house
    key = scene.connected(scene.fresh("service")).key
    with house.within(), pytest.raises(Invalid) as refused:
        prepare_campaign(house.actor("editor"), folder(tmp_path / "words", key, "page", "text"))
    assert "audience_form" in [finding["rule"] for finding in refused.value.detail["findings"]]
    let_go(house, folder(tmp_path / "all", key, "all"))
    assert house.rows("SELECT route, unit FROM dispatches") == [{"route": "mass", "unit": "person"}]
