"""What a terminal is spared: ten thousand findings of one kind in one place, and secrets of simulated accounts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from saas.accounts.channels import installed
from saas.channels.conformance.theatre import Theatre
from saas.channels.simulator import Enrolment
from saas.cli.rehearsals import MASK, masked, simulators
from saas.cli.saying import show_findings


def finding(number: int, line: int, rule: str = "group_unknown") -> dict[str, Any]:
    where = {"rule": rule, "severity": "warn", "where": "campaign.yaml: audience", "line": line, "remedy": ("", "")}
    return {**where, "message": (f"群{number}", f"no group {number}")}


def printed(capsys: pytest.CaptureFixture[str], findings: list[dict[str, Any]]) -> list[str]:
    show_findings(findings)
    return capsys.readouterr().err.splitlines()


def test_many_findings_of_one_place_are_the_first_few_and_a_count(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    lines = printed(capsys, [finding(n, 5) for n in range(10_000)] + [finding(1, 6), finding(1, 5, "other")])
    assert [line.split("  ")[1] for line in lines[:5]] == [f"no group {n}" for n in range(5)]
    assert lines[5].strip() == "… and 9,995 more of them  [group_unknown]"
    assert len(lines) == 8


def test_as_many_as_can_be_read_and_those_of_other_lines_are_all_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(printed(capsys, [finding(n, 5) for n in range(20)])) == 20
    assert len(printed(capsys, [finding(n, n) for n in range(200)])) == 200


def test_whatever_is_called_secret_is_masked_however_deep() -> None:
    told = {
        "key": "moon", "ip_allowed": True, "app_secret": "s1", "tokens": ["t1", {"access_token": "t2"}], "aes_key": "",
        "grants": {"wx1": {"refresh": "r1", "rights": [1]}}, "token": {"a" * 40: 7_200},
    }  # fmt: skip
    assert masked(told) == {
        "key": "moon", "ip_allowed": True, "app_secret": MASK, "tokens": [MASK, {"access_token": MASK}], "aes_key": "",
        "grants": {"wx1": {"refresh": MASK, "rights": [1]}}, "token": {MASK: 7_200},
    }  # fmt: skip


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Theatre]:
    with Theatre(installed("wecom").hook.simulator(), tmp_path) as theatre:
        monkeypatch.setenv("QUNFA_SIMULATORS", json.dumps({"wecom": theatre.address}))
        yield theatre


def test_a_simulated_accounts_secrets_are_shown_only_to_who_asks(stage: Theatre, environment: dict[str, str]) -> None:
    simulator, server = stage.server.simulator, stage.server
    made = stage.change(lambda: simulator.enrol(Enrolment("office", "app", "山岚", 8, "/pushed"), server.stage.address))
    stage.change(lambda: server.stage.keep(made.id, {**made.record, "key": "office", "callback_path": "/pushed"}))
    secret = made.credentials["app_secret"]
    shown = CliRunner().invoke(simulators, ["account", "office", "--set", "confirm=never"], catch_exceptions=False)
    assert (shown.exit_code, json.loads(shown.stdout)["confirm"]) == (0, "never")
    assert secret not in shown.stdout and made.credentials["callback_token"] not in shown.stdout
    clear = CliRunner().invoke(simulators, ["account", "office", "--show-secrets"], catch_exceptions=False)
    assert json.loads(clear.stdout)["app_secret"] == secret
