"""What a report says of an account whose sends somebody has stopped: who, why, and until when it can still go out."""

from __future__ import annotations

from dataclasses import replace

from saas.delivery import stops
from saas.reports.service import campaign_report
from tests.conftest import House


def test_a_stopped_account_says_who_stopped_it_and_why_and_names_no_time_at_which_it_goes_out(house: House) -> None:
    campaign = house.campaign()
    house.dispatch(campaign, house.account("held"), rows=3)
    house.dispatch(campaign, house.account("free"), rows=3)
    with house.within():
        editor = house.actor("editor")
        stops.stop(editor, "account", "held", "wrong price")
        held, free = campaign_report(replace(editor, locale="en"), campaign).accounts
    assert (held.key, held.code, held.next_possible_at) == ("held", "stopped", None)
    assert "wrong price" in held.reason
    assert "not sent any more" in held.reason
    assert free.code != "stopped"


def test_a_clients_user_reads_that_it_is_stopped_and_not_the_agencys_reason(house: House) -> None:
    campaign = house.campaign()
    house.dispatch(campaign, house.account("held"), rows=3)
    with house.within():
        stops.stop(house.actor("editor"), "tenant", "", "the client has not paid")
        viewer = house.actor("client_viewer")
        told = campaign_report(viewer, campaign).accounts[0]
    assert told.code == "stopped"
    assert "paid" not in told.reason
