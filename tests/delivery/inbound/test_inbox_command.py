"""``inbox`` at a shell."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from saas.cli.inbox import inbox
from tests.conftest import House
from tests.delivery.inbound.conftest import PERSON, Shop, Write


def run(*words: str, who: str = "reviewer") -> Result:
    return CliRunner().invoke(inbox, [*words, "--as", f"{who}@house.test"])


def test_what_was_said_is_listed_and_a_rule_approved_by_another(
    house: House, shop: Shop, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    rule = write(signed=False)
    shop.say("价格多少")
    (listed,) = json.loads(run("rules", "--json").stdout)
    assert (listed["id"], listed["state"]) == (rule.id, "awaiting")
    assert "is approved" in run("approve", str(rule.id)).stderr
    shop.say("价格")
    shown = run("list", "--limit", "1").stdout
    assert "done: 请看菜单" in shown
    assert PERSON not in shown
    assert [one["said"] for one in json.loads(run("list", "--json", "--kind", "text").stdout)] == ["价格", "价格多少"]
    assert json.loads(run("list", "--json", "--account", "elsewhere").stdout) == []
    assert "answers nobody" in run("approve", str(rule.id), "--reject", "--comment", "over").stderr
    assert shop.say("价格") == {}
    assert "价格" in run("rules").stdout
