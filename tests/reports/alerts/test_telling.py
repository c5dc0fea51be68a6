"""Telling: over real sockets, grouped, in the reader's language, again when it failed, and never twice."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from saas.kernel.errors import Invalid
from saas.reports.alerts import carriers, ruling
from saas.reports.alerts.carriers import Letter, is_robot, is_webhook, signature
from saas.reports.alerts.kinds import KINDS
from tests.reports.alerts.conftest import Listener, PostOffice, Watch

DIES = Path(__file__).with_name("tells_and_dies.py")


def test_many_accounts_are_one_letter_with_what_where_since_when_and_what_to_do(mailed: Watch, mailbox: PostOffice) -> None:
    mailed.house.run("UPDATE members SET locale = 'en' WHERE role = 'admin'")
    for n in range(30):
        mailed.break_account(f"moon-{n}")
    assert mailed.round("account") == 2
    letters = {letter["To"]: letter for letter in mailbox.letters}
    zh, en = letters["owner@house.test"], letters["admin@house.test"]
    assert zh["Subject"] == "【群发】账号不能发送：30 项"
    assert en["Subject"] == "[Qunfa] An account cannot send: 30 of them"
    text = zh.get_content()
    for part in ("Moon · moon-0 · 授权已被取消", "（自 ", "还有 10 项", "怎么办：", "https://qunfa.test/accounts"):
        assert part in text, part
    assert "and 10 more" in en.get_content()
    assert zh["Message-ID"] != en["Message-ID"]
    assert mailed.round("account") == 0
    mailed.break_account("moon-30")
    assert mailed.round("account") == 0, "more of the same waits for the window"
    mailed.later(minutes=20)
    assert mailed.tell() == 2
    assert mailbox.letters[-1]["Subject"] in ("【群发】账号不能发送：moon-30", "[Qunfa] An account cannot send: moon-30")


def test_an_end_is_told_once_to_those_who_heard_of_the_beginning(mailed: Watch, mailbox: PostOffice) -> None:
    account = mailed.break_account("moon-1")
    mailed.round("account")
    mailed.mend(account)
    mailed.look("account")
    mailed.later(minutes=3)
    mailed.look("account")
    assert mailed.tell() == 2
    assert {letter["Subject"] for letter in mailbox.letters[2:]} == {"【群发】账号又能发送了：moon-1"}
    mailed.later(hours=1)
    assert mailed.round() == 0


def test_what_is_over_before_anybody_heard_of_it_is_not_told_at_all(mailed: Watch, mailbox: PostOffice) -> None:
    account = mailed.break_account("moon-1")
    mailed.look("account")
    mailed.mend(account)
    mailed.round("account")
    mailed.later(hours=1)
    assert mailed.round("account") == 0
    assert mailbox.letters == []


def test_a_letter_that_is_refused_for_now_goes_out_later_under_the_same_key(mailed: Watch, mailbox: PostOffice) -> None:
    mailbox.refuses += ["451 try again later", "550 no such person"]
    mailed.break_account("moon-1")
    mailed.round("account")
    assert sorted(mailed.notices()) == ["due", "failed"]
    key = mailed.house.one("SELECT key FROM alert_notices WHERE state = 'due'")
    assert mailed.tell() == 0
    mailed.later(minutes=2)
    assert mailed.tell() == 1
    assert [letter["Message-ID"] for letter in mailbox.letters] == [f"<{key}@house.test>"]
    assert sorted(mailed.notices()) == ["failed", "told"]


@pytest.mark.parametrize("farewell", ["421 closing", "554 no"])
def test_what_a_mail_server_has_taken_is_told_however_it_says_good_bye(mailed: Watch, mailbox: PostOffice, farewell: str) -> None:
    mailbox.farewell = farewell
    mailed.break_account("moon-1")
    mailed.round("account")
    mailed.later(hours=6)
    assert mailed.tell() == 0
    assert (len(mailbox.letters), mailed.notices()) == (2, ["told", "told"])


def test_a_webhook_is_signed_and_a_robot_gets_text(watch: Watch, listener: Listener) -> None:
    watch.destination("webhook", f"{listener.address}/hook", "a secret of the receiver")
    watch.destination("robot", listener.robot())
    watch.break_account("moon-1")
    assert watch.round("account") == 2
    (_, headers, body), (_, _, robot) = sorted(listener.heard, key=lambda heard: "key=" in heard[0])
    assert headers["X-Qunfa-Signature"] == signature("a secret of the receiver", headers["X-Qunfa-Timestamp"], body)
    told = next(one for one in listener.told() if "rule" in one)
    assert headers["Idempotency-Key"] == told["id"]
    assert (told["type"], told["rule"], told["alerts"][0]["account"]) == ("alert.opened", "account", "moon-1")
    assert "账号不能发送" in robot.decode()
    assert watch.notices() == ["told", "told"]


def test_what_a_robot_refuses_says_so_and_what_it_leaves_open_is_perhaps(watch: Watch, listener: Listener) -> None:
    watch.destination("robot", listener.robot())
    watch.break_account("moon-1")
    listener.answer = (502, b"")
    watch.round("account")
    assert watch.notices() == ["perhaps"]
    watch.later(hours=2)
    assert watch.round("account") == 0
    watch.break_account("moon-2")
    listener.answer = (200, b'{"errcode": 93000}')
    watch.round("account")
    assert watch.house.rows("SELECT state, fault FROM alert_notices ORDER BY id DESC LIMIT 1") == [
        {"state": "failed", "fault": "errcode 93000"}
    ]


@pytest.mark.parametrize("kind", ["robot", "webhook", "mail"])
def test_a_process_killed_between_the_call_and_its_record_tells_nobody_twice_and_loses_nothing(
    watch: Watch, listener: Listener, mailbox: PostOffice, kind: str
) -> None:
    smtp = f"smtp://127.0.0.1:{mailbox.port}" if kind == "mail" else ""
    watch.post = replace(watch.post, smtp=smtp, sender="qunfa@house.test")
    watch.house.run("UPDATE members SET disabled_at = now() WHERE role = 'admin'")
    if kind != "mail":
        watch.destination(kind, listener.robot() if kind == "robot" else f"{listener.address}/hook", "s" * 16)
    watch.break_account("moon-1")
    watch.look("account")
    watch.house.run("UPDATE alert_notices SET next_try = now()")
    listener.hears = mailbox.hears = lambda: child.kill()
    child = subprocess.Popen([sys.executable, DIES, str(watch.house.tenant), smtp])
    assert child.wait(60) == -9
    listener.hears = mailbox.hears = lambda: None
    assert watch.notices() == ["trying"]
    assert watch.tell() == 0, "somebody may still be at it"
    watch.later(minutes=6)
    assert watch.tell() == (0 if kind == "robot" else 1)
    assert watch.notices() == ["perhaps" if kind == "robot" else "told"]
    keys = [letter["Message-ID"] for letter in mailbox.letters] or [told.get("id") for told in listener.told()]
    assert len(keys) == (1 if kind == "robot" else 2)
    assert len(set(keys)) == 1, "a repeat carries the key of the first"
    watch.later(hours=2)
    assert watch.round("account") == 0


def test_a_letter_to_many_lines_holds_no_header_of_somebody_else(mailbox: PostOffice) -> None:
    letter = Letter("k", "小心\r\nBcc: evil@x.test", "正文", "https://qunfa.test")
    server = f"smtp://127.0.0.1:{mailbox.port}"
    assert carriers.mail(server, "qunfa@house.test", "owner@house.test", letter).word == "told"
    assert mailbox.letters[0]["Bcc"] is None
    assert carriers.mail(server, "qunfa@house.test", "owner@house.test\r\nBcc: evil@x.test", letter).word != "told"
    assert carriers.mail("smtp://127.0.0.1:9", "qunfa@house.test", "owner@house.test", letter).word == "again"


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com/hook", "https://127.0.0.1/hook", "https://localhost/hook", "https://10.0.0.8/hook", "https://[::1]/hook",
        "https://2130706433/hook", "https://user:pass@example.com/", "https://example.com:8443/", "https://intranet/", "ftp://example.com/",
        "https://0x7f.1/", "https://[::ffff:127.0.0.1]/", "https://127.1/", "https://０x7f.1/", "https://①②⑦.0.0.1/", "https://[::1",
        "https://169.254.169.254/latest/meta-data", "https://host.internal/", "gopher://example.com/",
    ],
)  # fmt: skip
def test_check_36_an_alert_goes_to_no_private_or_odd_address(watch: Watch, address: str) -> None:
    assert not is_webhook(address)
    assert not is_robot(address)
    assert not is_robot(address + "?key=x")


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f.1", "0177.0.0.1", "[::ffff:127.0.0.1]", "127.0.0.1%00.example.com", "127.1"]
)
def test_a_rehearsal_listens_on_this_machine_by_its_plain_names_alone(host: str) -> None:
    assert is_webhook("http://127.0.0.1:8099/hook", loopback=True) and is_webhook("http://[::1]:8099/", loopback=True)
    assert not is_webhook(f"https://{host}/hook", loopback=True) and not is_webhook(f"http://{host}/hook", loopback=True)


def test_check_36_a_name_that_leads_to_this_machine_is_refused_when_it_is_called() -> None:
    letter = Letter("k", "x", "x", "x")
    said = carriers.webhook("https://localtest.example.invalid/", "s", letter, False)
    assert said.word in ("again", "no")
    assert is_robot("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc")
    assert not is_robot("https://qyapi.weixin.qq.com.evil.test/cgi-bin/webhook/send?key=abc")


def test_addresses_are_sealed_and_forgotten_and_rules_are_checked(watch: Watch) -> None:
    house = watch.house
    with house.within():
        owner = house.actor("owner")
        made, secret = ruling.add_destination(owner, "webhook", "ours", "https://hooks.example.com/in?token=very-secret")
        assert (made.host, len(secret) > 30) == ("hooks.example.com", True)
        for wrong in (("robot", "x", "https://example.com/"), ("webhook", "x", "https://10.0.0.1/"), ("pigeon", "x", "x")):
            with pytest.raises(Invalid):
                ruling.add_destination(owner, *wrong)
        for wish in ({"threshold": 101.0}, {"window": 0}, {"roles": ["client_viewer"]}, {"quiet": "25:00-08:00"}):
            with pytest.raises(Invalid):
                ruling.save_rule(owner, "failed", ruling.changed(KINDS["failed"].usual, wish))
        saved = ruling.save_rule(
            owner, "failed", ruling.changed(KINDS["failed"].usual, {"quiet": "22:00-07:30", "threshold": 9.0})
        )
        assert saved.rule == ruling.rule_for(owner, "failed")
        assert saved.rule.quiet == (22 * 60, 7 * 60 + 30)
        ruling.remove_destination(owner, made.id)
    assert b"very-secret" not in bytes(house.one("SELECT sealed FROM alert_destinations"))
    assert house.one("SELECT length(sealed) FROM alert_destinations") == 0
    assert "very-secret" not in str(house.rows("SELECT detail FROM audit_log"))
