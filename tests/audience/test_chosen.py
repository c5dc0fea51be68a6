"""Single groups are chosen by id or by a name that only one has; what no group is meant by is told."""

from __future__ import annotations

from saas.audience.chosen import chosen, targets_of
from saas.audience.snapshot import Standing
from saas.channels import Group, Target
from saas.content.draft import Audience, CampaignDraft
from saas.delivery.foreseen import reason_of, unknown_groups

GROUPS = [
    Group("wr1", "老客群", 30, "zhang", "张三"),
    Group("wr2", "新客群", 12, "li", "李四"),
    Group("wr3", "ＶＩＰ群", 9, "zhang", "张三"),
    Group("wr4", "双", 3, "li", "李四"),
    Group("wr5", "双", 4, "li", "李四"),
    Group("wr6", "", 4),
]
DRAFT = CampaignDraft("x", "text", audience=Audience("ids", ("wr1", "走了")), lines={"audience": 5})


def test_groups_are_meant_by_id_or_by_name_each_once_in_the_order_of_the_list() -> None:
    found, missing = chosen(["vip群", "wr1", "老客群"], GROUPS)
    assert [group.id for group in found] == ["wr1", "wr3"]
    assert missing == []


def test_a_name_of_several_groups_and_one_of_none_are_missing() -> None:
    found, missing = chosen(["双", "走了", "wr5", ""], GROUPS[:5])
    assert [group.id for group in found] == ["wr5"]
    assert [(one.wish, [group.id for group in one.alike]) for one in missing] == [("双", ["wr4", "wr5"]), ("走了", []), ("", [])]


def test_groups_of_one_owner_are_one_target_and_others_one_each() -> None:
    assert targets_of([GROUPS[0], GROUPS[1], GROUPS[2], GROUPS[5]]) == [
        Target("ids", ("wr6",), 1, {"title": ""}),
        Target("ids", ("zhang",), 2, {"title": "张三", "groups": "wr1 wr3"}),
        Target("ids", ("li",), 1, {"title": "李四", "groups": "wr2"}),
    ]


def standing(*wishes: str) -> Standing:
    found, missing = chosen(wishes, GROUPS)
    return Standing(targets_of(found), "" if found else "group_unknown", missing=missing)


def test_a_group_is_told_as_unknown_only_when_it_is_none_of_any_accounts() -> None:
    both = [standing("wr1", "走了", "wr9"), Standing(trouble="group_unknown", missing=chosen(["wr1", "走了"], [])[1])]
    (told,) = unknown_groups(DRAFT, both)
    assert (told.rule, told.severity, told.where, told.line) == ("group_unknown", "warn", "campaign.yaml: audience", 5)
    assert "走了" in told.message[0] and "走了" in told.message[1] and "accounts groups" in told.remedy[1]
    assert reason_of(DRAFT, both[1]).count(" / ") == 1


def test_an_account_that_could_not_be_asked_says_nothing_of_groups() -> None:
    assert unknown_groups(DRAFT, [Standing(trouble="credentials"), Standing([Target("ids", ("wr1",))], unasked="HTTP 502")]) == []


def test_a_name_of_several_groups_asks_for_the_id() -> None:
    (told,) = unknown_groups(DRAFT, [standing("双", "wr1")])
    assert "2" in told.message[1] and "wr4, wr5" in told.remedy[0]
