"""What befell a send: a reprint as the platform tells it, a fold as a person saw it, in every report and marked as what it is."""

from __future__ import annotations

import asyncio
import io
import json
from typing import Any

import pytest

from saas.delivery import news
from saas.kernel.errors import Conflict, Invalid, NotFound, Problem
from saas.kernel.pool import Pool
from saas.kernel.settings import settings
from saas.reports.evidence.extract import Wanted, extract
from saas.reports.evidence.verify import check_archive
from saas.reports.exports import sheets
from saas.reports.exports.plain import plain
from saas.reports.exports.tables import incidents
from saas.reports.mishaps.service import enter_mishap, incidents_of, withdraw_mishap
from saas.reports.periods.service import account_report, campaign_in_full, client_report, today
from saas.reports.periods.spans import around
from tests.conftest import House


def sent(house: House, account: str, out: bool = True) -> tuple[int, int]:
    """A campaign that one account has sent to ten people; its number and its dispatch's."""
    campaign = house.campaign()
    dispatch = house.dispatch(campaign, house.account(account, client="Moon"), rows=1, people=10)
    house.as_owner("UPDATE campaigns SET released_at = due_at WHERE id = %s", campaign)
    if out:
        house.as_owner("UPDATE deliveries SET state = 'sent', accepted = 10, delivered = 10 WHERE dispatch_id = %s", dispatch)
    return campaign, dispatch


async def tell(house: House, dispatch: int, **figures: int) -> None:
    """What a push brings."""
    pool = Pool(settings().database_url, 1)
    await pool.open()
    try:
        async with pool.tenant(house.tenant) as connection:
            await news.figures(connection, dispatch, figures, "callback")
    finally:
        await pool.close()


def forms(house: House, campaign: int, account: str) -> list[list[dict[str, Any]]]:
    """The incidents of the campaign's, the account's and the client's report, and of the page's list."""
    with house.within():
        actor, span = house.actor("editor"), around("month", today())
        client = house.one("SELECT id FROM clients WHERE name = 'Moon'")
        reports = campaign_in_full(actor, campaign), account_report(actor, account, span), client_report(actor, client, span)
        found = [plain(report, "zh")["incidents"] for report in reports]
        rows = b"".join(sheets.csv_bytes(incidents(reports[0], 0))).decode("utf-8-sig").splitlines()
        assert len(rows) == len(found[0]) + 1 and all(one["reason"] in row for one, row in zip(found[0], rows[1:], strict=True))
        listed = incidents_of(actor, campaign)
    assert [(one.kind, one.reason[0]) for one in listed] == [(one["kind"], one["reason"]) for one in found[0]]
    return found


def test_a_fold_that_a_person_saw_stands_in_every_report_marked_as_that(house: House) -> None:
    campaign, _ = sent(house, "one")
    with house.within():
        number = enter_mishap(house.actor("editor"), campaign, "one", "folded", " 客户的截图 ")
    for found in forms(house, campaign, "one"):
        (only,) = found
        assert (only["kind"], only["source"], only["people"], only["reason"]) == ("folded", "hand", 10, "人工登记：客户的截图")
        assert only["entry"] == number
    with house.within():
        withdraw_mishap(house.actor("editor"), number)
        with pytest.raises(NotFound):
            withdraw_mishap(house.actor("editor"), number)
    assert forms(house, campaign, "one") == [[], [], []]
    actions = house.rows("SELECT action FROM audit_log WHERE action LIKE 'incidents.%%' ORDER BY id")
    assert [row["action"] for row in actions] == ["incidents.enter", "incidents.withdraw"]


def test_where_the_platform_tells_of_a_reprint_its_word_stands(house: House) -> None:
    campaign, dispatch = sent(house, "one")
    with house.within():
        enter_mishap(house.actor("editor"), campaign, "one", "reprint", "console")
    assert forms(house, campaign, "one")[0][0]["source"] == "hand"
    asyncio.run(tell(house, dispatch, reprints=2))
    for found in forms(house, campaign, "one"):
        assert [(one["kind"], one["source"], one["reason"]) for one in found] == [("reprint", "callback", "平台判定 2 篇为转载")]


def test_the_evidence_holds_what_was_entered_and_withdrawn(house: House) -> None:
    campaign, _ = sent(house, "one")
    out = io.BytesIO()
    with house.within():
        number = enter_mishap(house.actor("editor"), campaign, "one", "folded", "seen")
        withdraw_mishap(house.actor("editor"), number)
        extract(house.actor("editor"), Wanted(campaign=campaign), out)
    assert check_archive(io.BytesIO(out.getvalue()))
    (line,) = [json.loads(line)["record"] for line in out.getvalue().splitlines() if b'"kind":"incident"' in line]
    assert (line["what"], line["note"]) == ("folded", "seen") and line["withdrawn_at"]


@pytest.mark.parametrize(
    ("account", "kind", "note", "fault"),
    [
        ("one", "stolen", "x", Invalid),
        ("one", "folded", " ", Invalid),
        ("one", "folded", "x" * 201, Invalid),
        ("nobody", "folded", "x", NotFound),
    ],
)
def test_what_cannot_be_so_is_refused(house: House, account: str, kind: str, note: str, fault: type[Problem]) -> None:
    campaign, _ = sent(house, "one")
    with house.within(), pytest.raises(fault):
        enter_mishap(house.actor("editor"), campaign, account, kind, note)


def test_what_is_not_out_cannot_be_folded_and_nothing_twice(house: House) -> None:
    unsent, _ = sent(house, "one", out=False)
    campaign, _ = sent(house, "two")
    with house.within():
        with pytest.raises(Conflict):
            enter_mishap(house.actor("editor"), unsent, "one", "folded", "x")
        enter_mishap(house.actor("editor"), campaign, "two", "folded", "x")
        with pytest.raises(Conflict) as twice:
            enter_mishap(house.actor("editor"), campaign, "two", "folded", "x")
    assert twice.value.code == "entered_already"


def test_what_a_platform_does_not_tell_is_said_and_not_zero(house: House) -> None:
    campaign, _ = sent(house, "one")
    with house.within():
        report = campaign_in_full(house.actor("editor"), campaign)
    assert any("1 个账号没有关注总数" in zh for zh, _ in report.untold)
    assert report.measures["opened"].value is None and report.measures["followers"].value is None
