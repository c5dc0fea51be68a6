"""``quota`` at a shell: entered, imported, explained, verified, with exit codes that say how it went."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from saas.cli.quota import quota
from saas.kernel import clock
from saas.kernel.errors import Forbidden, Invalid
from tests.conftest import House

RULE = "mass_day"


@pytest.fixture
def moon(house: House) -> int:
    return house.account("moon", channel="official_account", kind="subscription")


def run(*words: str, by: str = "owner") -> Result:
    return CliRunner().invoke(quota, [*words, "--as", f"{by}@house.test"], standalone_mode=False)


def enter(by: str = "owner") -> Result:
    return run("enter", "moon", RULE, "1", "--at", clock.now().isoformat(), "--reason", "console", by=by)


def test_what_is_entered_is_explained_in_words_and_as_json(house: House, moon: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    assert enter().exception is None
    told = json.loads(run("explain", "moon", "--json", by="analyst").stdout)
    cap = next(cap for cap in told["caps"] if cap["rule"] == RULE)
    assert (cap["external"], cap["left"], cap["outside"][0]["reason"]) == (1, 0, "console")
    shown = run("explain", "moon", by="analyst").stdout
    assert "console (owner@house.test)" in shown
    assert "0 left" in shown
    assert "the next send is possible from" in shown


def test_verify_ends_with_one_when_the_books_differ(house: House, moon: int) -> None:
    enter()
    assert run("verify", "moon").return_value != 1
    house.run("UPDATE quota_windows SET external = 2")
    result = run("verify", "--json")
    assert result.return_value == 1 or result.exit_code == 1
    found = json.loads(result.stdout)
    assert [(one["counter"], one["booked"], one["recomputed"]) for one in found["differences"]] == [("external", 2, 1)]


def test_a_list_is_imported_from_a_file(house: House, moon: int, tmp_path: Path) -> None:
    file = tmp_path / "sent.csv"
    file.write_text(f"account,rule,units,at,reason\nmoon,{RULE},1,{clock.now():%Y-%m-%d}T00:00,console\n", encoding="utf-8")
    assert "登记 1 行" in run("import", str(file)).stderr
    assert "已知 1 行" in run("import", str(file)).stderr
    file.write_text(f"account,rule,units,at,reason\nmoon,{RULE},0,never,\n", encoding="utf-8")
    refused = run("import", str(file)).exception
    assert isinstance(refused, Invalid)
    assert [finding["where"] for finding in refused.detail["findings"]] == ["sent.csv"] * 3


def test_who_may_not_is_told(house: House, moon: int) -> None:
    assert isinstance(enter(by="analyst").exception, Forbidden)
