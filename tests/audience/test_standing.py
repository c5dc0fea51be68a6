"""How an account stands when a plan is made: asked of a platform that answers, refuses, or is silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from saas.audience.snapshot import Audience, Question, Standing, ask, digest
from saas.audience.tags import meant_by, nearest
from saas.channels import (
    Account,
    AccountKind,
    Channel,
    FanOut,
    Limits,
    MaybeSent,
    NotSent,
    Outcome,
    Receipt,
    Refused,
    Repeat,
    Route,
    Tag,
    Target,
    Text,
    Unauthorized,
    Unreachable,
    hookimpl,
)  # fmt: skip
from saas.channels.registry import Registry

WORDS = Text("板", "board")
ALL = Route("all", ("text",), ("all", "tag"), FanOut("platform"), Repeat("none"))
LISTS = Route("lists", ("text",), ("all", "tag", "ids"), FanOut("batch", 3), Repeat("none"))
ROOM = Route("room", ("text",), ("all",), FanOut("platform"), Repeat("none"), unit="group")
TAGS = [Tag("100", "常客", 3), Tag("101", "新客", 2), Tag("102", "ＶＩＰ", 9), Tag("7", "双", 1), Tag("8", "双", 1)]
CARRY = {"100": ("a", "b", "c", "d"), "101": ("e", "f")}


class Board:
    """A channel whose platform answers as the account's settings say."""

    @hookimpl
    def channel(self) -> Channel:
        return Channel("board", WORDS, (AccountKind("k", WORDS, (ALL, LISTS, ROOM)),))

    @hookimpl
    def limits(self) -> Limits:
        return Limits()

    @hookimpl
    async def send(self) -> Outcome:
        return Receipt({})

    @hookimpl
    async def recall(self) -> Outcome:
        return Refused("no")

    @hookimpl
    async def connect(self, account: Account) -> Outcome:
        await asyncio.sleep(account.settings.get("delay", 0))
        answer = account.settings.get("answers", [Receipt({})])
        told = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(told, Exception):
            raise told
        return told  # type: ignore[no-any-return]

    @hookimpl
    async def tags(self, account: Account) -> list[Tag]:
        return list(account.settings.get("tags", TAGS))

    @hookimpl
    async def audience(self, account: Account, route: Route, tag: str) -> AsyncIterator[list[Target]]:
        if fault := account.settings.get("list_fault"):
            raise fault
        ids = CARRY.get(tag, ()) if tag else ("a", "b", "c", "d", "e", "f", "g")
        if route.fan_out.mode == "platform":
            yield [Target("tag" if tag else "all", (tag,) if tag else (), len(ids))]
        else:
            yield [Target("ids", (id,)) for id in ids]


@dataclass
class Memory:
    """What a line remembers."""

    kept: dict[str, str] = field(default_factory=dict)

    async def recall_memory(self, key: str) -> str | None:
        return self.kept.get(key)

    async def remember(self, key: str, value: str, seconds: float | None = None) -> None:
        self.kept[key] = value


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("saas.audience.snapshot.ASK_AGAIN", 0.01)
    monkeypatch.setattr("saas.audience.snapshot.PATIENCE", 0.2)


def stands(
    wish: Audience, route: Route = ALL, size: int = 50, contacts: tuple[str, ...] = (), line: Memory | None = None, **own: Any
) -> Standing:
    registry = Registry()
    registry.register("board", Board())
    registry.freeze()
    installed = registry.get("board")
    assert installed
    account = Account(1, "one", "board", "k", "One", settings=own)
    question = Question(account, installed, route, wish, size, contacts)
    return asyncio.run(ask(question, line or Memory()))  # type: ignore[arg-type]


def tag(wish: str) -> Audience:
    return Audience("tag", (wish,))


@pytest.mark.parametrize("wish", ["100", "常客", " 常客 "])
def test_a_tag_is_found_by_number_or_name_and_counted_by_those_who_carry_it(wish: str) -> None:
    assert stands(tag(wish)).targets == [Target("tag", ("100",), 4)]


def test_where_we_multiply_a_tag_becomes_the_list_of_those_who_carry_it() -> None:
    found = stands(tag("常客"), LISTS).targets
    assert [target.ids for target in found] == [("a", "b"), ("c", "d")]
    assert {target.form for target in found} == {"ids"}


def test_width_and_case_of_a_tags_name_do_not_matter() -> None:
    assert [found.id for found in meant_by("vip", TAGS)] == ["102"]


def test_an_account_without_the_tag_tells_those_it_has_and_is_not_sent_to() -> None:
    standing = stands(tag("常来"))
    assert (standing.trouble, standing.people, list(standing.targets)) == ("tag_unknown", 0, [])
    assert nearest("常来", standing.tags)[0].name == "常客"


def test_a_name_of_two_tags_is_not_guessed_and_a_number_settles_it() -> None:
    standing = stands(tag("双"))
    assert (standing.trouble, [one.id for one in standing.tags]) == ("tag_ambiguous", ["7", "8"])
    assert stands(tag("7")).trouble == "no_audience"


def test_what_is_signed_changes_with_the_size_of_a_tag() -> None:
    assert digest([Target("tag", ("100",), 4)]) != digest([Target("tag", ("100",), 5)])


SILENCE = [
    {"answers": [Unreachable("HTTP 502")]}, {"answers": [NotSent("refused")]}, {"answers": [MaybeSent("cut")]},
    {"delay": 1.0}, {"list_fault": NotSent("list: HTTP 502")},
]  # fmt: skip


@pytest.mark.parametrize("own", SILENCE)
def test_a_silent_platform_leaves_the_accounts_own_figure(own: dict[str, Any]) -> None:
    standing = stands(Audience(), **own)
    assert (standing.trouble, standing.targets) == ("", [Target("all", (), 50)])
    assert standing.unasked


@pytest.mark.parametrize("own", SILENCE[:4])
def test_a_silent_platform_leaves_the_campaigns_own_list(own: dict[str, Any]) -> None:
    standing = stands(Audience("ids", ("x", "y", "x")), LISTS, **own)
    assert ([target.ids for target in standing.targets], bool(standing.unasked)) == ([("x", "y")], True)


def test_a_silent_platform_leaves_known_contacts_one_group_and_tags_seen_before() -> None:
    away = {"answers": [Unreachable("")]}
    assert [target.ids for target in stands(Audience(), LISTS, contacts=("p", "q"), **away).targets] == [("p", "q")]
    assert stands(Audience(), ROOM, **away).people == 1
    line = Memory()
    assert stands(tag("常客"), line=line).people == 4
    assert stands(tag("常客"), line=line, answers=[Unreachable("")]).targets == [Target("tag", ("100",), 3)]


def test_who_is_known_to_the_platform_alone_is_honestly_skipped() -> None:
    away = {"answers": [Unreachable("HTTP 502")]}
    for standing in (stands(Audience(), LISTS, **away), stands(Audience(), size=0, **away)):
        assert (standing.trouble, standing.detail, standing.unasked) == ("unreachable", "HTTP 502", "")
    assert stands(Audience(), LISTS, **away).meant == 50
    assert stands(tag("常客"), **away).meant == 0


def test_a_platform_that_comes_back_within_three_tries_is_asked() -> None:
    standing = stands(Audience(), answers=[Unreachable("1"), Unreachable("2"), Receipt({})])
    assert (standing.people, standing.unasked) == (7, "")


@pytest.mark.parametrize(("answer", "trouble"), [(Unauthorized("revoked"), "revoked"), (Refused("no"), "refused")])
def test_an_account_that_cannot_send_is_in_trouble_whatever_is_known(answer: Outcome, trouble: str) -> None:
    standing = stands(Audience("ids", ("x", "y")), LISTS, answers=[answer])
    assert (standing.trouble, standing.meant, list(standing.targets)) == (trouble, 2, [])
