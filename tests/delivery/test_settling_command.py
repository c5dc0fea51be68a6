"""``unknowns`` at a shell: exactly one answer is taken, what was recorded is said, and JSON reads like everywhere."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from click.testing import CliRunner, Result

from saas.cli.sending import send
from saas.cli.waiting import unknowns
from saas.delivery.unknowns import count_unknown, list_unknown
from tests.delivery.conftest import Stage
from tests.delivery.test_unknowns import lost


def run(*words: str) -> Result:
    return CliRunner().invoke(unknowns, [*words, "--as", "reviewer@house.test"])


@pytest.mark.parametrize("answers", [[], ["--happened", "--did-not-happen"], ["--did-not-happen", "--happened"]])
@pytest.mark.parametrize(("language", "word"), [("zh_CN.UTF-8", "只写一个"), ("en_US.UTF-8", "only one of them")])
def test_both_answers_or_none_record_nothing(
    stage: Stage, answers: list[str], language: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", language)
    result = run("settle", str(lost(stage).id), *answers, "--reason", "x")
    assert result.exit_code == 2
    assert word in result.stderr
    assert stage.states() == {"unknown": 1}


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [("--happened", "sent", "went out, counted as delivered (1)"), ("--did-not-happen", "failed", "counted as failed (1)")],
)
def test_what_was_recorded_is_said(stage: Stage, answer: str, state: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    one = lost(stage).id
    result = run("settle", str(one), answer, "--reason", "seen")
    assert result.exit_code == 0
    assert f"delivery {one} " in result.stderr
    assert words in result.stderr
    assert stage.states() == {state: 1}


def test_the_list_as_json_has_iso_times_and_words_in_pairs(stage: Stage) -> None:
    found = lost(stage)
    [told] = json.loads(run("list", "--json").stdout)
    assert "T" in told["since"]
    assert datetime.fromisoformat(told["since"]) == found.since
    assert " / ".join(dict.fromkeys(told["reason"])) == found.reason
    assert len(told["reason"]) == len(told["if_not"]) == 2


def test_none_is_left_out_of_a_long_list_and_a_page_knows_how_many_there_are(stage: Stage) -> None:
    stage.ready(203, "blind")
    stage.house.run("UPDATE deliveries SET state = 'unknown', unknown = people")
    assert len(json.loads(run("list", "--json").stdout)) == 203
    with stage.house.within():
        reader = stage.house.actor("analyst")
        assert (len(list_unknown(reader)), count_unknown(reader)) == (200, 203)


def test_patience_below_zero_is_refused() -> None:
    result = CliRunner().invoke(send, [".", "--dry-run", "--patience", "-1"])
    assert result.exit_code == 2
    assert "--patience" in result.stderr


def test_what_ended_alike_is_settled_with_one_word_and_nothing_else_is(stage: Stage) -> None:
    stage.ready(5, "blind")
    stage.ready(2, "blind")
    stage.house.run("UPDATE deliveries SET state = 'unknown', unknown = people, code = 'worker_lost'")
    stage.house.run("UPDATE deliveries SET code = 'set_aside' WHERE id = (SELECT min(id) + 1 FROM deliveries)")
    stage.house.run("UPDATE deliveries SET poll_at = now() WHERE id = (SELECT min(id) + 2 FROM deliveries)")
    first = stage.house.one("SELECT min(id) FROM deliveries")
    assert run("settle", str(first), "--happened", "--reason", "seen", "--alike").exit_code == 0
    assert stage.states() == {"sent": 3, "unknown": 4}
    assert stage.house.one("SELECT count(*) FROM audit_log WHERE action = 'deliveries.settle'") == 3
