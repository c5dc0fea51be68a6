"""What a report shows of a campaign's receipts and troubles: sums where there are many rows, the rows themselves where few."""

from __future__ import annotations

from sqlalchemy import event

from saas.kernel.database import db
from saas.reports import receipts
from saas.reports.listing import list_campaigns
from saas.reports.service import campaign_report
from tests.conftest import House

MANY = receipts.LOOKED_AT + 50


def stage(house: House, rows: int, people: int = 1) -> int:
    campaign = house.campaign()
    house.dispatch(campaign, house.account(f"a{campaign}"), rows=rows, people=people)
    return campaign


def send(house: House, campaign: int, where: str = "true") -> None:
    house.as_owner(
        "UPDATE deliveries SET state = 'sent', accepted = people, delivered = people, receipt = jsonb_build_object('id', target)"
        f" WHERE campaign_id = %s AND {where}",
        campaign,
    )


def fail(house: House, campaign: int, where: str) -> None:
    house.as_owner(
        "UPDATE deliveries SET state = 'failed', failed = people, code = '43004', reason = 'left'"
        f" WHERE campaign_id = %s AND {where}",
        campaign,
    )


def test_a_few_receipts_are_shown_and_counted(house: House) -> None:
    campaign = stage(house, 5)
    send(house, campaign, "target < 'r00004'")
    with house.within():
        account = campaign_report(house.actor("editor"), campaign).accounts[0]
    assert account.receipts_total == 3
    assert [receipt["id"] for receipt in account.receipts] == ["r00001", "r00002", "r00003"]


def test_of_many_receipts_some_are_shown_and_all_are_counted(house: House) -> None:
    campaign = stage(house, MANY)
    send(house, campaign)
    with house.within():
        account = campaign_report(house.actor("editor"), campaign).accounts[0]
    assert (account.receipts_total, len(account.receipts)) == (MANY, receipts.MOST)


def test_receipts_of_batches_are_counted_by_batch_not_by_person(house: House) -> None:
    campaign = stage(house, 30, people=100)
    send(house, campaign)
    with house.within():
        assert campaign_report(house.actor("editor"), campaign).accounts[0].receipts_total == 30


def test_one_failure_behind_many_rows_still_gives_its_reason(house: House) -> None:
    campaign = stage(house, MANY)
    fail(house, campaign, f"target = 'r{MANY:05d}'")
    send(house, campaign, "state = 'due'")
    with house.within():
        account = campaign_report(house.actor("editor"), campaign).accounts[0]
    assert (account.failed, account.code, account.reason) == (1, "43004", "left")


def test_the_list_sums_up_each_campaign_with_one_question(house: House) -> None:
    campaigns = [stage(house, rows) for rows in (3, 2)]
    house.campaign(state="awaiting_approval")
    send(house, campaigns[0], "target = 'r00001'")
    asked = list[str]()
    with house.within():
        actor = house.actor("editor")
        note = lambda conn, cursor, statement, *_: asked.append(statement)  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", note)
        rows = list_campaigns(actor)
        event.remove(db.engine, "before_cursor_execute", note)
        older = list_campaigns(actor, before=campaigns[1])
    assert len([statement for statement in asked if "campaigns" in statement]) == 1
    assert [row.accounts for row in rows] == [0, 1, 1]
    assert [(row.id, row.totals["intended"], row.totals["delivered"]) for row in rows[1:]] == [
        (campaigns[1], 2, 0),
        (campaigns[0], 3, 1),
    ]
    assert [row.id for row in older] == [campaigns[0]]


def test_a_clients_user_sees_own_accounts_alone_in_the_list(house: House) -> None:
    campaign = stage(house, 3)
    house.dispatch(campaign, house.account("other", client="Sun"), rows=2)
    foreign = house.campaign()
    house.dispatch(foreign, house.account("foreign", client="Sun"), rows=2)
    with house.within():
        rows = list_campaigns(house.actor("client_viewer"))
    assert [(row.id, row.accounts, row.totals["intended"]) for row in rows] == [(campaign, 1, 3)]
