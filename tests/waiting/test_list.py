"""The list of what waits: who must do what, for whom, until when, and how often they may still be reminded."""

from __future__ import annotations

import asyncio

import pytest

from saas.delivery.waiting import WaitingItem, by_client_and_account, list_waiting, remind
from saas.delivery.waiting_reminders import Reminded
from saas.kernel.errors import Forbidden
from tests.waiting.conftest import Crew


def test_everything_that_waits_is_listed_the_nearest_deadline_first(crew: Crew) -> None:
    far = crew.sent(crew.account("wecom", "customer", 9_000, confirm_share=0.3), 900)
    hand = crew.sent(crew.account("personal", "assisted", 30), 30, "assisted")
    near = crew.sent(crew.account("wecom", "moments", 40, confirm="never"), 40, "moments", confirm_within="1h")
    for delivery in (far, near):
        crew.until(delivery, "polls > 1")
    with crew.house.within():
        found = list_waiting(crew.house.actor("editor"))
    items = {item.id: item for item in found}
    assert [item.id for item in found] == [near, hand, far]
    assert (items[far].people, items[far].delivered + items[far].people) == (600, items[far].delivered + 600)
    assert [(one.name != one.id, one.people) for one in items[far].who] == [(True, 300), (True, 300)]
    assert items[far].what == ("企业成员在客户端点击发送", "The corp's members press send in their client")
    left = items[far].reminders
    assert left and (left.left, left.amount, left.hours, left.free_at) == (3, 3, 24, None)
    assert items[near].reminders is None and not items[near].by_hand
    assert items[hand].by_hand and items[hand].what[1] == "send one by one and tick off"
    groups = by_client_and_account(found)
    assert [(client, len(some)) for client, _, some in groups] == [("Moon", 1)] * 3


def test_a_reminder_of_a_member_is_counted_in_the_list_and_named_in_the_audit(crew: Crew) -> None:
    delivery = crew.sent(crew.account("wecom", "customer", 40, confirm="never"), 40)
    crew.ask(delivery)

    def click() -> tuple[list[Reminded], list[WaitingItem]]:
        with crew.house.within():
            return remind(crew.house.actor("editor"), [delivery, delivery]), list_waiting(crew.house.actor("editor"))

    (told,), (item,) = crew.run(asyncio.to_thread(click))
    assert told.outcome == "done"
    assert item.reminders and (item.reminders.left, item.reminders.last_at is not None) == (2, True)
    assert crew.house.one("SELECT actor FROM audit_log WHERE action = 'deliveries.remind'").startswith("editor@house.test")


@pytest.mark.parametrize("role", ["analyst", "client_approver"])
def test_who_may_not_send_may_not_remind(crew: Crew, role: str) -> None:
    with crew.house.within(), pytest.raises(Forbidden):
        remind(crew.house.actor(role), [1])


def test_a_clients_user_does_not_see_the_list(crew: Crew) -> None:
    with crew.house.within(), pytest.raises(Forbidden):
        list_waiting(crew.house.actor("client_viewer"))
