"""check_15: a signature and an edit at once leave one truth; a death at the last word leaves it and the release, or neither."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from saas.campaigns.approving import approve
from saas.delivery import release
from saas.kernel.errors import Conflict
from tests.review.conftest import Desk

OTHER = "c" * 64
DIES = Path(__file__).with_name("dies_while_signing.py")


def later(task: object, faults: list[BaseException]) -> threading.Thread:
    def run() -> None:
        try:
            task()  # type: ignore[operator]
        except BaseException as fault:
            faults.append(fault)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def waits(desk: Desk) -> None:
    """Until somebody waits for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    end = time.monotonic() + 20
    while not desk.house.one(query):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_check_15_who_signs_while_it_is_edited_has_signed_nothing(desk: Desk) -> None:
    campaign = desk.campaign()
    faults: list[BaseException] = []
    digest = desk.digest(campaign)
    with desk.house.connect() as editing:
        editing.execute("UPDATE campaigns SET digest = %s WHERE id = %s", (OTHER, campaign))
        signing = later(lambda: desk.sign(campaign, desk.people["ann"], digest=digest), faults)
        waits(desk)
    signing.join(20)
    assert [type(fault) for fault in faults] == [psycopg.errors.CheckViolation]
    assert desk.house.rows("SELECT * FROM approvals") == []


def test_check_15_an_edit_while_it_is_signed_voids_the_word(desk: Desk) -> None:
    campaign = desk.campaign()
    faults: list[BaseException] = []
    with desk.house.connect() as signing:
        desk.house.sign(signing, campaign, desk.digest(campaign))
        signing.execute("UPDATE campaigns SET approved_digest = digest, state = 'approved' WHERE id = %s", (campaign,))
        change = f"UPDATE campaigns SET digest = '{OTHER}' WHERE id = {campaign}"
        editing = later(lambda: desk.house.run(change), faults)
        waits(desk)
    editing.join(20)
    assert faults == []
    assert desk.house.rows("SELECT state, approved_digest FROM campaigns") == [
        {"state": "awaiting_approval", "approved_digest": None}
    ]
    with desk.house.within(), pytest.raises(Conflict, match="not approved"):
        release.release(desk.house.actor("owner"), campaign)


def test_check_15_two_who_sign_at_once_are_two_stages_or_one_is_refused(desk: Desk) -> None:
    desk.flow("first", "final")
    campaign = desk.campaign()
    faults: list[BaseException] = []
    with desk.house.connect() as one:
        desk.house.sign(one, campaign, desk.digest(campaign), "reviewer")
        other = later(lambda: desk.sign(campaign, desk.people["reviewer"]), faults)
        waits(desk)
    other.join(20)
    assert [type(fault) for fault in faults] == [psycopg.errors.CheckViolation]
    assert [row["stage"] for row in desk.house.rows("SELECT stage FROM approvals")] == [1]


@pytest.mark.parametrize("point", ["in_approve", "in_release", "after_release"])
def test_check_15_whoever_dies_between_the_last_word_and_the_release_leaves_both_or_neither(
    desk: Desk, environment: dict[str, str], point: str
) -> None:
    desk.flow("first", "final")
    campaign = desk.campaign()
    digest = desk.digest(campaign)
    with desk.house.within():
        release.ask_to_send(desk.house.actor("editor"), campaign)
        approve(desk.house.actor("ann"), campaign, digest)
    asked = [sys.executable, str(DIES), str(desk.house.tenant), str(campaign), digest, point]
    died = subprocess.run(asked, env={**environment, "PATH": ""}, timeout=60, check=False, cwd=Path(__file__).parents[2])
    assert died.returncode == -9
    states = {"words": desk.house.one("SELECT count(*) FROM approvals"), "state": desk.house.one("SELECT state FROM campaigns")}
    if point == "after_release":
        assert states == {"words": 2, "state": "released"}
        return
    assert states == {"words": 1, "state": "awaiting_approval"}
    with desk.house.within():
        assert release.approve(desk.house.actor("ben"), campaign, digest)
    assert desk.house.one("SELECT count(*) FROM audit_log WHERE action = 'campaigns.send'") == 1
