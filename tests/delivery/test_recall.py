"""Taking back: each delivery has an honest outcome, a lost answer is asked for again, and what is out is never called gone."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from saas.channels.channel import FanOut, RecallRight, Repeat, Route
from saas.channels.outcome import Receipt, Refused, Throttled, Unauthorized, Unknown, Unreachable
from saas.delivery import recall as recalls
from saas.delivery import recall_scope, recalling
from saas.delivery.taking_back import FATES, FORESEEN, answered, fate
from saas.kernel.errors import Forbidden, Invalid, NotFound
from tests.delivery.books import balance
from tests.delivery.conftest import Stage

NOW = datetime(2026, 3, 20, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def channels(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (recalls, recall_scope):
        monkeypatch.setattr(module, "registry", lambda: stage.registry)
    monkeypatch.setattr(recalls, "IN_FLIGHT_SECONDS", 0.0)


def sent(stage: Stage, kind: str, rows: int = 3, people: int = 1, **settings_of: Any) -> int:
    """A campaign that went out on a new account of that kind; its number."""
    campaign = stage.house.campaign()
    account = stage.house.account(f"a{campaign}", kind=kind, address=stage.platform.address, **settings_of)
    stage.house.dispatch(campaign, account, rows=rows, people=people)
    stage.turns(stage.workers[0] if stage.workers else stage.worker())
    return campaign


def recall(stage: Stage, campaign: int | None = None, **more: Any) -> list[dict[str, Any]]:
    """On a thread: the platform lives on the test's own loop."""

    def act() -> list[dict[str, Any]]:
        with stage.house.within():
            return recalls.recall(stage.house.actor("editor"), campaign, **more)

    async def wait() -> list[dict[str, Any]]:
        return await asyncio.get_running_loop().run_in_executor(None, act)

    return stage.run(wait())


def preview(stage: Stage, campaign: int | None = None, **more: Any) -> list[dict[str, Any]]:
    with stage.house.within():
        return recalls.preview(stage.house.actor("editor"), campaign, **more)


def fates(found: list[dict[str, Any]]) -> dict[str, int]:
    return {part["fate"]: part["deliveries"] for account in found for part in account["parts"]}


@pytest.mark.parametrize(("kind", "word"), [("recalled", "recalled"), ("downed", "taken_down"), ("unsent", "stopped")])
def test_each_kind_is_called_what_it_is_before_and_after(stage: Stage, kind: str, word: str) -> None:
    stage.platform.usual = "taken" if kind == "unsent" else "done"
    campaign = sent(stage, kind)
    foreseen = preview(stage, campaign)
    assert fates(foreseen) == {word: 3}
    assert foreseen[0]["outcome"] == "possible"
    assert {foreseen[0]["reason"], *(item["reason"] for item in foreseen[0]["items"])} == {FORESEEN[word]}
    assert FORESEEN[word] != FATES[word]
    assert stage.platform.recalls == {}
    found = recall(stage, campaign)
    assert fates(found) == {word: 3}
    assert (found[0]["outcome"], found[0]["kind"], found[0]["deliveries"]) == ("done", found[0]["kind"], 3)
    assert stage.platform.gone == {"r00001", "r00002", "r00003"}
    assert {row["outcome"] for row in stage.house.rows("SELECT outcome FROM recalls")} == {"done"}
    balance(stage.house)


def test_a_channel_without_a_recall_says_so_and_is_not_asked(stage: Stage) -> None:
    campaign = sent(stage, "blind")
    assert fates(recall(stage, campaign)) == {"impossible": 3}
    assert stage.platform.recalls == {}
    assert stage.states() == {"sent": 3}


def test_after_the_window_nothing_is_asked_and_nothing_promised(stage: Stage) -> None:
    campaign = sent(stage, "recalled")
    stage.house.run("UPDATE deliveries SET accepted_at = now() - interval '3 minutes' WHERE target = 'r00002'")
    assert fates(preview(stage, campaign)) == {"recalled": 2, "too_late": 1}
    found = recall(stage, campaign)
    assert fates(found) == {"recalled": 2, "too_late": 1}
    assert found[0]["outcome"] == "partly"
    assert "r00002" not in stage.platform.recalls
    assert stage.states() == {"recalled": 2, "sent": 1}
    balance(stage.house)


def test_what_may_be_out_is_named_and_never_called_nothing(stage: Stage) -> None:
    stage.platform.script["r00002"] = ["drop_after"]
    campaign = sent(stage, "recalled", rows=2)
    assert stage.states() == {"sent": 1, "unknown": 1}
    assert fates(preview(stage, campaign)) == {"recalled": 1, "unsure": 1}
    found = recall(stage, campaign)
    assert (fates(found), found[0]["outcome"]) == ({"recalled": 1, "unsure": 1}, "partly")
    again = recall(stage, campaign)
    assert (fates(again), again[0]["outcome"]) == ({"unsure": 1}, "refused")
    assert stage.states() == {"recalled": 1, "unknown": 1}


def test_where_only_the_unsent_is_stopped_those_who_have_it_are_counted_apart(stage: Stage) -> None:
    stage.platform.usual = "taken"
    campaign = sent(stage, "unsent", rows=2, people=100)
    for target, delivered in (("r00001", 60), ("r00002", 100)):
        stage.house.run(
            "UPDATE deliveries SET state = %s, accepted = 100, delivered = %s, awaiting = %s WHERE target = %s",
            "awaiting" if delivered < 100 else "sent", delivered, 100 - delivered, target,
        )  # fmt: skip
    for found in (preview(stage, campaign), recall(stage, campaign)):
        people = {part["fate"]: (part["deliveries"], part["people"]) for part in found[0]["parts"]}
        assert people == {"stopped": (1, 40), "all_sent": (2, 160)}
        assert found[0]["outcome"] == "partly"
    assert set(stage.platform.recalls) == {"r00001"}
    balance(stage.house)


def test_a_lost_answer_is_asked_again_and_done_only_when_the_platform_says_so(stage: Stage) -> None:
    campaign = sent(stage, "recalled")
    stage.platform.recall_script["r00001"] = ["drop_after", "gone"]
    found = recall(stage, campaign)
    assert fates(found) == {"recalled": 3}
    assert stage.platform.recalls["r00001"] == 2
    assert stage.states() == {"recalled": 3}


def test_a_refusal_after_a_lost_answer_is_in_doubt_and_never_done(stage: Stage) -> None:
    campaign = sent(stage, "recalled")
    stage.platform.recall_script["r00001"] = ["drop_after", "refused"]
    found = recall(stage, campaign)
    assert fates(found) == {"recalled": 2, "unknown": 1}
    assert found[0]["outcome"] == "partly"
    assert stage.states() == {"recalled": 2, "sent": 1}
    assert stage.house.rows("SELECT outcome, again_at IS NULL AS over FROM recalls WHERE tries > 1") == [
        {"outcome": "unknown", "over": True}
    ]


def test_a_plain_refusal_is_refused_with_the_platforms_words(stage: Stage) -> None:
    campaign = sent(stage, "recalled", rows=1)
    stage.platform.recall_script["r00001"] = ["refused"]
    found = recall(stage, campaign)
    assert (found[0]["outcome"], found[0]["items"][0]["reason"]) == ("refused", ("not you", "not you"))
    assert stage.states() == {"sent": 1}


def test_a_worker_asks_again_for_whoever_died_in_the_middle(stage: Stage) -> None:
    campaign = sent(stage, "recalled")
    member = stage.house.members["editor"]
    for row in stage.house.rows("SELECT id FROM deliveries"):
        stage.house.run(
            "INSERT INTO recalls (delivery_id, kind, member_id, tries, asked_at, again_at)"
            " VALUES (%s, 'recall', %s, 1, now() - interval '3 minutes', now())",
            row["id"],
            member,
        )
    assert stage.house.one("SELECT count(*) FROM tenants_with_work(now())") == 1
    stage.run(stage.workers[0].engine.turn(stage.house.tenant))
    assert stage.states() == {"recalled": 3}
    assert stage.platform.recalls == {"r00001": 1, "r00002": 1, "r00003": 1}
    assert stage.house.one("SELECT count(*) FROM recalls WHERE again_at IS NOT NULL") == 0
    assert fates(recall(stage, campaign)) == {}
    balance(stage.house)


def test_who_asks_while_another_asks_does_not_ask_twice(stage: Stage) -> None:
    campaign = sent(stage, "recalled", rows=1)
    one = stage.house.one("SELECT id FROM deliveries")
    note = (
        "INSERT INTO recalls (delivery_id, kind, member_id, tries, asked_at, again_at)"
        " VALUES (%s, 'recall', %s, 1, now(), now() + interval '1 minute')"
    )
    stage.house.run(note, one, stage.house.members["editor"])
    assert fates(recall(stage, campaign)) == {"later": 1}
    assert stage.platform.recalls == {}


def test_what_is_due_is_cancelled_and_what_may_be_out_is_not_called_cancelled(stage: Stage) -> None:
    campaign = stage.house.campaign()
    account = stage.house.account("k", kind="keyed", address=stage.platform.address)
    dispatch = stage.house.dispatch(campaign, account, rows=2, repeat=("key", 3600))
    stage.platform.script["r00001"] = ["drop_after"]
    worker = stage.worker()
    stage.run(worker.engine.turn(stage.house.tenant))
    stage.house.as_owner(
        "INSERT INTO deliveries (campaign_id, dispatch_id, account_id, target, form, people)"
        " VALUES (%s, %s, %s, 'r00003', 'ids', 1)",
        campaign, dispatch, account,
    )  # fmt: skip
    recall(stage, campaign)
    states = {row["target"]: row["state"] for row in stage.house.rows("SELECT target, state FROM deliveries")}
    assert states == {"r00001": "unknown", "r00002": "sent", "r00003": "cancelled"}


def test_a_client_an_account_and_a_channel_bound_what_is_taken_back(stage: Stage) -> None:
    first = sent(stage, "recalled", rows=1, client="Moon")
    second = sent(stage, "recalled", rows=1, client="Sun")
    assert [one["campaign"] for one in preview(stage, client="Sun")] == [second]
    assert [one["campaign"] for one in preview(stage, channel="trial")] == [first, second]
    assert [one["campaign"] for one in preview(stage, account_key=f"a{first}")] == [first]
    assert preview(stage, second, client="Moon") == []
    stage.house.run("UPDATE campaigns SET released_at = now() - interval '3 days' WHERE id = %s", first)
    stage.house.run("UPDATE deliveries SET accepted_at = now() - interval '3 days' WHERE campaign_id = %s", first)
    assert [one["campaign"] for one in preview(stage, channel="trial")] == [second]
    assert fates(preview(stage, channel="trial", since="4d")) == {"too_late": 1, "recalled": 1}
    found = recall(stage, client="Sun", since="1h")
    assert [(one["campaign"], one["outcome"]) for one in found] == [(second, "done")]
    assert stage.house.one("SELECT state FROM deliveries WHERE campaign_id = %s", first) == "sent"


def test_what_a_recall_cannot_mean_is_said(stage: Stage) -> None:
    for wish, problem in (
        ({}, Invalid),
        ({"client": "nobody"}, NotFound),
        ({"account_key": "nobody"}, NotFound),
        ({"channel": "nobody"}, NotFound),
        ({"channel": "trial", "since": "soon"}, Invalid),
    ):
        with pytest.raises(problem):
            preview(stage, **wish)
    for empty in ("client", "account_key", "channel"):
        with pytest.raises(Invalid, match="it is empty"):
            preview(stage, stage.house.campaign(), **{empty: ""})
    with pytest.raises(NotFound):
        preview(stage, 999)
    with pytest.raises(Forbidden), stage.house.within():
        recalls.recall(stage.house.actor("analyst"), channel="trial")


def test_a_killed_question_stays_open_and_never_says_done(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = sent(stage, "recalled", rows=1)

    async def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(recalling.Recalling, "_keep", dies)
        patch.setattr(recalling.Recalling, "_done", dies)
        with pytest.raises(KeyboardInterrupt):
            recall(stage, campaign)
    assert stage.platform.gone == {"r00001"}
    assert stage.house.rows("SELECT outcome, answered_at FROM recalls") == [{"outcome": "asking", "answered_at": None}]
    assert stage.states() == {"sent": 1}
    stage.house.run("UPDATE recalls SET again_at = now()")
    stage.run(stage.workers[0].engine.turn(stage.house.tenant))
    assert stage.states() == {"recalled": 1}


@pytest.mark.parametrize(
    ("outcome", "in_doubt", "word", "again"),
    [
        (Receipt({}), False, "done", False),
        (Receipt({}), True, "done", False),
        (Refused("no"), False, "refused", False),
        (Refused("no"), True, "unknown", False),
        (Unauthorized("credentials"), False, "refused", False),
        (Unknown("?"), False, "unknown", True),
        (Unreachable("away"), False, "later", True),
        (Unreachable("away"), True, "unknown", True),
        (Throttled(3.0), False, "later", True),
        (Throttled(999.0), False, "refused", False),
    ],
)
def test_an_answer_to_a_recall_is_kept_as_what_it_is(outcome: Any, in_doubt: bool, word: str, again: bool) -> None:
    kept = answered(outcome, 1, in_doubt, NOW + timedelta(seconds=60), NOW)
    assert (kept.outcome, kept.again is not None) == (word, again)


def test_a_question_is_not_asked_for_ever() -> None:
    assert answered(Unknown("?"), 30, True, None, NOW).again is None


def test_what_never_went_out_has_no_fate() -> None:
    route = Route("each", ("text",), ("ids",), FanOut("each"), Repeat("none"), RecallRight("recall", 60))
    for state in ("failed", "skipped", "missed", "recalled", "cancelled"):
        assert fate({"state": state, "accepted_at": None, "reserved_by": None}, route, 60, NOW) == ""
