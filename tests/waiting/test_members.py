"""Members of a corp who must press send: named, reminded within the platform's three, and stopped at the deadline."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from saas.delivery.waiting_reminders import Reminded, Reminding
from tests.delivery.books import balance
from tests.waiting.conftest import Crew

PEOPLE = "SELECT person, people, name <> person AS named FROM waiting_people WHERE delivery_id = %s ORDER BY person"


def remind(crew: Crew, delivery: int) -> Reminded:
    return crew.run(Reminding(crew.lines, crew.registry, crew.house.tenant).remind(delivery, "editor@house.test (cli)"))


def pause(crew: Crew, delivery: int) -> None:
    """Let the gap between two reminders pass."""
    crew.age(delivery, timedelta(minutes=2))


def test_members_who_have_not_sent_are_kept_with_their_customers_until_they_have(crew: Crew) -> None:
    account = crew.account("wecom", "customer", 9_000, confirm_share=0.3)
    delivery = crew.sent(account, 900)
    crew.until(delivery, "delivered > 0")
    assert crew.house.rows(PEOPLE, delivery) == [
        {"person": "Member0002", "people": 300, "named": True},
        {"person": "Member0003", "people": 300, "named": True},
    ]
    assert crew.counts(delivery)["w"] == 600
    crew.patch(account, confirm_share=1.0)
    crew.ask(delivery)
    assert crew.house.rows(PEOPLE, delivery) == []
    crew.until(delivery, "state = 'sent'")
    balance(crew.house)


def test_three_reminders_a_day_and_not_one_more_each_in_the_ledger_and_the_audit(crew: Crew) -> None:
    delivery = crew.sent(crew.account("wecom", "customer", 40, confirm="never"), 40)
    crew.ask(delivery)
    told = []
    for _ in range(4):
        told.append(remind(crew, delivery))
        pause(crew, delivery)
    assert [(one.outcome, one.left) for one in told] == [("done", 2), ("done", 1), ("done", 0), ("exhausted", 0)]
    assert len(crew.effects("wecom", "reminder")) == 3
    assert (
        crew.house.rows("SELECT used, reserved, cap, rule FROM quota_windows WHERE rule = 'remind_message'")
        == [{"used": 1, "reserved": 0, "cap": 1, "rule": "remind_message"}] * 3
    )
    lines = crew.house.rows("SELECT actor, subject FROM audit_log WHERE action = 'deliveries.remind'")
    assert lines == [{"actor": "editor@house.test (cli)", "subject": str(delivery)}] * 3
    balance(crew.house)


def test_after_a_day_there_is_a_reminder_again(crew: Crew) -> None:
    delivery = crew.sent(crew.account("wecom", "customer", 40, confirm="never"), 40)
    crew.ask(delivery)
    for _ in range(3):
        assert remind(crew, delivery).outcome == "done"
        pause(crew, delivery)
    refused = remind(crew, delivery)
    assert refused.outcome == "exhausted" and refused.free_at
    crew.age(delivery, timedelta(hours=24))
    assert remind(crew, delivery).outcome == "refused", "our day has passed, the platform's has not: it has the last word"
    assert len(crew.effects("wecom", "reminder")) == 3
    balance(crew.house)


def test_a_second_click_reminds_nobody_twice(crew: Crew) -> None:
    delivery = crew.sent(crew.account("wecom", "customer", 40, confirm="never"), 40)
    crew.ask(delivery)
    work = Reminding(crew.lines, crew.registry, crew.house.tenant)

    async def crowd() -> list[Reminded]:
        return list(await asyncio.gather(*(work.remind(delivery, "editor") for _ in range(8))))

    told = crew.run(crowd())
    assert sorted(one.outcome for one in told) == ["done", *["just_reminded"] * 7]
    assert len(crew.effects("wecom", "reminder")) == 1


def test_a_reminder_whose_answer_is_lost_counts_and_is_not_repeated(crew: Crew) -> None:
    delivery = crew.sent(crew.account("wecom", "customer", 40, confirm="never"), 40)
    crew.ask(delivery)
    crew.fault("wecom", "drop_after", "remind_groupmsg_send")
    told = remind(crew, delivery)
    assert (told.outcome, told.left, told.happened) == ("unknown", 2, True)
    assert len(crew.effects("wecom", "reminder")) == 1
    balance(crew.house)


def test_a_reminder_that_surely_did_not_arrive_gives_its_unit_back(crew: Crew) -> None:
    delivery = crew.sent(crew.account("wecom", "customer", 40, confirm="never"), 40)
    crew.ask(delivery)
    crew.fault("wecom", "error", "remind_groupmsg_send", "48002")
    told = remind(crew, delivery)
    assert (told.outcome, told.left) == ("refused", 3)
    assert remind(crew, delivery).outcome == "done"
    balance(crew.house)


def test_nobody_is_reminded_of_what_does_not_wait_is_stopped_or_has_no_such_way(crew: Crew) -> None:
    done = crew.sent(crew.account("wecom", "customer", 40), 40)
    crew.until(done, "state = 'sent'")
    assert remind(crew, done).outcome == "not_waiting"
    moments = crew.sent(crew.account("wecom", "moments", 40, confirm="never"), 40, "moments")
    assert remind(crew, moments).outcome == "no_reminder"
    assert remind(crew, 999_999).outcome == "not_there"
    account = crew.account("wecom", "customer", 40, confirm="never")
    stopped = crew.sent(account, 40)
    crew.house.run("UPDATE accounts SET status = 'stopped' WHERE id = %s", account)
    assert remind(crew, stopped).outcome == "stopped"
    assert crew.effects("wecom", "reminder") == []


def test_after_the_deadline_what_is_unsent_is_stopped_counted_and_said(crew: Crew) -> None:
    account = crew.account("wecom", "customer", 9_000, confirm_share=0.3)
    delivery = crew.sent(account, 900)
    crew.until(delivery, "delivered > 0")
    crew.age(delivery, timedelta(days=7, minutes=1))
    crew.turn()
    counts = crew.counts(delivery)
    assert counts["state"] == "partly_sent" and counts["w"] == counts["u"] == 0
    assert counts["d"] + counts["s"] == 900 and counts["s"] >= 600
    row = crew.house.rows("SELECT code, reason, awaiting_until < now() AS over FROM deliveries WHERE id = %s", delivery)[0]
    assert row["code"] == "expired" and row["over"] and "2 名成员" in row["reason"] and "2 members" in row["reason"]
    assert [p["person"] for p in crew.house.rows(PEOPLE, delivery)] == ["Member0002", "Member0003"]
    crew.patch(account, confirm_share=1.0)
    crew.turn()
    assert sum(e.people for e in crew.effects("wecom", "customer")) == counts["d"], "nobody gets it after it was called off"
    balance(crew.house)


def test_a_campaign_may_give_up_earlier_than_its_channel(crew: Crew) -> None:
    delivery = crew.sent(crew.account("wecom", "customer", 40, confirm="never"), 40, confirm_within="3h")
    crew.ask(delivery)
    until = crew.house.one("SELECT awaiting_until - accepted_at FROM deliveries WHERE id = %s", delivery)
    assert until == timedelta(hours=3)
    crew.age(delivery, timedelta(hours=3, seconds=1))
    crew.turn()
    assert crew.counts(delivery) == {"state": "skipped", "d": 0, "f": 0, "s": 40, "u": 0, "w": 0}
    assert crew.house.one("SELECT code FROM dispatches") == "expired"
    assert len(crew.effects("wecom", "stop")) == 1
    balance(crew.house)


def test_a_deadline_that_passes_while_the_platform_is_silent_is_kept_as_soon_as_it_answers(crew: Crew) -> None:
    delivery = crew.sent(crew.account("wecom", "customer", 40, confirm="never"), 40, confirm_within="1h")
    crew.ask(delivery)
    crew.fault("wecom", "drop_before", "/cgi-bin/", times=0)
    crew.age(delivery, timedelta(hours=2))
    crew.turn()
    assert crew.counts(delivery)["w"] == 40, "nothing is known: still waiting"
    crew.servers["wecom"].stage.faults.clear()
    crew.ask(delivery)
    assert crew.counts(delivery)["s"] == 40


def test_moments_nobody_published_are_stopped_at_the_deadline_as_well(crew: Crew) -> None:
    delivery = crew.sent(crew.account("wecom", "moments", 40, confirm="never"), 40, "moments")
    crew.run(asyncio.sleep(0.4))
    crew.ask(delivery)
    assert [p["people"] for p in crew.house.rows(PEOPLE, delivery)] == [40]
    crew.age(delivery, timedelta(days=7, minutes=1))
    crew.turn()
    assert crew.counts(delivery) == {"state": "skipped", "d": 0, "f": 0, "s": 40, "u": 0, "w": 0}
    balance(crew.house)
