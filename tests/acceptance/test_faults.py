"""What goes wrong at platforms: dropped answers, broken accounts, lost, doubled and late callbacks; each account alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.acceptance.conftest import Installation, by_key
from tests.acceptance.folders import Writer


@pytest.fixture(autouse=True)
def no_faults_afterwards(demo: Installation) -> Iterator[None]:
    yield
    assert demo.run("simulators", "clear").code == 0


def test_check_05_an_official_account_whose_answer_was_dropped_sends_once_by_key(demo: Installation, folder: Writer) -> None:
    before = len(demo.effects())
    demo.fault("drop_after", "shanlan-svc", path="sendall", times=1)
    report = by_key(demo.send(folder.spring(("shanlan-svc",), word="一")))
    assert report["shanlan-svc"]["state"] == "sent", report
    effects = [e for e in demo.effects(since=before) if e["kind"] == "mass"]
    assert len(effects) == 1
    attempts = demo.rows("SELECT attempts, key FROM deliveries WHERE key = %s", effects[0]["key"])
    assert attempts[0]["attempts"] > 1


def test_check_05_a_wecom_mass_message_whose_answer_was_dropped_is_found_again(demo: Installation, folder: Writer) -> None:
    before = len(demo.effects())
    demo.fault("drop_after", "shanlan-wecom", path="add_msg_template", times=1)
    row = by_key(demo.send(folder.text(("shanlan-wecom",), word="二"), "--wait"))["shanlan-wecom"]
    assert (row["unknown"], row["delivered"] + row["skipped"]) == (0, row["intended"]), row
    effects = demo.effects(since=before)
    assert sum(e["people"] for e in effects) == row["delivered"]
    tasks = [e["platform_id"] for e in effects if e["kind"] == "customer_task"]
    assert len(tasks) == len(set(tasks)) == len(row["receipts"])


def test_check_05_a_onebot_message_whose_answer_was_dropped_waits_for_a_person(demo: Installation, folder: Writer) -> None:
    before = len(demo.effects())
    demo.fault("drop_after", "miaoyu-qq", path="send_group_msg", times=1)
    said = demo.run("send", folder.text(("miaoyu-qq",), word="三"), "--json")
    row = by_key(said.json)["miaoyu-qq"]
    assert (said.code, row["unknown"], row["delivered"]) == (1, 1, row["intended"] - 1)
    groups = Counter(e["platform_id"] for e in demo.effects(since=before))
    assert sum(groups.values()) == len(groups) == row["intended"]
    waiting = demo.run("unknowns", "list", "--json").json
    mine = [one for one in waiting if one["campaign"] == said.json["campaign"]]
    assert [one["account"] for one in mine] == ["miaoyu-qq"]
    settled = demo.run("unknowns", "settle", str(mine[0]["id"]), "--happened", "--reason", "seen in the group")
    assert settled.code == 0, settled.err
    after = by_key(demo.run("report", str(said.json["campaign"]), "--json").json)["miaoyu-qq"]
    assert (after["state"], after["delivered"], after["unknown"]) == ("sent", row["intended"], 0)
    assert demo.run("unknowns", "settle", str(mine[0]["id"]), "--happened", "--reason", "again").code == 1


def test_broken_accounts_stop_only_themselves_and_say_what_a_person_must_do(demo: Installation, folder: Writer) -> None:
    demo.stage("shanlan-svc", ip_allowed="false")
    demo.stage("miaoyu-svc", verified="false")
    connected = demo.run("accounts", "connect", "xingye-svc", "-c", "app_id=wrong", "-c", "app_secret=wrong")
    assert connected.code == 0, connected.err
    said = demo.run("send", folder.spring(("shanlan-svc", "miaoyu-svc", "xingye-svc", "miaoyu-wecom"), word="四"), "--json")
    rows = by_key(said.json)
    assert said.code == 1
    assert rows["miaoyu-wecom"]["state"] == "sent"
    for key in ("shanlan-svc", "miaoyu-svc", "xingye-svc"):
        assert (rows[key]["state"], rows[key]["skipped"]) == ("unauthorized", rows[key]["intended"]), rows[key]
        assert rows[key]["reason"]
    listed = {a["key"]: a for a in demo.run("accounts", "list", "--json").json}
    assert [listed[key]["trouble"] for key in ("shanlan-svc", "xingye-svc")] == ["ip_not_listed", "credentials"]
    demo.stage("shanlan-svc", ip_allowed="true")
    demo.stage("miaoyu-svc", verified="true")
    mended = by_key(demo.send(folder.spring(("shanlan-svc",), word="五")))
    assert mended["shanlan-svc"]["state"] == "sent"


@pytest.mark.parametrize("fault", ["callback_doubled", "callback_late"])
def test_a_doubled_or_late_callback_changes_nothing(demo: Installation, folder: Writer, fault: str) -> None:
    demo.fault(fault, "miaoyu-svc", value=3)
    row = by_key(demo.send(folder.notice(40, first={"callback_doubled": 100, "callback_late": 200}[fault])))["miaoyu-svc"]
    assert (row["state"], row["delivered"]) == ("sent", 40)


@pytest.mark.parametrize("fault", [{"name": "http", "value": "502"}, {"name": "drop_before"}, {"name": "error", "value": "-1"}])
def test_a_platform_that_stumbles_is_tried_again_and_reached_once(
    demo: Installation, folder: Writer, fault: dict[str, str]
) -> None:
    before = len(demo.effects())
    options = {key: value for key, value in fault.items() if key != "name"}
    demo.fault(fault["name"], "miaoyu-wecom", path="message/send", times=2, **options)
    row = by_key(demo.send(folder.text(("miaoyu-wecom",), word=fault["name"])))["miaoyu-wecom"]
    assert (row["state"], row["delivered"]) == ("sent", row["intended"]), row
    assert sum(e["people"] for e in demo.effects(since=before)) == row["intended"]
