"""The inbox keeps no more than it must, and rules are written with care."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from saas.delivery.inbound.reading import Wanted, keep_days, list_entries, mark_all_read, mark_read
from saas.delivery.inbound.rules import decide_rule, write_rule
from saas.delivery.inbound.wishes import RuleWish
from saas.delivery.scheduling import tidy
from saas.kernel.errors import Conflict, Forbidden, Invalid
from tests.conftest import House
from tests.delivery.inbound.conftest import PERSON, Shop, Write


def states(house: House) -> list[str]:
    return [row["state"] for row in house.rows("SELECT state FROM replies ORDER BY id")]


def test_open_ids_and_words_stand_nowhere_in_the_clear_but_in_the_inbox(house: House, shop: Shop, write: Write) -> None:
    write()
    shop.say("价格是多少")
    with house.within():
        (entry,) = list_entries(house.actor("analyst"), Wanted())
    assert (entry.said, entry.kind, entry.reply, entry.says, len(entry.person)) == ("价格是多少", "text", "done", "请看菜单", 8)
    everything = str(
        house.rows("SELECT i.event, to_jsonb(e) AS e, to_jsonb(r) AS r FROM callback_inbox i, inbox_entries e, replies r")
    )
    assert PERSON not in everything
    assert "多少" not in str(house.rows("SELECT event FROM callback_inbox"))


def test_the_inbox_is_read_by_client_account_kind_and_what_is_new(house: House, shop: Shop) -> None:
    for number in range(3):
        shop.say(f"第 {number} 句")
    shop.push(MsgType="event", Event="subscribe")
    with house.within():
        staff = house.actor("analyst")
        found = list_entries(staff, Wanted())
        assert [entry.kind for entry in found] == ["follow", "text", "text", "text"]
        assert [entry.said for entry in list_entries(staff, Wanted(kind="text"), limit=2)] == ["第 2 句", "第 1 句"]
        assert [entry.said for entry in list_entries(staff, Wanted(kind="text"), before=found[1].id)] == ["第 1 句", "第 0 句"]
        assert list_entries(staff, Wanted(client="Sun")) == list_entries(staff, Wanted(account="x")) == []
        assert mark_read(staff, [found[0].id]) == 1
        assert mark_read(staff, [found[0].id]) == 0
        assert len(list_entries(staff, Wanted(unread=True))) == 3
        assert mark_all_read(staff, Wanted(), found[2].id) == 2
        assert [entry.said for entry in list_entries(staff, Wanted(unread=True))] == ["第 2 句"]
        with pytest.raises(Invalid, match="no such kind"):
            list_entries(staff, Wanted(kind="shout"))
        with pytest.raises(Forbidden):
            list_entries(house.actor("client_approver"), Wanted())


def test_what_is_older_than_the_agency_keeps_goes_and_nothing_younger_does(house: House, shop: Shop, write: Write) -> None:
    write()
    shop.say("价格")
    shop.say("价格二")
    house.as_owner("UPDATE inbox_entries SET at = now() - interval '8 days' WHERE said = '价格'")
    with house.within():
        assert keep_days(house.actor("admin"), 7) == 7
        with pytest.raises(Invalid):
            keep_days(house.actor("admin"), 3)
    house.run("DELETE FROM inbox_entries WHERE said = '价格二'")
    with psycopg.connect(house.database.app_url, autocommit=True) as connection:
        tidy(connection)
    assert house.rows("SELECT said FROM inbox_entries") == [{"said": "价格二"}]
    assert states(house) == ["done"]


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("words", {"words": ()}), ("words", {"words": ("x" * 61,)}), ("name", {"name": " "}), ("priority", {"priority": 1001}),
        ("text", {"says": {"kind": "text", "text": "x" * 601}}), ("says", {"says": {"kind": "video"}}),
        ("url", {"says": {"kind": "link", "title": "a", "url": "http://127.0.0.1/"}}), ("matching", {"matching": "like"}),
        ("campaign", {"says": {"kind": "article", "campaign": 9}}), ("title", {"says": {"kind": "link", "url": "https://www.example.com"}}),
    ],
)  # fmt: skip
def test_a_rule_with_a_fault_names_the_field(house: House, shop: Shop, field: str, change: dict[str, Any]) -> None:
    good = {"client": "Moon", "name": "规则", "occasion": "message", "says": {"kind": "text", "text": "你好"}, "words": ("价格",)}
    with house.within(), pytest.raises(Invalid) as fault:
        write_rule(house.actor("editor"), RuleWish(**{**good, **change}))  # type: ignore[arg-type]
    assert fault.value.field == field


def test_words_that_a_check_blocks_are_not_kept(house: House, shop: Shop) -> None:
    wish = RuleWish("Moon", "规则", "message", {"kind": "text", "text": "我们是全国第一，转发到朋友圈领红包"}, words=("价格",))
    with house.within():
        try:
            assert write_rule(house.actor("editor"), wish).findings
        except Invalid as blocked:
            assert blocked.code == "reply_rule_blocked"
            assert blocked.detail["findings"]


def test_a_rule_stays_with_its_client_and_only_on_channels_that_answer(house: House, shop: Shop, write: Write) -> None:
    made = write()
    house.account("hand", "personal", "assisted")
    house.client("Sun")
    with house.within():
        editor = house.actor("editor")
        with pytest.raises(Conflict, match="stays with"):
            write_rule(editor, RuleWish("Sun", "规则", "message", {"kind": "text", "text": "x"}, words=("x",)), made.id)
        with pytest.raises(Conflict, match="no automatic answers"):
            write_rule(editor, RuleWish("Moon", "规则", "message", {"kind": "text", "text": "x"}, account="hand", words=("x",)))
        with pytest.raises(Conflict, match="changed meanwhile"):
            decide_rule(house.actor("reviewer"), made.id, "0" * 64, True)
        for role in ("analyst", "reviewer", "client_viewer"):
            with pytest.raises(Forbidden):
                write_rule(house.actor(role), RuleWish("Moon", "规则", "follow", {"kind": "text", "text": "x"}))
