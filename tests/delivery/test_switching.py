"""A channel that is off is not there for the agency: nothing is claimed or planned on it, while the others go on."""

from __future__ import annotations

import pytest

from saas.accounts.switches import begin, here, need_here, switches
from saas.delivery.switching import switch
from saas.kernel.database import transaction
from saas.kernel.errors import Forbidden, Invalid
from tests.conftest import House

CHANNEL = "official_account"


def stopped(house: House, account: int) -> bool:
    return bool(house.one("SELECT is_stopped(%s)", account))


def test_a_channel_that_is_off_is_neither_here_nor_sent_on(house: House) -> None:
    account, other = house.account("shop", CHANNEL, "subscription"), house.account("corp", channel="wecom", kind="app")
    owner = house.actor("owner")
    with house.within():
        switch(owner, CHANNEL, False)
        assert here(CHANNEL) is None
        assert here("wecom") is not None
        with pytest.raises(Invalid) as told:
            need_here(CHANNEL)
    assert told.value.code == "channel_off"
    assert "channels on official_account" in told.value.remedy[1]
    assert (stopped(house, account), stopped(house, other)) == (True, False)


def test_switched_on_again_it_goes_on_and_both_are_in_the_audit(house: House) -> None:
    account, owner = house.account("shop", CHANNEL, "subscription"), house.actor("owner")
    with house.within():
        switch(owner, CHANNEL, False)
        switch(owner, CHANNEL, True)
        assert here(CHANNEL) is not None
    assert not stopped(house, account)
    lines = house.rows("SELECT action, subject FROM audit_log WHERE action LIKE 'channels.%%' ORDER BY id")
    assert [(line["action"], line["subject"]) for line in lines] == [("channels.off", CHANNEL), ("channels.on", CHANNEL)]


def test_only_who_manages_accounts_switches_and_only_what_is_installed(house: House) -> None:
    editor, owner = house.actor("editor"), house.actor("owner")
    with house.within():
        with pytest.raises(Forbidden):
            switch(editor, CHANNEL, False)
        with pytest.raises(Invalid) as told:
            switch(owner, "carrier_pigeon", True)
    assert told.value.code == "unknown_channel"


def test_a_new_agency_begins_without_the_channels_that_begin_off(house: House) -> None:
    with house.within():
        assert {one.channel for one in switches(house.actor("owner")) if not one.on} == set()
        with transaction():
            begin()
        off = {one.channel for one in switches(house.actor("owner")) if not one.on}
    assert off == {"webhook"}


def test_a_switch_is_the_agencys_own(house: House) -> None:
    with house.within():
        switch(house.actor("owner"), CHANNEL, False)
    with house.connect(tenant=house.tenant + 1_000) as connection:
        assert connection.execute("SELECT count(*) AS n FROM channel_switches").fetchone() == {"n": 0}
