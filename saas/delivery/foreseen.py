"""What the platforms' answers, or their silence, mean for a plan: told before anybody signs it."""

from __future__ import annotations

from collections.abc import Sequence

from saas.audience.chosen import Missing
from saas.audience.snapshot import Standing
from saas.audience.tags import nearest
from saas.channels.channel import Route
from saas.channels.platform import Finding, Tag
from saas.content.draft import CampaignDraft
from saas.content.faults import Words, shown
from saas.kernel.errors import both_sides, counted

NO_TAG = ("tag_unknown", "tag_ambiguous")
NO_GROUP = "group_unknown"
NOBODY = (*NO_TAG, NO_GROUP)
"""Troubles of the wish, not of the account."""
UNASKED = "audience_unasked"
WARNED = "account_warning"
RULES = (*NOBODY, UNASKED, WARNED)
NONE_OF_ITS = ("没有所选的群", "none of the chosen groups is among its own")


def foreseen(draft: CampaignDraft, key: str, route: Route, standing: Standing) -> list[Finding]:
    """The findings of one account's standing. They stop this account at most, never the others."""
    if standing.trouble in NO_TAG:
        message, remedy = _no_tag(draft.audience.ids[0], standing)
        said = (f"{key} {message[0]}，这个账号不会发送", f"{key}: {message[1]}; it does not send")
        return [Finding(standing.trouble, "warn", "campaign.yaml: audience", said, remedy, draft.lines.get("audience", 0))]
    if standing.trouble == NO_GROUP:
        said = (f"{key} {NONE_OF_ITS[0]}，这个账号不会发送", f"{key}: {NONE_OF_ITS[1]}; it does not send")
        remedy = (
            f"用 accounts groups {key} 查看它的群，或去掉这个账号",
            f"list its groups by accounts groups {key}, or leave it out",
        )
        return [Finding(NO_GROUP, "warn", "campaign.yaml: audience", said, remedy, draft.lines.get("audience", 0))]
    if standing.unasked:
        where, line = draft.account_places.get(key, ("campaign.yaml: accounts", draft.lines.get("accounts", 0)))
        known = unasked_words(standing.people, route.unit, listed=draft.audience.form == "ids" or bool(draft.recipients))
        remedy = (
            "平台恢复后照常发送；到最晚时间仍不通，就记为错过",
            "it is sent when the platform answers, and missed if that is later than the campaign's lateness",
        )
        return [Finding(UNASKED, "warn", where, (f"{key} {known[0]}", f"{key}: {known[1]}"), remedy, line)]
    return _warned(draft, key, standing.warning) if standing.warning else []


def unknown_groups(draft: CampaignDraft, standings: Sequence[Standing]) -> list[Finding]:
    """Groups that were named and are none of any account's, as far as the accounts could be asked: told by name, and left out."""
    asked = [standing for standing in standings if standing.trouble in ("", NO_GROUP) and not standing.unasked]
    lacking = [{one.wish: one for one in standing.missing} for standing in asked]
    wishes = [wish for wish in (lacking[0] if lacking else {}) if all(wish in one for one in lacking)]
    return [_unknown_group(draft, max((one[wish] for one in lacking), key=lambda m: len(m.alike))) for wish in wishes]


def _unknown_group(draft: CampaignDraft, missing: Missing) -> Finding:
    name, line = shown(missing.wish), draft.lines.get("audience", 0)
    if missing.alike:
        ids = ", ".join(group.id for group in missing.alike[:8])
        said = (f"有 {len(missing.alike)} 个群叫{name}，不会发送", f"{len(missing.alike)} groups are called {name}: left out")
        remedy = (f"audience.ids 改写编号：{ids}", f"write its id in audience.ids: {ids}")
        return Finding(NO_GROUP, "warn", "campaign.yaml: audience", said, remedy, line)
    said = (
        f"没有群{name}：已解散、已退出、不可发言或写错，不会发送",
        f"no group {name}: dismissed, left, closed or mistyped; left out",
    )
    remedy = ("用 accounts groups KEY 查看账号现有的群", "accounts groups KEY lists the groups there are")
    return Finding(NO_GROUP, "warn", "campaign.yaml: audience", said, remedy, line)


def _warned(draft: CampaignDraft, key: str, warning: str) -> list[Finding]:
    """What the platform says of an account that can send all the same."""
    where, line = draft.account_places.get(key, ("campaign.yaml: accounts", draft.lines.get("accounts", 0)))
    zh, en = both_sides(warning)
    remedy = ("这次仍会发送", "it sends all the same")
    return [Finding(WARNED, "note", where, (f"{key} {zh}", f"{key}: {en}"), remedy, line)]


def reason_of(draft: CampaignDraft, standing: Standing) -> str:
    """Why an account sends nothing, as its dispatch keeps it: in both languages where the core itself knows why."""
    if standing.trouble == NO_GROUP:
        return " / ".join(NONE_OF_ITS)
    if standing.trouble not in NO_TAG:
        return standing.detail
    message, remedy = _no_tag(draft.audience.ids[0], standing)
    return f"{message[0]}；{remedy[0]} / {message[1]}; {remedy[1].replace(' / ', '/')}"


def unasked_words(people: int, unit: str, listed: bool = False) -> Words:
    """That the plan was made without the platform, and whose number it is made with."""
    if unit == "page":
        return "没有问到平台就列入计划：发表到主页", "planned without asking the platform: one publication on its page"
    groups = unit == "group"
    whom = counted(people, "group") if groups else counted(people, "person", "people")
    whose = (
        ("按活动自己的名单", "by the campaign's own list") if listed else ("按账号自己登记的数字", "by the account's own figure")
    )
    return (
        f"没有问到平台就列入计划：{whose[0]} {people} {'个群' if groups else '人'}",
        f"planned without asking the platform: {whom} {whose[1]}",
    )


def _no_tag(wish: str, standing: Standing) -> tuple[Words, Words]:
    tags = nearest(wish, standing.tags)
    listed = (
        _listed(tags, standing.tags, "（编号 {id}，{people} 人）", "、"),
        _listed(tags, standing.tags, " (number {id}, {people} people)", ", "),
    )
    if standing.trouble == "tag_ambiguous":
        message = (f"有 {len(standing.tags)} 个标签叫{shown(wish)}", f"{len(standing.tags)} tags are called {shown(wish)}")
        return message, (f"audience.tag 改写编号：{listed[0]}", f"write its number as audience.tag: {listed[1]}")
    message = (f"没有标签{shown(wish)}", f"there is no tag {shown(wish)}")
    if not tags:
        return message, (
            "它还没有任何标签：先在平台建立，或去掉这个账号",
            "it has no tags at all: make one on the platform, or leave the account out",
        )
    return message, (f"audience.tag 改成现有的标签：{listed[0]}", f"write one of its tags as audience.tag: {listed[1]}")


def _listed(tags: Sequence[Tag], all_tags: Sequence[Tag], form: str, comma: str) -> str:
    words = comma.join(tag.name + form.format(id=tag.id, people=tag.people) for tag in tags)
    return words + ("……" if len(all_tags) > len(tags) and comma == "、" else " …" if len(all_tags) > len(tags) else "")
