"""What a user types and brings: bad folders, dry runs, unknown words, a second demo; always an answer, never a trace."""

from __future__ import annotations

import json

from tests.acceptance.conftest import Installation, by_key
from tests.acceptance.folders import ALL, Writer


def test_a_broken_folder_is_refused_with_every_fault_and_nothing_is_stored(demo: Installation, folder: Writer) -> None:
    before = _stored(demo)
    bad = folder.broken()
    checked, sent = demo.run("check", bad, "--json"), demo.run("send", bad, "--json")
    assert (checked.code, sent.code, checked.json["blocked"]) == (2, 2, True)
    findings = [f for f in checked.json["findings"] if f["severity"] == "block"]
    assert all(f["rule"] and f["where"] and all(f["message"]) for f in findings)
    said = json.dumps(findings, ensure_ascii=False)
    for where in (
        "articles/1.md",
        "articles/2.md",
        "articles/3.md",
        "articles/4.md",
        "accounts.csv",
        "campaign.yaml",
        "a.md",
        "e.md",
    ):
        assert where in said, where
    for what in ("colour", "schedule", "fake.jpg", "cut.jpg", "bomb.png", "no.jpg", "192.168.1.1", "nobody", "shanlan-sub"):
        assert what in said, what
    assert all(f["where"] in sent.err for f in findings)
    assert _stored(demo) == before


def test_a_dry_run_says_what_would_happen_and_stores_nothing(demo: Installation, folder: Writer) -> None:
    before = _stored(demo)
    said = demo.run("send", folder.spring(), "--dry-run", "--json")
    assert said.code == 0, said.err
    assert {row["state"] for row in said.json["accounts"]} == {"planned"}
    assert tuple(by_key(said.json)) == ALL
    assert _stored(demo) == before
    assert demo.effects() == []


def test_a_word_that_is_no_command_and_a_folder_that_is_none_are_bad_input(demo: Installation) -> None:
    for words in (("sned",), ("send", "/no/such/folder"), ("send",), ("simulators", "fault", "nonsense"), ("report", "abc")):
        said = demo.run(*words)
        assert (said.code, said.out) == (2, ""), words
        assert said.err
    for nobody in ("999999", str(2**63)):
        said = demo.run("report", nobody, "--json")
        assert (said.code, said.json["error"]["code"]) == (1, "not_found"), nobody
        assert "Error" not in said.err


def test_a_campaign_whose_time_is_over_is_refused(demo: Installation, folder: Writer) -> None:
    before = _stored(demo)
    text = "name: 昨天\nkind: text\ntext: 你好\naccounts: [shanlan-qq]\nschedule: 2026-01-05T20:00\nmax_lateness: 10m\n"
    said = demo.run("send", folder.write({"campaign.yaml": text}))
    assert (said.code, said.out) == (2, "")
    assert "schedule_over" in said.err
    assert _stored(demo) == before


def test_a_second_demo_on_the_same_home_says_so(demo: Installation) -> None:
    said = demo.run("demo")
    assert said.code == 3
    assert str(demo.home) in said.err


def test_a_fault_for_an_account_that_is_nobodys_is_refused(demo: Installation) -> None:
    assert demo.run("simulators", "fault", "delay", "--account", "nobody").code == 2


def _stored(demo: Installation) -> list[dict[str, object]]:
    tables = ("campaigns", "dispatches", "deliveries", "checks", "blobs", "quota_windows")
    return demo.rows("SELECT " + ", ".join(f"(SELECT count(*) FROM {table}) AS {table}" for table in tables))
