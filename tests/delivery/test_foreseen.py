"""What a platform's answer or silence means for a plan: told with its place and remedy, and signed."""

from __future__ import annotations

from dataclasses import replace

from saas.audience.snapshot import Standing
from saas.channels import FanOut, Repeat, Route, Tag, Target
from saas.content.draft import Audience, CampaignDraft
from saas.delivery.expansion import Plan
from saas.delivery.foreseen import foreseen, reason_of
from saas.delivery.planning import _signed

ROUTE = Route("mass", ("text",), ("all", "tag"), FanOut("platform"), Repeat("none"))
DRAFT = CampaignDraft(
    "x",
    "text",
    audience=Audience("tag", ("长客",)),
    lines={"audience": 7, "accounts": 3},
    account_places={"a": ("accounts.csv", 2)},
)
TAGS = [Tag("101", "新客", 9), Tag("100", "常客", 3), *(Tag(str(n), f"其他{n}", n) for n in range(1, 12))]


def test_an_unknown_tag_names_its_field_its_line_and_the_nearest_tags_first() -> None:
    standing = Standing(trouble="tag_unknown", tags=TAGS)
    (finding,) = foreseen(DRAFT, "a", ROUTE, standing)
    assert (finding.rule, finding.severity, finding.where, finding.line) == ("tag_unknown", "warn", "campaign.yaml: audience", 7)
    assert finding.message[0] == "a 没有标签长客，这个账号不会发送"
    for said, first in zip(finding.remedy, ("新客（编号 101，9 人）", "新客 (number 101, 9 people)"), strict=True):
        assert said.split(first)[0].endswith(("标签：", ": ", "、", ", "))
    assert finding.remedy[0].endswith("……") and finding.remedy[1].endswith(" …")
    assert reason_of(DRAFT, standing).count(" / ") == 1


def test_a_name_of_two_tags_asks_for_the_number_and_an_account_without_tags_says_so() -> None:
    two = foreseen(DRAFT, "a", ROUTE, Standing(trouble="tag_ambiguous", tags=[Tag("7", "长客", 1), Tag("8", "长客", 2)]))[0]
    assert "7" in two.remedy[1] and "8" in two.remedy[1] and two.rule == "tag_ambiguous"
    assert "no tags at all" in foreseen(DRAFT, "a", ROUTE, Standing(trouble="tag_unknown"))[0].remedy[1]


def test_a_silent_platform_is_told_at_the_accounts_own_line() -> None:
    standing = Standing([Target("all", (), 50)], unasked="HTTP 502")
    (finding,) = foreseen(replace(DRAFT, audience=Audience()), "a", ROUTE, standing)
    assert (finding.rule, finding.where, finding.line) == ("audience_unasked", "accounts.csv", 2)
    assert finding.message[1] == "a: planned without asking the platform: 50 people by the account's own figure"
    assert foreseen(DRAFT, "a", ROUTE, Standing([Target("all", (), 50)])) == []


def test_that_nobody_was_asked_is_part_of_what_is_signed() -> None:
    asked = Plan("a", 1, "mass", "person", "none", 0, {}, [Target("tag", ("100",), 3)])
    signed = [
        _signed(asked),
        _signed(replace(asked, unasked=True)),
        _signed(replace(asked, targets=[Target("tag", ("100",), 4)])),
    ]
    assert len({str(one) for one in signed}) == 3


def test_what_a_platform_says_of_an_account_that_sends_is_noted_at_its_line() -> None:
    standing = Standing(targets=[Target("all", (), 3)], warning="素材库快满了 / the library is nearly full")
    (finding,) = foreseen(DRAFT, "a", ROUTE, standing)
    assert (finding.rule, finding.severity, finding.where, finding.line) == ("account_warning", "note", "accounts.csv", 2)
    assert finding.message == ("a 素材库快满了", "a: the library is nearly full")
