"""Whom a campaign reaches: a tag on each account by its own number, and accounts whose platform was silent at planning."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import Installation, balanced, by_key, people_of, wait_for
from tests.acceptance.folders import Writer


@pytest.fixture(autouse=True)
def no_faults_afterwards(demo: Installation) -> Iterator[None]:
    yield
    assert demo.run("simulators", "clear").code == 0


def campaign(folder: Writer, accounts: tuple[str, ...], word: str, *lines: str) -> Path:
    """A few words with more lines in campaign.yaml."""
    more = "".join(f"{line}\n" for line in lines)
    return folder.write(
        {"campaign.yaml": f"name: 会员日{word}\nkind: text\ntext: 会员日{word}。\naccounts: accounts.csv\n{more}"}, accounts
    )


def soon(seconds: float) -> str:
    return f'schedule: "{(datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="seconds")}"'


def ended(demo: Installation, number: int) -> Any:
    """The report of a campaign once it is over."""

    def look() -> Any:
        report = demo.run("report", str(number), "--json").json
        return report if report["finished"] else None

    return balanced(wait_for(look, 60, 0.5))


def test_a_tag_is_sent_to_by_name_on_each_account_and_one_without_it_stops_only_itself(
    demo: Installation, folder: Writer
) -> None:
    before = len(demo.effects())
    keys = ("shanlan-svc", "shanlan-wecom", "xingye-moments", "miaoyu-wecom")
    said = demo.run("send", campaign(folder, keys, "甲", "audience: {tag: 常客}"), "--json")
    rows = by_key(balanced(said.json))
    listed = {tag["name"]: tag["people"] for tag in demo.run("accounts", "tags", "shanlan-svc", "--json").json}
    assert said.code == 1
    for key, people in zip(keys, (listed["常客"], 2570, 2400), strict=False):
        assert (rows[key]["state"], rows[key]["intended"]) == ("sent", people), rows[key]
    assert (rows["miaoyu-wecom"]["state"], rows["miaoyu-wecom"]["intended"]) == ("skipped", 0)
    assert "店长" in rows["miaoyu-wecom"]["reason"]
    assert "campaign.yaml: audience:5" in said.err and "[tag_unknown]" in said.err
    reached = people_of(demo.effects(since=before))
    assert {key: reached[key] for key in keys} == {key: rows[key]["delivered"] for key in keys}
    frozen = demo.rows("SELECT target, people FROM deliveries WHERE campaign_id = %s AND form = 'tag'", said.json["campaign"])
    assert {row["target"]: row["people"] for row in frozen}["tag:100"] == listed["常客"] == 1042


def test_a_tag_may_be_named_by_its_number(demo: Installation, folder: Writer) -> None:
    said = demo.run("send", campaign(folder, ("shanlan-svc",), "乙", "audience: {tag: 100}"), "--dry-run", "--json")
    assert (said.code, said.json["totals"]["intended"]) == (0, 1042)


def test_a_tag_that_no_account_has_is_one_fault_and_nothing_is_planned(demo: Installation, folder: Writer) -> None:
    before = demo.rows("SELECT count(*) AS n FROM campaigns")
    said = demo.run("send", campaign(folder, ("shanlan-svc", "miaoyu-svc"), "丙", "audience: {tag: 长客}"), "--json")
    assert (said.code, said.json["error"]["code"]) == (2, "bad_folder")
    told = [finding for finding in said.json["findings"] if finding["severity"] == "block"]
    assert [(one["rule"], one["where"], one["line"]) for one in told] == [("tag_unknown", "campaign.yaml: audience", 5)] * 2
    assert all(one["remedy"][1].startswith("write one of its tags as audience.tag: 常客") for one in told)
    assert demo.rows("SELECT count(*) AS n FROM campaigns") == before


def test_a_tag_that_grew_or_shrank_after_the_plan_keeps_what_was_signed(demo: Installation, folder: Writer) -> None:
    when = soon(45)
    path = campaign(folder, ("xingye-svc", "miaoyu-svc"), "己", "audience: {tag: 常客}", when)
    said = demo.run("send", path, "--json", "--patience", "1")
    planned = by_key(said.json)
    assert [planned[key]["intended"] for key in ("xingye-svc", "miaoyu-svc")] == [4574, 2090]
    for row in planned.values():
        assert (row["state"], row["next_possible_at"][:19]) == ("waiting", when.split('"')[1][:19])
    for key, every in (("xingye-svc", 10), ("miaoyu-svc", 2)):
        demo.stage(key, tags=json.dumps([{"id": 100, "name": "常客", "every": every, "members": []}]))
    rows = by_key(ended(demo, said.json["campaign"]))
    assert [rows[key]["delivered"] + rows[key]["skipped"] for key in ("xingye-svc", "miaoyu-svc")] == [4574, 2090]
    assert rows["xingye-svc"]["delivered"] < 2300
    assert rows["miaoyu-svc"]["delivered"] > 2000


def test_accounts_whose_platforms_were_silent_are_planned_by_their_own_figures_and_sent_in_time(
    demo: Installation, folder: Writer
) -> None:
    sizes = {"xingye-moments": 12000, "miaoyu-svc": 10450, "shanlan-svc": 5210}
    before = len(demo.effects())
    demo.fault("http", "xingye-moments", value="503")
    demo.fault("drop_before", "miaoyu-svc")
    demo.fault("delay", "shanlan-svc", value="60")
    said = demo.run("send", campaign(folder, tuple(sizes), "丁", soon(45)), "--json", "--patience", "1")
    assert demo.run("simulators", "clear").code == 0
    assert said.err.count("[audience_unasked]") == 3
    rows = by_key(ended(demo, said.json["campaign"]))
    for key, size in sizes.items():
        assert (rows[key]["state"], rows[key]["intended"]) == ("sent", size), rows[key]
        assert f"planned without asking the platform: {size} people by the account's own figure" in rows[key]["reason"]
        assert (rows[key]["figures"]["audience"]["value"], rows[key]["figures"]["audience"]["source"]) == (size, "estimate")
    assert people_of(demo.effects(since=before)) == {key: rows[key]["delivered"] for key in sizes}


def test_a_platform_that_refuses_connections_is_tried_until_it_is_back_or_it_is_too_late(
    demo: Installation, folder: Writer
) -> None:
    """The account's address is closed, at planning and after; one of the two comes back."""
    before, address = len(demo.effects()), demo.running["simulators"]
    for key in ("miaoyu-svc", "xingye-moments", "shanlan-wecom"):
        _move(demo, key, "http://127.0.0.1:9")
    sending = demo.begin(
        "send", campaign(folder, ("miaoyu-svc", "xingye-moments", "shanlan-wecom"), "戊", "max_lateness: 30s"), "--json"
    )
    wait_for(lambda: len(demo.rows("SELECT 1 FROM deliveries WHERE code = 'unreachable' AND state = 'due'")) == 2, 60)
    _move(demo, "miaoyu-svc", address["official_account"])
    said = demo.finish(sending)
    for key in ("xingye-moments", "shanlan-wecom"):
        _move(demo, key, address["wecom"])
    rows = by_key(balanced(said.json))
    assert said.code == 1
    assert (rows["miaoyu-svc"]["state"], rows["miaoyu-svc"]["intended"]) == ("sent", 10450), rows
    assert (rows["xingye-moments"]["state"], rows["xingye-moments"]["skipped"]) == ("missed", 12000), rows
    assert (rows["shanlan-wecom"]["state"], rows["shanlan-wecom"]["skipped"]) == ("skipped", 12850), rows
    assert "could not be reached" in rows["shanlan-wecom"]["reason"]
    assert people_of(demo.effects(since=before)) == {"miaoyu-svc": rows["miaoyu-svc"]["delivered"]}


def _move(demo: Installation, key: str, address: str) -> None:
    """Let the account's platform stand at another address."""
    changed = "UPDATE accounts SET settings = settings || jsonb_build_object('base_url', %s::text) WHERE key = %s RETURNING 1"
    assert demo.rows(changed, address, key)
