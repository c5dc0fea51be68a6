"""What people do on an Official Account: answered once, in the answer to the push, and only as two people signed it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from saas.accounts.credentials import seal
from saas.accounts.models import Account
from saas.delivery.inbound.rules import decide_rule, list_rules, remove_rule, turn_rule, write_rule
from saas.delivery.inbound.wishes import RuleWish
from saas.kernel.database import transaction
from saas.kernel.errors import Forbidden, NotFound
from saas.kernel.sealing import Sealer
from saas.kernel.settings import settings
from tests.conftest import House
from tests.delivery.inbound.conftest import PERSON, Shop, Write


def states(house: House) -> list[str]:
    return [row["state"] for row in house.rows("SELECT state FROM replies ORDER BY id")]


def test_a_keyword_is_answered_in_the_answer_to_the_push(house: House, shop: Shop, write: Write) -> None:
    write()
    seen = shop.say("想问价格")
    assert (seen["MsgType"], seen["Content"], seen["ToUserName"]) == ("text", "请看菜单", PERSON)
    assert seen["FromUserName"] == shop.record["gh_id"]
    assert states(house) == ["done"]
    assert shop.say("你好") == {}


@pytest.mark.parametrize(("mode", "form"), [("plain", "xml"), ("plain", "json"), ("safe", "json")])
def test_the_answer_has_the_form_and_the_seal_of_the_push(house: House, shop: Shop, write: Write, mode: str, form: str) -> None:
    write(says={"kind": "link", "title": "价格表 ]]>", "url": "https://www.example.com/a?b=1&c=2", "description": "今日"})
    if mode == "plain":
        shop.record["push_mode"] = mode
        with house.within(), transaction() as session:
            row = session.get_one(Account, shop.id)
            keys = {"app_id": shop.app_id, "callback_token": shop.record["callback_token"]}
            row.credentials = seal(Sealer(settings().encryption_keys), house.tenant, row.id, keys)
    seen = shop.say("价格", form=form)
    assert seen["MsgType"] == "news"
    assert seen["Articles"]["item"]["Title"] == "价格表 ]]>"
    assert seen["Articles"]["item"]["Url"] == "https://www.example.com/a?b=1&c=2"


def test_check_39_a_push_that_comes_again_is_kept_once_and_answered_once(house: House, shop: Shop, write: Write) -> None:
    write()
    assert [bool(shop.say("价格", "77")) for _ in range(3)] == [True, False, False]
    assert house.one("SELECT count(*) FROM inbox_entries") == 1
    assert states(house) == ["done"]


def test_check_06_a_push_from_eight_sides_at_once_is_answered_once(house: House, shop: Shop, write: Write) -> None:
    write()
    with ThreadPoolExecutor(8) as hands:
        answers = list(hands.map(lambda _: bool(shop.say("价格", "78")), range(8)))
    assert sorted(answers) == [False] * 7 + [True]


def test_a_push_is_answered_once_even_when_its_stored_copy_is_long_gone(house: House, shop: Shop, write: Write) -> None:
    write()
    assert shop.say("价格", "79")
    house.as_owner("DELETE FROM callback_inbox")
    assert shop.say("价格", "79") == {}


def test_check_15_what_nobody_else_has_signed_is_never_said(house: House, shop: Shop, write: Write) -> None:
    made = write(signed=False)
    assert shop.say("价格") == {}
    with house.within():
        decide_rule(house.actor("reviewer"), made.id, made.digest, True)
    assert shop.say("价格")
    with house.within():
        changed = RuleWish("Moon", "规则", "message", {"kind": "text", "text": "新价格"}, words=("价格",))
        assert write_rule(house.actor("editor"), changed, made.id).state == "awaiting"
    assert shop.say("价格") == {}


def test_check_15_an_approval_that_was_taken_back_holds_at_once(house: House, shop: Shop, write: Write) -> None:
    made = write()
    with house.within():
        assert decide_rule(house.actor("admin"), made.id, made.digest, False, "已过期").state == "rejected"
    assert shop.say("价格") == {}


def test_nobody_approves_a_rule_of_their_own_not_even_past_the_service(house: House, write: Write) -> None:
    with house.within():
        wish = RuleWish("Moon", "规则", "message", {"kind": "text", "text": "你好"}, words=("价格",))
        own = write_rule(house.actor("admin"), wish)
        with pytest.raises(Forbidden, match="of your own"):
            decide_rule(house.actor("admin"), own.id, own.digest, True)
    word = "INSERT INTO reply_rule_words (rule_id, digest, word, member_id) VALUES (%s, %s, 'approve', %s)"
    for role in ("admin", "editor", "client_approver"):
        with pytest.raises(psycopg.errors.CheckViolation):
            house.run(word, own.id, own.digest, house.members[role])
    with pytest.raises(psycopg.errors.CheckViolation, match="something else"):
        house.run(word, own.id, "0" * 64, house.members["reviewer"])


def test_the_database_lets_no_unsigned_answer_be_written_and_none_be_changed(house: House, shop: Shop, write: Write) -> None:
    made = write(signed=False)
    shop.say("价格")
    answer = (
        "INSERT INTO replies (entry_id, account_id, rule_id, digest, message, made_at, until)"
        " SELECT e.id, e.account_id, %s, %s, '{}', now(), now() + interval '1 hour' FROM inbox_entries e"
    )
    with pytest.raises(psycopg.errors.CheckViolation, match="second person"):
        house.run(answer, made.id, made.digest)
    for statement in (
        "UPDATE reply_rules SET digest = repeat('0', 64)", "DELETE FROM reply_rules",
        "UPDATE reply_rule_words SET word = 'approve'",
        "DELETE FROM reply_rule_words", "DELETE FROM replies",
        "UPDATE replies SET message = '{}'", "UPDATE inbox_entries SET said = ''",
    ):  # fmt: skip
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            house.run(statement)


def test_an_answer_that_was_given_cannot_be_given_again(house: House, shop: Shop, write: Write) -> None:
    write()
    shop.say("价格")
    for state in ("due", "calling"):
        with pytest.raises(psycopg.errors.CheckViolation):
            house.run("UPDATE replies SET state = %s", state)


def test_who_follows_is_greeted_who_leaves_is_not(house: House, shop: Shop, write: Write) -> None:
    write((), "欢迎", occasion="follow")
    assert shop.opened(shop.push(MsgType="event", Event="subscribe"))["Content"] == "欢迎"
    assert shop.opened(shop.push(MsgType="event", Event="unsubscribe")) == {}
    assert [row["kind"] for row in house.rows("SELECT kind FROM inbox_entries ORDER BY id")] == ["follow", "unfollow"]


def test_a_menus_key_is_answered_and_an_address_that_was_opened_is_not(house: House, shop: Shop, write: Write) -> None:
    write(("MENU_PRICE",), matching="exact")
    assert shop.opened(shop.push(MsgType="event", Event="CLICK", EventKey="MENU_PRICE"))["Content"] == "请看菜单"
    write((), "没听懂", occasion="fallback")
    assert shop.opened(shop.push(MsgType="event", Event="VIEW", EventKey="https://www.example.com")) == {}
    assert shop.opened(shop.push(MsgType="image", PicUrl="https://x.example/1", MediaId="m", MsgId="5"))["Content"] == "没听懂"


def test_an_article_is_the_one_that_a_campaign_put_out_on_this_account(house: House, shop: Shop, write: Write) -> None:
    campaign = house.campaign()
    house.as_owner("UPDATE campaigns SET kind = 'articles', released_at = now() WHERE id = %s", campaign)
    article = '{"kind": "articles", "articles": [{"title": "春茶上新", "digest": "明前", "html": "<p>x</p>"}]}'
    house.as_owner(
        "WITH d AS (INSERT INTO dispatches (campaign_id, account_id, route, message, repeat_by, repeat_seconds)"
        " VALUES (%s, %s, 'mass', %s::jsonb, 'key', 60) RETURNING id)"
        " INSERT INTO deliveries (campaign_id, dispatch_id, account_id, target, form, people)"
        " SELECT %s, id, %s, 'all', 'all', 1 FROM d",
        campaign, shop.id, article, campaign, shop.id,
    )  # fmt: skip
    write(says={"kind": "article", "campaign": campaign})
    assert shop.say("价格") == {}, "it never went out here"
    receipt = '{"article_url": "https://mp.weixin.qq.com/s/1"}'
    house.as_owner(
        "UPDATE deliveries SET state = 'sent', accepted = 1, delivered = 1, accepted_at = now(), receipt = %s::jsonb", receipt
    )
    seen = shop.say("价格")["Articles"]["item"]
    assert (seen["Title"], seen["Url"]) == ("春茶上新", "https://mp.weixin.qq.com/s/1")


def test_check_12_one_person_is_answered_no_more_than_the_cap_allows(house: House, shop: Shop, write: Write) -> None:
    write()
    assert sum(bool(shop.say("价格")) for _ in range(9)) == 6
    assert states(house) == ["done"] * 6 + ["refused"] * 3
    assert bool(shop.say("价格", FromUserName="oAnotherOpenIdOf28Characters")) is True


@pytest.mark.parametrize("stop", ["account", "off", "turned", "removed"])
def test_what_is_stopped_turned_off_or_removed_answers_nobody(house: House, shop: Shop, write: Write, stop: str) -> None:
    made = write()
    with house.within():
        editor = house.actor("editor")
        if stop == "turned":
            assert turn_rule(editor, made.id, False).is_on is False
        elif stop == "removed":
            remove_rule(editor, made.id)
            assert list_rules(editor) == []
            with pytest.raises(NotFound):
                remove_rule(editor, made.id)
    if stop == "account":
        house.run("UPDATE accounts SET status = 'stopped'")
    elif stop == "off":
        house.run("UPDATE clients SET stopped_at = now()")
    assert shop.say("价格") == {}
    assert "done" not in states(house)
