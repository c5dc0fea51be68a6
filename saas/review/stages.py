"""What a review is made of: stages, flows, deadlines. Pure: values and a time in, values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from saas.kernel.errors import Invalid, Words

KINDS: dict[str, Words] = {
    "review": ("复核", "review"),
    "first": ("初审", "first review"),
    "second": ("复审", "second review"),
    "final": ("终审", "final review"),
    "client": ("客户确认", "client approval"),
}
"""Every kind of stage, in the order in which they follow each other."""

SIGNING_ROLES = ("owner", "admin", "reviewer")
MOST_HOURS = 720


@dataclass(frozen=True, slots=True)
class StageRule:
    """A stage as a flow has it: ``roles`` and ``members`` may sign it, within ``hours``; ``remind`` hours after it opened."""

    kind: str
    roles: tuple[str, ...] = ()
    members: tuple[int, ...] = ()
    hours: int = 24
    remind: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "kind": self.kind,
            "roles": list(self.roles),
            "members": list(self.members),
            "hours": self.hours,
            "remind": list(self.remind),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> StageRule:
        """The inverse; what is not given is as usual: reviewers and admins sign, within a day."""
        roles = value.get("roles")
        named = tuple(int(member) for member in value.get("members") or ())
        usual = () if value["kind"] == "client" or named else SIGNING_ROLES
        return cls(
            value["kind"],
            tuple(roles) if roles else usual,
            named,
            int(value.get("hours") or 24),
            tuple(sorted({int(hour) for hour in value.get("remind") or ()})),
        )


@dataclass(frozen=True, slots=True)
class Flow:
    """A whole flow. ``distinct_people``: nobody signs two stages. ``reasons``: each warning passes only with a reason."""

    stages: tuple[StageRule, ...]
    distinct_people: bool = True
    reasons: bool = True
    client_id: int | None = None
    written_by: str = ""
    written_at: datetime | None = None


USUAL = Flow((StageRule("review", SIGNING_ROLES),), reasons=False)
"""What holds where nobody has written a flow: one review, as small as the two-person rule allows."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A stage of a campaign as it stands. ``opened_at`` None: those before it come first. ``word``: whose, when it is there."""

    stage: int
    place: int
    kind: str
    client: str
    client_id: int | None
    hours: int
    who: Sequence[Mapping[str, Any]]
    opened_at: datetime | None
    signed_at: datetime | None = None
    remind: tuple[int, ...] = ()
    reminders: tuple[datetime, ...] = field(default=())

    @property
    def open(self) -> bool:
        """Whether it is its turn."""
        return self.opened_at is not None and self.signed_at is None

    @property
    def due_at(self) -> datetime | None:
        """When its word should be there."""
        return self.opened_at + timedelta(hours=self.hours) if self.opened_at else None

    def overdue(self, now: datetime) -> bool:
        """Whether it is later than its deadline, and the word is not there."""
        return self.open and self.due_at is not None and now > self.due_at


FAULTS: dict[str, tuple[Words, Words]] = {
    "unknown": (("没有“{what}”这一级", "there is no stage '{what}'"), ("可选：{kinds}", "one of {kinds}")),
    "twice": (
        ("每一级只能出现一次，“review”单独用", "each stage stands once, and 'review' alone"),
        ("用 review，或用 first、second、final", "use review, or first, second, final"),
    ),
    "order": (("顺序不对", "this is not the order"), ("按 {kinds} 排列", "put them as {kinds}")),
    "hours": (("{zh}的期限要在 1–720 小时", "{en}: the deadline is 1 to 720 hours"), ("改小时数", "change the hours")),
    "roles": (("{zh}：{what} 不能审批", "{en}: {what} cannot sign"), ("可选：{roles}", "one of {roles}")),
    "nobody": (("{zh}没有人能签", "nobody may sign {en}"), ("写上角色或成员", "name roles or members")),
    "remind": (
        ("{zh}的提醒最多 5 次，在 1–720 小时", "{en}: at most 5 reminders, at 1 to 720 hours"),
        ("改提醒时间", "change the reminders"),
    ),
}


def check_flow(flow: Flow) -> None:
    """Refuse a flow that cannot be followed. Invalid names the stage and the remedy."""
    kinds = [rule.kind for rule in flow.stages]
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise _refused("unknown", what=unknown[0])
    if len(set(kinds)) < len(kinds) or len(kinds) > 4 or ("review" in kinds and {*kinds} - {"client", "review"}):
        raise _refused("twice")
    if kinds != sorted(kinds, key=list(KINDS).index):
        raise _refused("order")
    for rule in flow.stages:
        _check_rule(rule)


def _check_rule(rule: StageRule) -> None:
    if not 1 <= rule.hours <= MOST_HOURS:
        raise _refused("hours", rule.kind)
    if wrong := set(rule.roles) - set(SIGNING_ROLES):
        raise _refused("roles", rule.kind, ", ".join(sorted(wrong)))
    if rule.kind != "client" and not rule.roles and not rule.members:
        raise _refused("nobody", rule.kind)
    if any(not 1 <= hour <= MOST_HOURS for hour in rule.remind) or len(rule.remind) > 5:
        raise _refused("remind", rule.kind)


def _refused(fault: str, kind: str = "review", what: str = "") -> Invalid:
    zh, en = KINDS[kind]
    named = {"what": what, "kinds": ", ".join(KINDS), "roles": ", ".join(SIGNING_ROLES), "zh": zh, "en": en}
    message, remedy = FAULTS[fault]
    return Invalid("bad_flow", _filled(message, named), _filled(remedy, named), "stages")


def _filled(words: Words, named: Mapping[str, str]) -> Words:
    return words[0].format(**named), words[1].format(**named)


def standings(
    stages: Sequence[Mapping[str, Any]],
    signed: Mapping[int, datetime],
    began: datetime,
    reminders: Mapping[int, Sequence[datetime]],
) -> list[Standing]:
    """Every stage as it stands: open once all of lower places have their word. ``signed``: by stage, when."""
    found: list[Standing] = []
    for row in stages:
        before = [other["stage"] for other in stages if other["place"] < row["place"]]
        opened = max([signed[stage] for stage in before], default=began) if all(stage in signed for stage in before) else None
        found.append(
            Standing(
                stage=row["stage"],
                place=row["place"],
                kind=row["kind"],
                client=row["client"] or "",
                client_id=row["client_id"],
                hours=row["hours"],
                who=row["who"],
                opened_at=opened,
                signed_at=signed.get(row["stage"]),
                remind=tuple(row["remind"]),
                reminders=tuple(reminders.get(row["stage"], ())),
            )
        )
    return found
