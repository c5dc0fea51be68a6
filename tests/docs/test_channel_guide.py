"""The guide for authors of channels says what the contract says, and its example is a channel."""

from __future__ import annotations

import importlib.util
import inspect
from pathlib import Path

from saas.channels import spec
from saas.channels.registry import Registry, hook_names
from saas.channels.rules import WINDOWS
from saas.content.measures import MEASURES
from tests.docs.conftest import page, rows, spans

GUIDE = "docs/channels/README.md"
RULES = """[[rule]]
name = "posts_day"
type = "cap"
kinds = ["board"]
window = "day"
amount = 3
source = "the board's own page"
grade = "D"
"""


def hooks_of_the_guide() -> list[list[str]]:
    table = [row for row in rows(page(GUIDE).section("Hooks")) if row[0] != "hook"]
    assert len(table) > 10
    return table


def test_the_guide_has_every_hook_in_the_order_of_the_contract() -> None:
    assert [spans(row[0])[0] for row in hooks_of_the_guide()] == hook_names()


def test_the_guide_gives_each_hook_its_arguments() -> None:
    for name, arguments, *_ in hooks_of_the_guide():
        assert spans(arguments) == list(inspect.signature(getattr(spec, spans(name)[0])).parameters), name


def test_the_guide_says_which_hooks_are_coroutines() -> None:
    for name, _, kind, *_ in hooks_of_the_guide():
        coroutine = inspect.iscoroutinefunction(getattr(spec, spans(name)[0]))
        assert kind.split(",")[0] == ("async" if coroutine else "plain"), name


def test_the_guide_says_which_hooks_are_obligatory() -> None:
    assert tuple(spans(row[0])[0] for row in hooks_of_the_guide() if row[3] == "yes") == spec.REQUIRED


def test_the_guide_names_every_outcome() -> None:
    named = [spans(row[0])[0].split("(")[0] for row in rows(page(GUIDE).section("Outcomes")) if row[0] != "outcome"]
    outcomes = ("Receipt", "Refused", "Throttled", "Exhausted", "Unauthorized", "Unreachable", "Unknown", "Absent")
    assert tuple(named) == outcomes


def test_the_guide_names_the_windows_and_the_content_rules_the_core_measures() -> None:
    packs = page(GUIDE).section("Rule packs")
    assert set(MEASURES) | set(WINDOWS) <= set(spans(packs))
    listed = packs.split("measured by the core:")[1].split(".")[0]
    assert set(spans(listed)) == set(MEASURES)


def test_the_example_of_the_guide_is_accepted_as_a_channel(tmp_path: Path) -> None:
    code = next(block for block in page(GUIDE).blocks() if "@hookimpl" in block)
    (tmp_path / "rules.toml").write_text(RULES)
    (tmp_path / "my_channel.py").write_text(code)
    found = importlib.util.spec_from_file_location("my_channel", tmp_path / "my_channel.py")
    assert found and found.loader
    plugin = importlib.util.module_from_spec(found)
    found.loader.exec_module(plugin)
    registry = Registry()
    registry.register("my_channel", plugin)
    registry.freeze()
    installed = registry.get("my_channel")
    assert installed and installed.channel.kind("board")
