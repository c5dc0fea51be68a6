"""Faults and clocks of the stages are refused in words before anything is asked; states have Chinese words."""

from __future__ import annotations

import pytest

from saas.cli.main import main
from saas.cli.showing import CAMPAIGN_STATES
from saas.web.console.words import CAMPAIGN_STATES as PAGES


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["fault", "delay", "--value", "abc"], "--value"),
        (["fault", "callback_late", "--value", "nan"], "--value"),
        (["fault", "error"], "--value"),
        (["fault", "token", "--times", "-1"], "--times"),
        (["clock", "0"], "RATE"),
        (["clock", "--", "-3"], "RATE"),
    ],
)
@pytest.mark.parametrize("language", ["zh_CN.UTF-8", "en_US.UTF-8"])
def test_a_fault_that_cannot_be_is_refused_by_field_before_anything_is_asked(
    words: list[str], named: str, language: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["run.py", "simulators", *words])
    monkeypatch.setenv("LC_ALL", language)
    assert main() == 2
    said = capsys.readouterr().err
    assert named in said and ("写" in said if language.startswith("zh") else "write" in said)


def test_every_state_of_a_campaign_has_its_chinese_words() -> None:
    assert {code: label.words[0] for code, label in PAGES.items()} == CAMPAIGN_STATES
