"""The kill switch and recalls on the whole product: real processes that die, real simulators that lose their answers."""

from __future__ import annotations

import time
from typing import Any

from tests.acceptance.conftest import Installation, by_key, wait_for
from tests.acceptance.folders import Writer
from tests.acceptance.test_crashes import PEOPLE, everybody_once, under_way

SVC = "miaoyu-svc"


def fates(answer: Any) -> dict[str, set[str]]:
    """By account, what became (or would become) of its deliveries."""
    return {one["account"]: {part["fate"] for part in one["parts"]} for one in answer["accounts"]}


def reached(demo: Installation, campaign: int) -> int:
    keys = {row["key"] for row in demo.rows("SELECT key FROM deliveries WHERE campaign_id = %s", campaign)}
    return sum(effect["key"] in keys for effect in demo.effects())


def test_a_worker_killed_in_the_middle_of_a_stop_sends_nobody_twice_and_nothing_goes_out_until_it_is_lifted(
    demo: Installation, folder: Writer
) -> None:
    demo.fault("delay", SVC, path="template/send", value="7", times=0)  # it is still sending when the command has come up
    sending, campaign = under_way(demo, folder, 50_000)
    busy = {
        row["pid"]
        for row in demo.rows("SELECT DISTINCT split_part(worker, ':', 2)::int AS pid FROM leases WHERE closed_at IS NULL")
    }
    stopping = demo.begin("stop", "--account", SVC, "--reason", "the clinic is closed", "--json")
    wait_for(lambda: demo.rows("SELECT 1 AS n FROM stops WHERE lifted_at IS NULL"), 120, pause=0.05)
    workers = [child for child in demo.children() if child.pid in busy]
    assert workers
    for worker in workers:
        worker.kill()
    tally = demo.finish(stopping).json["tally"]
    assert tally["stopped"] + tally["in_flight"] > 0, tally
    open_leases = "SELECT 1 AS n FROM leases WHERE closed_at IS NULL"
    wait_for(lambda: not demo.rows(open_leases), 60, pause=0.5)
    out = reached(demo, campaign)
    assert out < PEOPLE
    time.sleep(3)
    assert reached(demo, campaign) == out
    states = {row["state"] for row in demo.rows("SELECT DISTINCT state FROM deliveries WHERE campaign_id = %s", campaign)}
    assert states == {"due", "sent"} or states == {"due", "sent", "accepted"}
    assert demo.run("simulators", "clear").code == 0
    assert [stop["subject"] for stop in demo.run("stops", "--json").json] == [SVC]
    assert demo.run("resume", "--account", SVC).code == 0
    row = everybody_once(demo, demo.finish(sending).json, campaign)
    assert (row["state"], row["delivered"]) == ("sent", PEOPLE)


def test_each_platform_takes_back_what_it_can_and_a_lost_answer_is_asked_again(demo: Installation, folder: Writer) -> None:
    accounts = ("shanlan-svc", "shanlan-wecom", "miaoyu-qq")
    report = demo.send(folder.spring(accounts, word="收回"))
    campaign = str(report["campaign"])
    sent = by_key(report)
    dry = demo.run("recall", campaign, "--dry-run", "--json").json
    assert (dry["dry_run"], {one["outcome"] for one in dry["accounts"] if one["account"] != "shanlan-wecom"}) == (
        True,
        {"possible"},
    )
    nothing = demo.run("recall", campaign, "--account", "miaoyu-sub", "--dry-run", "--json")
    assert (nothing.code, nothing.json["accounts"]) == (1, [])
    foreseen = fates(dry)
    assert all(0 < row["receipts_total"] == len(row["receipts"]) for row in sent.values())
    assert foreseen["shanlan-svc"] == {"taken_down"}
    assert foreseen["miaoyu-qq"] == {"recalled"}
    assert foreseen["shanlan-wecom"] <= {"stopped", "all_sent"}
    assert [effect for effect in demo.effects() if effect["kind"] == "take_down"] == []
    one = ("recall", campaign, "--account", "shanlan-svc", "--reason", "a wrong price", "--json", "--article")
    assert (demo.run(*one, "9").code, demo.run("recall", campaign, "--article", "1").code) == (2, 2)
    [told] = demo.run(*one, "1").json["deliveries"]
    assert (told["outcome"], told["people"]) == ("down", sent["shanlan-svc"]["intended"])
    assert [effect["detail"]["article_idx"] for effect in demo.effects() if effect["kind"] == "take_down"] == [1]
    trail = "SELECT action FROM audit_log WHERE action LIKE 'campaigns.article%%' ORDER BY id"
    assert [row["action"] for row in demo.rows(trail)] == ["campaigns.article_down", "campaigns.article_told"]
    assert {row["state"] for row in by_key(demo.run("report", campaign, "--json").json).values()} == {"sent"} | {
        row["state"] for row in sent.values()
    }
    demo.fault("drop_after", "miaoyu-qq", path="delete_msg", times=1)
    said = demo.run("recall", campaign, "--json")
    found = {one["account"]: one for one in said.json["accounts"]}
    assert fates(said.json)["shanlan-svc"] == {"taken_down"}
    assert [effect["account"] for effect in demo.effects() if effect["kind"] == "take_down"] == ["shanlan-svc"] * 2
    assert sum(part["deliveries"] for part in found["miaoyu-qq"]["parts"]) == sent["miaoyu-qq"]["intended"]
    assert fates(said.json)["miaoyu-qq"] <= {"recalled", "unknown"}
    assert fates(said.json)["shanlan-wecom"] <= {"stopped", "all_sent", "refused"}
    demo.run("simulators", "clear")
