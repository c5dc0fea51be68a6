"""One account of a platform has one key."""

from __future__ import annotations

import threading

import pytest

from saas.accounts.entering import enter
from saas.kernel.errors import Invalid
from tests.conftest import House

PAPERS = {"app_id": "wx0123456789abcdef", "app_secret": "0123456789abcdef0123456789abcdef"}
APP = {"corp_id": "ww1", "app_secret": "s1", "agent_id": "1000002"}


def refused(house: House, key: str, credentials: dict[str, str]) -> Invalid:
    with house.within(), pytest.raises(Invalid) as told:
        enter(house.actor("admin"), key, credentials, {})
    return told.value


def test_an_account_that_is_connected_is_refused_under_another_key_and_kind(house: House) -> None:
    house.account("moon", "official_account", "subscription")
    house.account("sun", "official_account", "service")
    with house.within():
        enter(house.actor("admin"), "moon", PAPERS, {})
        enter(house.actor("admin"), "moon", PAPERS, {})
    told = refused(house, "sun", {**PAPERS, "app_id": f" {PAPERS['app_id']} "})
    assert (told.code, told.field) == ("same_account", "credentials.app_id")
    assert "as 'moon' already" in told.message[1] and PAPERS["app_id"] in told.message[0]
    with house.within():
        enter(house.actor("admin"), "sun", PAPERS | {"app_id": "wx0000000000000000"}, {})
    assert refused(house, "sun", {"app_id": PAPERS["app_id"]}).code == "same_account"


def test_an_app_is_named_by_its_corp_and_its_number(house: House) -> None:
    for key in ("moon", "sun"):
        house.account(key, "wecom", "app")
        with house.within():
            enter(house.actor("admin"), key, APP if key == "moon" else {**APP, "agent_id": "1000003"}, {})
    assert refused(house, "sun", {"agent_id": "1000002"}).code == "same_account"


def test_a_corp_may_be_connected_for_several_members(house: House) -> None:
    for key in ("moon", "sun"):
        house.account(key, "wecom", "customer")
        with house.within():
            enter(house.actor("admin"), key, {"corp_id": "ww1", "app_secret": "s1"}, {"members": key})


def test_a_key_that_is_secret_is_not_told(house: House) -> None:
    for key in ("moon", "sun"):
        house.account(key, "wecom", "robot")
    with house.within():
        enter(house.actor("admin"), "moon", {"key": "k-very-secret"}, {})
    told = refused(house, "sun", {"key": "k-very-secret"})
    assert "very-secret" not in str(told.message)


def test_of_two_who_connect_it_at_once_one_is_refused(house: House) -> None:
    for key in ("moon", "sun"):
        house.account(key, "official_account", "service")
    start, told = threading.Barrier(2), list[str]()

    def one(key: str) -> None:
        start.wait()
        with house.within():
            try:
                enter(house.actor("admin"), key, PAPERS, {})
            except Invalid as fault:
                told.append(fault.code)

    both = [threading.Thread(target=one, args=(key,)) for key in ("moon", "sun")]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert told == ["same_account"]
