"""What is entered of a portal is checked by field, and a portal that nothing is sent over any more can be removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from saas.accounts.portals.removing import portal_named, remove
from saas.accounts.portals.service import list_portals, set_up
from saas.accounts.service import connect_account
from saas.delivery.portals import receive_news
from saas.kernel.database import transaction
from saas.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tests.conftest import House
from tests.delivery.portals import Scene, portal_on_stage

APP_ID = "wx0123456789abcdef"


@pytest.fixture
def scene(house: House, tmp_path: Path) -> Iterator[Scene]:
    with portal_on_stage(house, tmp_path) as made:
        yield made


def held(house: House, account: int) -> bool:
    return bool(house.one("SELECT is_stopped(%s)", account))


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("component_aes_key", "x" * 42, "43"),
        ("component_aes_key", "x" * 44, "43"),
        ("component_appid", "wx1", "wx and 16 more"),
        ("component_appsecret", "short", "32"),
        ("component_token", "a b", "letters or digits"),
        ("page_url", "mp.weixin.qq.com", "https://"),
        ("component_key", "x", "component_aes_key"),
    ],
)
def test_papers_of_a_portal_that_cannot_be_are_refused_by_field(scene: Scene, name: str, value: str, told: str) -> None:
    with scene.house.within():
        before = list_portals(scene.admin)
        with pytest.raises(Invalid) as refused:
            set_up(scene.admin, "official_account", "p", {name: value})
        assert (refused.value.field, told in refused.value.remedy[1]) == (name, True)
        assert list_portals(scene.admin) == before


def test_a_portal_goes_once_no_account_is_sent_over_it_and_withdrawn_ones_stay_paused(scene: Scene) -> None:
    house, key = scene.house, scene.connected(scene.fresh()).key
    account = scene.account(key)["account_id"]
    with house.within():
        with pytest.raises(Conflict) as told:
            remove(scene.admin, scene.portal)
        assert (told.value.code, key in told.value.message[0]) == ("portal_in_use", True)
        with pytest.raises(Forbidden):
            remove(house.actor("editor"), scene.portal)
    house.rows("SELECT withdraw_grant(%s, now(), '', 'gone')", account)
    scene.begin()
    with house.within():
        assert (remove(scene.admin, portal_named(scene.admin, "p")), list_portals(scene.admin)) == (1, [])
        with pytest.raises(NotFound):
            remove(scene.admin, scene.portal)
        with transaction():
            connect_account(key, {}, {"verified": True})
    assert held(house, account)
    with house.within(), transaction():
        connect_account(key, {"app_id": APP_ID, "app_secret": "x"}, {})
    assert not held(house, account)
    with house.app.app_context(), pytest.raises(NotFound):
        receive_news(scene.ref, scene.theatre.pushed[0])
