"""What the platform pushes: verified, read, and refused when it is not the platform's."""

import json
import time
from pathlib import Path

import pytest

from qunfa_official_account import plugin
from qunfa_official_account.crypto import seal, signature
from qunfa_official_account.simulator.pushes import envelope, rendered
from saas.channels import Account, CallbackRequest, Inbound, Message, Progressed, Receipt, TargetChanged

TOKEN, KEY, APP_ID, GH = "token-of-the-account", "B" * 43, "wx0123456789abcdef", "gh_0123456789ab"
RECORD = {"callback_token": TOKEN, "aes_key": KEY, "gh_id": GH}
CREDENTIALS = {"app_id": APP_ID, "callback_token": TOKEN, "aes_key": KEY}
SEALED = Account(1, "a", "official_account", "service", "A", CREDENTIALS, {"gh_id": GH})
PLAIN = Account(1, "a", "official_account", "service", "A", {**CREDENTIALS, "aes_key": ""}, {"gh_id": GH})
OPENID = "oV5CrjpxgaGXNHIQigzNlgLTnwic"
JOB = {
    "ToUserName": GH,
    "FromUserName": "mphelper",
    "CreateTime": 1481013459,
    "MsgType": "event",
    "Event": "MASSSENDJOBFINISH",
    "MsgID": 1000001625,
    "Status": "send success",
    "TotalCount": 296,
    "FilterCount": 295,
    "SentCount": 294,
    "ErrorCount": 1,
}


def pushed(fields, mode="safe", form="xml", app_id=APP_ID):
    query, body = envelope({**RECORD, "push_mode": mode}, app_id, rendered({"ToUserName": GH, **fields}, form), form)
    return CallbackRequest("POST", query, {}, body, time.time())


def sealed_text(text):
    stamp, sealed = str(int(time.time())), seal(KEY, APP_ID, text.encode(), b"r" * 16)
    query = {"timestamp": stamp, "nonce": "1", "msg_signature": signature(TOKEN, stamp, "1", sealed)}
    return CallbackRequest("POST", query, {}, rendered({"Encrypt": sealed}, "xml"), time.time())


def plain_text(text, now=None):
    stamp = str(int(now or time.time()))
    query = {"timestamp": stamp, "nonce": "1", "signature": signature(TOKEN, stamp, "1")}
    return CallbackRequest("POST", query, {}, text.encode(), time.time())


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize(("account", "mode"), [(SEALED, "safe"), (PLAIN, "plain")])
def test_a_finished_job_is_read_in_every_mode(account, mode, form):
    reply = plugin.callback(account, pushed(JOB, mode, form))
    assert (reply.status, reply.body) == (200, b"success")
    (event,) = reply.events
    assert isinstance(event, Progressed) and (event.id_name, event.id_value) == ("msg_id", "1000001625")
    told = event.progress
    assert (told.delivered, told.failed, told.skipped, told.final) == (294, 1, 1, True)


def test_the_url_check_is_answered_with_the_echo():
    stamp = str(int(time.time()))
    query = {"signature": signature(TOKEN, stamp, "7"), "timestamp": stamp, "nonce": "7", "echostr": "4375120948345356249"}
    reply = plugin.callback(SEALED, CallbackRequest("GET", query, {}, b"", time.time()))
    assert (reply.status, reply.body) == (200, b"4375120948345356249")
    wrong = plugin.callback(SEALED, CallbackRequest("GET", {**query, "signature": "0" * 40}, {}, b"", time.time()))
    assert (wrong.status, wrong.events) == (403, ())


def test_a_wrong_signature_is_refused():
    request = pushed(JOB)
    for name in ("msg_signature", "timestamp", "nonce"):
        broken = CallbackRequest("POST", {**request.query, name: "1"}, {}, request.body, request.now)
        assert plugin.callback(SEALED, broken).status == 403
    missing = CallbackRequest("POST", {}, {}, request.body, request.now)
    assert plugin.callback(SEALED, missing).status == 403


def test_a_push_for_another_app_id_or_another_original_id_is_refused():
    assert plugin.callback(SEALED, pushed(JOB, app_id="wxffffffffffffffff")).status == 403
    assert plugin.callback(SEALED, pushed({**JOB, "ToUserName": "gh_other"})).status == 403


@pytest.mark.parametrize("age", [-301, 301, 86_400])
def test_a_stale_time_stamp_is_refused(age):
    request = pushed(JOB)
    late = CallbackRequest("POST", request.query, {}, request.body, int(request.query["timestamp"]) + age)
    assert plugin.callback(SEALED, late).status == 403


def test_a_time_stamp_within_five_minutes_passes():
    request = pushed(JOB)
    late = CallbackRequest("POST", request.query, {}, request.body, int(request.query["timestamp"]) + 299)
    assert plugin.callback(SEALED, late).status == 200


def test_a_plain_push_is_refused_where_a_key_is_set():
    assert plugin.callback(SEALED, pushed(JOB, "plain")).status == 403


def test_an_account_without_a_token_believes_nothing():
    bare = Account(1, "a", "official_account", "service", "A", {"app_id": APP_ID})
    stamp = str(int(time.time()))
    query = {"signature": signature("", stamp, "1"), "timestamp": stamp, "nonce": "1"}
    assert plugin.callback(bare, CallbackRequest("POST", query, {}, rendered(JOB, "xml"), time.time())).status == 403


def test_the_key_before_the_last_change_still_opens():
    changed = {**CREDENTIALS, "aes_key": "C" * 43, "aes_key_previous": KEY}
    account = Account(1, "a", "official_account", "service", "A", changed, {"gh_id": GH})
    assert plugin.callback(account, pushed(JOB)).status == 200
    assert plugin.callback(SEALED, pushed(JOB)).events == plugin.callback(account, pushed(JOB)).events


XXE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><MsgType>text</MsgType><Content>&e;</Content></xml>'
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><xml><MsgType>text</MsgType><Content>&i;</Content></xml>"
)


@pytest.mark.parametrize(
    "text",
    [
        XXE,
        LAUGHS,
        "<xml>",
        "",
        "[1]",
        "{",
        "[" * 100_000,
        '{"a":' * 100_000,
        "\x00",
        "<a>" * 100_000 + "</a>" * 100_000,
        '{"Encrypt":"\\ud800"}',
    ],
)
def test_check_39_external_entities_bombs_and_rubbish_are_refused_inside_and_outside(text):
    assert plugin.callback(PLAIN, plain_text(text)).status == 403
    assert plugin.callback(SEALED, sealed_text(text)).status == 403
    assert plugin.callback(SEALED, plain_text(text)).status == 403


def test_check_39_ten_megabytes_are_refused():
    assert plugin.callback(PLAIN, plain_text("<xml>" + "<a/>" * 2_500_000 + "</xml>")).status == 403


@pytest.mark.parametrize(
    ("status", "word", "rest", "code"),
    [
        ("err(10001)", "广告", "failed", "err(10001)"),
        ("err(20013)", "版权", "failed", "err(20013)"),
        ("err(40001)", "管理员拒绝", "failed", "err(40001)"),
        ("err(40002)", "30 分钟", "skipped", "expired"),
        ("err(20431)", "未公布", "failed", "err(20431)"),
    ],
)
@pytest.mark.parametrize("total", [0, 5])
def test_a_job_the_platform_stopped_says_why_and_what_everybody_becomes(status, word, rest, code, total):
    stopped = {**JOB, "Status": status, "TotalCount": total, "FilterCount": 0, "SentCount": 0, "ErrorCount": 0}
    (event,) = plugin.callback(SEALED, pushed(stopped)).events
    assert word in event.progress.reason
    assert (event.progress.rest, event.progress.final, event.progress.code) == (rest, True, code)


def test_counts_as_text_and_blank_lists_are_read():
    lenient = {
        **JOB,
        "TotalCount": "296",
        "ErrorCount": "",
        "CopyrightCheckResult": {"ResultList": "\n"},
        "ArticleUrlResult": {"ResultList": None},
    }
    (event,) = plugin.callback(PLAIN, plain_text(json.dumps(lenient))).events
    assert (event.progress.delivered, event.progress.failed) == (294, 0)


def test_the_address_of_the_first_article_is_kept():
    items = [{"ArticleIdx": n, "ArticleUrl": f"https://mp.weixin.qq.com/s/{n}"} for n in (1, 2)]
    for listed in (items, items[:1]):
        (event,) = plugin.callback(SEALED, pushed({**JOB, "ArticleUrlResult": {"ResultList": {"item": listed}}})).events
        assert event.progress.ids == {"article_url": "https://mp.weixin.qq.com/s/1"}


@pytest.mark.parametrize(
    ("state", "items", "told"),
    [
        ("2", [{"ArticleIdx": 1, "OriginalArticleUrl": "https://x"}, {"ArticleIdx": 2, "OriginalArticleUrl": "https://y"}], 2),
        (2, {"ArticleIdx": 1, "OriginalArticleUrl": "https://x"}, 1),
        (3, None, 1),
        (1, [{"ArticleIdx": 1, "OriginalArticleUrl": ""}], None),
        ("", "", None),
    ],
)
def test_what_the_check_of_originality_judged_a_reprint_is_told(state, items, told):
    check = {"Count": 1, "CheckState": state, "ResultList": {"item": items} if items else "\n"}
    (event,) = plugin.callback(SEALED, pushed({**JOB, "CopyrightCheckResult": check})).events
    assert event.progress.figures == ({"reprints": told} if told else {})


def test_a_publish_event_under_the_name_of_a_mass_event_is_not_one():
    reply = plugin.callback(SEALED, pushed({**JOB, "PublishEventInfo": {"publish_id": 1}}))
    assert (reply.status, reply.events) == (200, ())


@pytest.mark.parametrize(("msg_id", "found_by"), [(200163836, ("msg_id", "200163836")), (0, ("", ""))])
def test_a_template_result_is_found_by_its_id_or_by_its_recipient(msg_id, found_by):
    event = {"FromUserName": OPENID, "CreateTime": 1, "MsgType": "event", "Event": "TEMPLATESENDJOBFINISH", "MsgID": msg_id}
    (done,) = plugin.callback(SEALED, pushed({**event, "Status": "success"})).events
    assert (done.id_name, done.id_value) == found_by and done.target == OPENID
    assert (done.progress.delivered, done.progress.final) == (1, True)
    (failed,) = plugin.callback(SEALED, pushed({**event, "Status": "failed:user block"})).events
    assert failed.progress.failed == 1 and failed.progress.failures[0].target == OPENID and "拒收" in failed.progress.reason


def test_followers_come_and_go():
    for name, change in (("subscribe", "joined"), ("unsubscribe", "left")):
        event = {"FromUserName": OPENID, "CreateTime": 1, "MsgType": "event", "Event": name}
        (seen,) = plugin.callback(SEALED, pushed(event)).events
        assert isinstance(seen, TargetChanged) and (seen.target, seen.change) == (OPENID, change)


def test_a_message_from_a_person_may_be_answered_for_two_days():
    message = {
        "FromUserName": OPENID,
        "CreateTime": 1_700_000_000,
        "MsgType": "text",
        "Content": "请问几点开门？",
        "MsgId": 23456,
    }
    (said,) = plugin.callback(SEALED, pushed(message)).events
    assert isinstance(said, Inbound) and (said.sender, said.text, said.dedupe) == (OPENID, "请问几点开门？", "23456")
    assert said.reply_until == 1_700_000_000 + 48 * 3600


def test_an_event_without_use_is_answered_and_forgotten():
    reply = plugin.callback(SEALED, pushed({"FromUserName": OPENID, "CreateTime": 1, "MsgType": "event", "Event": "LOCATION"}))
    assert (reply.status, reply.events) == (200, ())


async def test_a_doubled_push_has_the_same_name(rehearse, to_all):
    async with rehearse() as stage:
        stage.fault("callback_doubled")
        assert isinstance(await stage.send(Message("text", text="春分"), to_all), Receipt)
        first, second = await stage.heard(2)
        assert first.dedupe == second.dedupe and first == second


@pytest.mark.parametrize("mode", ["safe", "plain"])
@pytest.mark.parametrize("form", ["xml", "json"])
async def test_the_rehearsal_pushes_in_every_mode(rehearse, to_all, mode, form):
    async with rehearse(push_mode=mode, push_format=form) as stage:
        if mode == "plain":
            stage.credentials(aes_key="")
        await stage.send(Message("text", text="春分"), to_all)
        (finished,) = await stage.heard()
        assert finished.progress.final and stage.statuses == [200]


async def test_a_person_can_be_made_to_leave_and_to_write(rehearse):
    async with rehearse() as stage:
        address = f"{stage.stage.address}/_rehearse/{stage.app_id}/push"
        await stage.line.http.post(address, {"FromUserName": OPENID, "MsgType": "event", "Event": "unsubscribe"})
        await stage.line.http.post(address, {"FromUserName": OPENID, "MsgType": "text", "Content": "你好", "MsgId": "9"})
        events = await stage.heard(2)
        assert {type(event) for event in events} == {TargetChanged, Inbound}
        assert OPENID in stage.stage.accounts[stage.app_id]["unfollowed"]


def test_the_sealed_form_of_the_published_vector_is_read():
    vector = Path(__file__).parent / "vectors" / "v3.json"
    given = json.loads(vector.read_text(encoding="utf-8"))
    account = Account(1, "a", "official_account", "service", "A", given["credentials"], {})
    reply = plugin.callback(account, CallbackRequest("POST", given["query"], {}, given["body"].encode(), 1714112445.0))
    assert (reply.status, reply.events) == (200, ())


def test_half_characters_from_a_stranger_are_refused_and_from_a_follower_cleaned():
    stamp = str(int(time.time()))
    query = {"timestamp": stamp, "nonce": "\ud800", "signature": "\ud800", "msg_signature": "\ud800"}
    assert plugin.callback(SEALED, CallbackRequest("POST", query, {}, b'{"Encrypt":"x"}', time.time())).status == 403
    message = {"ToUserName": GH, "FromUserName": OPENID, "CreateTime": 1, "MsgType": "text", "MsgId": 1}
    text = json.dumps({**message, "Content": "你\0好\ud800"})
    (said,) = plugin.callback(PLAIN, plain_text(text)).events
    assert said.text == "你好?"
