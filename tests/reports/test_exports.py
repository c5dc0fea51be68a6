"""Files of reports: no formula, no markup, logos drawn anew, the agency's look or the client's."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image
from pypdf import PdfReader

from saas.accounts.models import Account
from saas.delivery.quota import account_caps
from saas.kernel.clock import now
from saas.kernel.database import db
from saas.kernel.errors import Forbidden, Invalid, NotFound
from saas.reports.charts.marks import COLOURS
from saas.reports.definitions import DEFINITIONS
from saas.reports.exports import paper, sheets, targets
from saas.reports.exports.branding import COLOUR, Branding, branding, drawn_anew, own_branding, set_branding
from saas.reports.exports.pictures import pictures
from saas.reports.exports.tables import Table, Value
from saas.reports.periods.report import CapLine
from saas.reports.periods.service import agency_report, campaign_in_full
from saas.reports.periods.spans import around
from tests.conftest import House

EVIL = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", '=HYPERLINK("http://x")']


def picture(kind: str = "PNG", size: tuple[int, int] = (1200, 300), **how: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#cc3300").save(out, kind, **how)
    return out.getvalue()


def test_check_40_texts_stay_texts_in_a_workbook() -> None:
    out = io.BytesIO()
    sheets.excel([Table("名", ["=HEAD()"], [[text] for text in EVIL])], out)
    with zipfile.ZipFile(out) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert sheet.count('t="inlineStr"') == len(EVIL) + 1
        assert not [name for name in book.namelist() if "externalLink" in name or "hyperlink" in name.lower()]


def test_check_40_texts_of_a_csv_begin_no_formula() -> None:
    text = b"".join(sheets.csv_bytes(Table("x", ["=HEAD()"], [[evil, -5] for evil in EVIL]))).decode("utf-8-sig")
    assert text.splitlines()[0] == "'=HEAD()"
    assert [sheets.safe(evil)[0] for evil in EVIL] == ["'"] * len(EVIL)
    assert ",-5" in text, "a number stays a number"
    assert sheets.safe("plain = fine") == "plain = fine"


def test_headers_are_frozen_and_a_full_sheet_goes_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 10)
    out = io.BytesIO()
    sheets.excel([Table("明细", ["n"], ([n] for n in range(25)))], out)
    with zipfile.ZipFile(out) as book:
        parts = [book.read(f"xl/worksheets/sheet{n}.xml").decode() for n in (1, 2, 3)]
    assert [part.count("<row ") for part in parts] == [11, 11, 6]
    assert all('state="frozen"' in part for part in parts)


def test_rows_are_taken_one_by_one_and_not_kept() -> None:
    alive: list[int] = []

    class Seen(list[Value]):
        def __init__(self, values: Sequence[Value]) -> None:
            super().__init__(values)
            alive.append(1)

        def __del__(self) -> None:
            alive.pop()

    most = 0

    def rows() -> Iterator[Seen]:
        nonlocal most
        for n in range(500):
            most = max(most, len(alive))
            yield Seen([n, "x"])

    sheets.excel([Table("x", ["a", "b"], rows())], io.BytesIO())
    assert most < 5


def test_a_logo_is_drawn_anew_and_small_enough() -> None:
    hidden = picture("JPEG", comment=b"secret comment")
    assert b"secret" in hidden
    made = drawn_anew(hidden)
    assert made.startswith(b"\x89PNG") and b"secret" not in made
    with Image.open(io.BytesIO(made)) as shown:
        assert shown.width <= 600 and shown.height <= 240


@pytest.mark.parametrize(
    "upload",
    [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", picture()[:200], b"GIF89a" + bytes(50), bytes(1_000_000)],
)
def test_check_37_what_is_no_logo_is_refused(upload: bytes) -> None:
    with pytest.raises(Invalid) as told:
        drawn_anew(upload)
    assert told.value.code == "logo_type"


def test_check_37_a_picture_that_unpacks_to_too_much_is_refused() -> None:
    with pytest.raises(Invalid):
        drawn_anew(picture(size=(9000, 9000)))


def test_a_client_bears_its_own_look_and_else_the_agencys(house: House) -> None:
    moon, sun = house.client("Moon"), house.client("Sun")
    with house.within():
        owner = house.actor("owner")
        assert branding(moon) == Branding(COLOUR, "", b"")
        set_branding(owner, None, "#112233", "某某代运营", picture())
        set_branding(owner, moon, "#AABBCC", "", None)
        assert (branding(moon).colour, branding(moon).footer) == ("#aabbcc", "某某代运营")
        assert branding(moon).logo == branding(sun).logo != b""
        assert branding(sun).colour == "#112233"
        set_branding(owner, None, "#112233", "", None)
        assert own_branding(owner, None).logo, "what is not given stays"
        set_branding(owner, None, "#112233", "", b"")
        assert own_branding(owner, None).logo == b""


def test_only_admins_set_how_reports_look_and_faults_are_told(house: House) -> None:
    with house.within():
        with pytest.raises(Forbidden):
            set_branding(house.actor("editor"), None, "", "", None)
        for colour, footer in (("red", ""), ("#12345g", ""), ("", "长" * 121)):
            with pytest.raises(Invalid):
                set_branding(house.actor("admin"), None, colour, footer, None)
        with pytest.raises(NotFound):
            set_branding(house.actor("admin"), 999, "", "", None)


def test_a_pdf_bears_logo_colour_and_names_as_they_are(house: House) -> None:
    campaign = house.campaign()
    house.dispatch(campaign, house.account("one"), rows=3)
    house.as_owner("UPDATE campaigns SET released_at = now(), name = '#panic() *x*' WHERE id = %s", campaign)
    house.as_owner("UPDATE deliveries SET state = 'sent', accepted = 1, delivered = 1")
    with house.within():
        actor = house.actor("owner")
        report = campaign_in_full(actor, campaign)
        again = replace(report, heads=["ab" * 32])
        made = paper.pdf(again, Branding("#112233", "某某代运营", drawn_anew(picture())), "zh")
        english = paper.pdf(report, Branding(), "en")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages)
    assert "#panic() *x*" in text and "某某代运营" in text and "ab" * 32 in text and "发送 1 次" in text
    assert "跳过人数" in text and "目标群数" not in text, "who sends to no group reads nothing of groups"
    assert len([page for page in PdfReader(io.BytesIO(made)).pages if page.images]) >= 1
    assert "Main figures" in "".join(page.extract_text() for page in PdfReader(io.BytesIO(english)).pages)


def test_who_waits_for_a_person_has_a_segment_and_a_colour_of_its_own(house: House) -> None:
    campaign = house.campaign()
    house.dispatch(campaign, house.account("one"), rows=3)
    house.as_owner("UPDATE campaigns SET released_at = now() WHERE id = %s", campaign)
    house.as_owner("UPDATE deliveries SET state = 'awaiting', accepted = 1, awaiting = 1")
    with house.within():
        report = campaign_in_full(house.actor("owner"), campaign)
    chart = pictures(report, "zh")["outcomes"]
    assert list(chart.rows[0]) == ["one", "0", "0", "0", "0", "3"] and chart.header[-1] == DEFINITIONS["awaiting"].title[0]
    assert 'class="c5"' in chart.svg and COLOURS[4] in chart.svg
    assert "3 人等人操作" in report.conclusion[0] and "delivery" not in report.sends[0].rates


def test_what_a_chart_or_a_table_on_paper_leaves_out_is_said(house: House) -> None:
    campaign = house.campaign()
    dispatch = house.dispatch(campaign, house.account("one"), rows=1)
    house.as_owner("UPDATE campaigns SET released_at = now(), due_at = now() - interval '4 days' WHERE id = %s", campaign)
    house.as_owner("UPDATE deliveries SET state = 'sent', accepted = 1, delivered = 1")
    house.run("INSERT INTO figures (dispatch_id, name, value, source) VALUES (%s, 'opened', 1, 'statistics')", dispatch)
    cap = CapLine("one", "one", "day", ("每日", "a day"), "call", 1, 0, 1, 0, "")
    with house.within():
        few = replace(campaign_in_full(house.actor("owner"), campaign), caps=[cap])
        many = replace(few, accounts=few.accounts * 201, caps=[cap] * 125)
        notes = [[one["note"] for one in paper.values(report, Branding(), "zh")["tables"]] for report in (few, many)]
    assert [note for note in notes[0] if "另有" in note] == []
    assert [note.rpartition("；")[2] for note in notes[1] if "另有" in note] == ["另有 1 行，见 Excel", "另有 5 行，见 Excel"]
    titles = [{pictures(report, "zh")[name].title for name in ("outcomes", "rates")} for report in (few, many)]
    assert titles[0] == {"各账号的去向", "各账号打开率"}
    assert titles[1] == {f"{title}（送达最多的 12 个）" for title in titles[0]}


def test_a_cap_of_an_hour_is_pace_and_stands_in_no_report(house: House) -> None:
    campaign = house.campaign()
    account = house.account("chats", "wecom", "appchat", largest_chat="100")
    house.dispatch(campaign, account, rows=1)
    house.as_owner("UPDATE campaigns SET released_at = due_at WHERE id = %s", campaign)
    with house.within():
        caps = {cap.name: cap.amount for cap in account_caps(db.session.get_one(Account, account), now())}
        assert "appchat_hour" in caps
        for name, amount in caps.items():
            house.run(
                "INSERT INTO quota_windows (account_id, rule, starts_at, ends_at, cap, used)"
                " VALUES (%s, %s, now() - interval '1 minute', now() + interval '1 minute', %s, 1)",
                account,
                name,
                amount,
            )
        told = campaign_in_full(house.actor("owner"), campaign).caps
    assert [cap.rule for cap in told] == [name for name in caps if name != "appchat_hour"]


def test_a_month_without_a_send_is_still_a_report(house: House) -> None:
    with house.within():
        report = agency_report(house.actor("owner"), around("month", house.one("SELECT current_date")))
        assert report.conclusion[0] == "这段时间没有发送"
        assert paper.pdf(report, Branding(), "zh").startswith(b"%PDF")
    assert report.measures["open"].value is None
    assert not report.measures["delivered"].value


def test_every_delivery_of_a_campaign_stands_in_its_workbook_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "AT_ONCE", 7)
    campaign = house.campaign()
    for key in ("one", "two"):
        house.dispatch(campaign, house.account(key), rows=30)
    house.as_owner("UPDATE campaigns SET released_at = now() WHERE id = %s", campaign)
    with house.within():
        rows = list(targets.deliveries(campaign_in_full(house.actor("owner"), campaign).sends, 0).rows)
    assert len(rows) == 60
    assert {(row[0], row[1]) for row in rows} == {(key, f"r{n:05d}") for key in ("one", "two") for n in range(1, 31)}
