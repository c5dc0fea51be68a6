"""The sign-off sheet names everything that was signed, as text and never as markup, on numbered pages."""

from __future__ import annotations

import io
import json

import pytest
from pypdf import PdfReader

from saas.campaigns.approving import approve, reject
from saas.campaigns.commenting import Place, comment
from saas.campaigns.passing import let_pass
from saas.kernel.errors import Forbidden, NotFound
from saas.reports.signoff import sign_off, sign_off_pages
from tests.review.conftest import WARNING, Desk, version
from tests.review.conftest import desk as desk

EVIL = '#panic("x") $ *bold* \\ ] #sys.inputs @ref <label> `code`'


def signed(desk: Desk) -> int:
    """A campaign in its second version, with every kind of line on its sheet."""
    desk.flow("first", "final", "client", reasons=True)
    first = desk.campaign()
    with desk.house.within():
        approve(desk.house.actor("ann"), first, desk.digest(first), "第一版可以")
    fresh = version(desk, first, "换一个问候。" + EVIL)
    desk.house.run(
        "INSERT INTO checks (campaign_id, digest, findings) SELECT id, digest, %s::jsonb FROM campaigns WHERE id = %s",
        json.dumps([WARNING, {**WARNING, "severity": "note", "where": EVIL}]), fresh,
    )  # fmt: skip
    with desk.house.within():
        comment(desk.house.actor("ben"), fresh, EVIL, Place("one", "text", "问候", 0))
        approve(desk.house.actor("ben"), fresh, desk.digest(fresh), EVIL)
        let_pass(desk.house.actor("cem"), fresh, None, "客户有获奖证书")
        approve(desk.house.actor("cem"), fresh, desk.digest(fresh))
        reject(desk.house.actor("client_approver"), fresh, desk.digest(fresh), "时间要改")
    return fresh


def test_check_40_the_sheet_says_who_signed_what_and_nothing_of_it_is_markup(desk: Desk) -> None:
    campaign = signed(desk)
    with desk.house.within():
        made = sign_off(desk.house.actor("analyst"), campaign)
    read = PdfReader(io.BytesIO(made.content))
    found = "".join(page.extract_text() for page in read.pages).replace("\n", "").replace("\u200b", "")
    for words in (
        "三审三校签发单",
        "初审",
        "终审",
        "客户确认",
        "ben",
        "cem",
        "客户有获奖证书",
        "时间要改",
        "第一版可以",
        '#panic("x")',
    ):
        assert words in found, words
    assert desk.digest(campaign) in found
    assert f"共 {len(read.pages)} 页" in found
    assert made.name == f"signoff-{campaign}.pdf"


def test_the_pages_can_be_looked_at(desk: Desk) -> None:
    campaign = signed(desk)
    with desk.house.within():
        pictures = sign_off_pages(desk.house.actor("owner"), campaign)
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)


def test_a_clients_user_and_another_agency_get_no_sheet(desk: Desk) -> None:
    campaign = desk.campaign()
    with desk.house.within():
        with pytest.raises(Forbidden):
            sign_off(desk.house.actor("client_approver"), campaign)
        with pytest.raises(NotFound):
            sign_off(desk.house.actor("owner"), campaign + 1)
