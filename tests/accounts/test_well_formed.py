"""Settings that are more than text are refused where they are entered, by field, rule and remedy."""

from __future__ import annotations

from typing import Any

import pytest

from saas.accounts.well_formed import must_be_well_formed
from saas.channels.rules import RulePack
from saas.kernel.errors import Invalid

GOOD = {"template_day": {"value": 5, "reason": "own caution"}}


@pytest.mark.parametrize(
    "overrides", ["x", [1], {"template_day": 5}, {"template_day": {"value": "5.5", "reason": "x"}}, {"a": {"value": 5}}]
)
def test_an_override_without_a_number_and_a_reason_is_refused(overrides: Any) -> None:
    with pytest.raises(Invalid) as refused:
        must_be_well_formed({"overrides": overrides})
    assert refused.value.field == "settings.overrides"


@pytest.mark.parametrize("groups", ["abc", {"id": "1"}, ["1"], [{"title": "one"}], [{"id": "1", "title": {}}], [{"id": " "}]])
def test_groups_without_ids_are_refused(groups: Any) -> None:
    with pytest.raises(Invalid) as refused:
        must_be_well_formed({"groups": groups})
    assert refused.value.field == "settings.groups"


@pytest.mark.parametrize(
    "own", [{}, {"overrides": GOOD}, {"overrides": ""}, {"groups": [{"id": "1", "title": "one"}]}, {"mass_speed": "2"}]
)
def test_what_is_well_formed_passes(own: Any) -> None:
    must_be_well_formed(own)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("kinds", '"board"', "list of names"),
        ("routes", '"posts"', "list of names"),
        ("amount", '"60"', "whole number"),
        ("amount", "-1", "whole number"),
        ("scope", '"recipient"', "account or target"),
        ("unit", '"people"', "call or person"),
    ],
)
def test_a_rule_that_is_written_a_little_wrong_is_no_rule_that_binds_nobody(key: str, value: str, told: str) -> None:
    rule = {
        "name": '"day"',
        "type": '"cap"',
        "kinds": '["board"]',
        "window": '"day"',
        "amount": "60",
        "source": '"s"',
        "grade": '"O"',
    }
    text = "\n".join(f"{name} = {written}" for name, written in {**rule, key: value}.items())
    with pytest.raises(ValueError, match=told):
        RulePack.read("as_of = 2026-11-22\n[[rule]]\n" + text)
