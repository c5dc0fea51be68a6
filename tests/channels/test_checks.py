"""Check packs are found, refused when bad, and never pass a text because they broke."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from saas.channels import Finding, Message, Passage, hookimpl
from saas.channels.checks import Checks
from saas.channels.registry import BadChannel

DAY = date(2026, 11, 22)
TEXT = Message("text", text="甲")


class Shouting:
    """Finds every exclamation mark."""

    @hookimpl
    def findings(self, passages: Sequence[Passage]) -> list[Finding]:
        return [Finding("loud", "note", p.where, ("感叹号", "exclamation mark")) for p in passages if "！" in p.text]


class Broken:
    @hookimpl
    def findings(self) -> list[Finding]:
        raise RuntimeError("secret words")


class Waiting:
    @hookimpl
    async def findings(self) -> list[Finding]:
        return []


class Sending(Shouting):
    @hookimpl
    async def send(self) -> None: ...


def test_a_pack_of_a_stranger_is_asked_with_the_arguments_it_takes() -> None:
    found = Checks([("shouting", Shouting())]).findings(TEXT, [Passage("好！", "a.md"), Passage("好", "b.md")], (), DAY)
    assert [(f.rule, f.where) for f in found] == [("loud", "a.md")]


def test_a_pack_that_breaks_blocks_and_the_others_are_heard() -> None:
    found = Checks([("broken", Broken()), ("shouting", Shouting())]).findings(TEXT, [Passage("好！", "a.md")], (), DAY)
    assert [(f.rule, f.severity) for f in found] == [("check_failed", "block"), ("loud", "note")]
    assert "secret" not in found[0].message[1]


@pytest.mark.parametrize(("plugin", "fault"), [(Waiting(), "plain def"), (object(), "findings"), (Sending(), "nothing else")])
def test_a_bad_pack_is_refused_with_its_fault(plugin: object, fault: str) -> None:
    with pytest.raises(BadChannel, match=fault):
        Checks([("bad", plugin)])


def test_two_packs_of_one_name_are_refused() -> None:
    with pytest.raises(BadChannel, match="two packs"):
        Checks([("one", Shouting()), ("one", Broken())])


def test_the_packs_of_the_product_are_installed_by_the_road_of_all() -> None:
    names = [pack.name for pack in Checks.from_entry_points().all()]
    assert {"inducement", "advertising", "medical", "finance", "education", "food", "cosmetics", "dates"} <= set(names)
