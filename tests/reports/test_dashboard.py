"""Today at a glance counts what reached people, whatever became of its campaign afterwards."""

from __future__ import annotations

from saas.reports.dashboard.boxes import Heads
from saas.reports.dashboard.service import dashboard
from tests.conftest import House


def test_what_was_out_when_a_campaign_was_cancelled_stays_counted_today(house: House) -> None:
    account = house.account("one")
    for reached in (0, 1):
        campaign = house.campaign()
        dispatch = house.dispatch(campaign, account, rows=2, people=5)
        if reached:
            out = "state = 'sent', accepted = people, delivered = people, accepted_at = now()"
            house.as_owner(f"UPDATE deliveries SET {out} WHERE dispatch_id = %s AND target = 'r00001'", dispatch)
        stopped = "state = 'skipped', skipped = people, code = 'cancelled'"
        house.as_owner(f"UPDATE deliveries SET {stopped} WHERE dispatch_id = %s AND state = 'due'", dispatch)
        house.as_owner("UPDATE dispatches SET code = 'cancelled' WHERE id = %s", dispatch)
        house.as_owner("UPDATE campaigns SET state = 'cancelled', released_at = due_at WHERE id = %s", campaign)
    with house.within():
        sends = dashboard(house.actor("owner")).sends
    assert sends.people == Heads(intended=10, delivered=5, skipped=5)
    assert [one.id for one in sends.campaigns] == [campaign], "of the other nothing was out"
    assert (sends.planned, sends.going, sends.failed) == (0, 0, 1)
