"""A bad plugin is refused at start, in words its author can act on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from saas.channels import AccountKind, Channel, FanOut, Limits, RecallRight, Receipt, Repeat, Route, Tag, Target, Text, hookimpl
from saas.channels.registry import BadChannel, Registry, hook_names
from saas.channels.spec import REQUIRED

WORDS = Text("好", "good")
ROUTE = Route("each", ("text",), ("ids",), FanOut("each"), Repeat("none"), RecallRight())
TO_TAGS = Route("all", ("text",), ("all", "tag"), FanOut("platform"), Repeat("none"))


class Good:
    """A channel that does nothing, properly."""

    kinds: tuple[AccountKind, ...] = (AccountKind("one", WORDS, (ROUTE,)),)
    name = "good"

    @hookimpl
    def channel(self) -> Channel:
        return Channel(self.name, WORDS, self.kinds)

    @hookimpl
    def limits(self) -> Limits:
        return Limits()

    @hookimpl
    async def send(self) -> Receipt:
        return Receipt({})

    @hookimpl
    async def recall(self) -> Receipt:
        return Receipt({})


def registered(plugin: object, name: str = "good") -> Registry:
    registry = Registry()
    registry.register(name, plugin)
    registry.freeze()
    return registry


def test_a_sound_channel_is_taken_and_the_hooks_it_lacks_are_none() -> None:
    installed = registered(Good()).get("good")
    assert installed is not None
    assert [installed.channel.name, installed.hook.lookup, installed.hook.figures] == ["good", None, None]
    assert installed.hook.limits(account=None, route=None, now=None) == Limits()
    with pytest.raises(AttributeError, match="no hook 'sned'"):
        _ = installed.hook.sned


@pytest.mark.parametrize("hook", REQUIRED)
def test_a_missing_obligatory_hook_is_named(hook: str) -> None:
    bare = type("Bare", (Good,), {hook: None})
    with pytest.raises(BadChannel, match=f"obligatory hook '{hook}' is missing"):
        registered(bare())


def test_a_misspelt_hook_is_named() -> None:
    class Misspelt(Good):
        @hookimpl
        def lookpu(self) -> None: ...

    with pytest.raises(BadChannel, match="lookpu"):
        registered(Misspelt())


def test_a_hook_that_asks_for_what_there_is_not_is_refused() -> None:
    class Greedy(Good):
        @hookimpl
        def limits(self, account: Any, password: str) -> Limits:
            return Limits()

    with pytest.raises(BadChannel, match="password"):
        registered(Greedy())


def test_a_plain_send_and_a_waiting_limits_are_refused() -> None:
    class Blocking(Good):
        @hookimpl
        def send(self) -> Receipt:  # type: ignore[override]
            return Receipt({})

    class Waiting(Good):
        @hookimpl
        async def limits(self) -> Limits:  # type: ignore[override]
            return Limits()

    with pytest.raises(BadChannel, match="'send' must be async def"):
        registered(Blocking())
    with pytest.raises(BadChannel, match="'limits' must be a plain def"):
        registered(Waiting())


@pytest.mark.parametrize(("kind", "words"), [
    (AccountKind("k", WORDS, (ROUTE,), opt_in=True), "states no risk"),
    (AccountKind("k", WORDS, ()), "needs routes"),
    (AccountKind("k", WORDS, (ROUTE, ROUTE)), "its own name"),
    (AccountKind("k", WORDS, (Route("r", ("text",), ("ids",), FanOut("each"), Repeat("lookup", 9)),)), "no hook 'lookup'"),
    (AccountKind("k", WORDS, (TO_TAGS,)), "no hook 'tags'"),
])  # fmt: skip
def test_an_account_kind_that_cannot_work_is_refused(kind: AccountKind, words: str) -> None:
    with pytest.raises(BadChannel, match=words):
        registered(type("Odd", (Good,), {"kinds": (kind,)})())


def test_a_channel_whose_audience_would_list_everybody_for_a_tag_is_refused() -> None:
    class Careless(Good):
        kinds = (AccountKind("k", WORDS, (TO_TAGS,)),)

        @hookimpl
        async def tags(self) -> list[Tag]:
            return []

        @hookimpl
        async def audience(self) -> AsyncIterator[list[Target]]:
            yield []

    with pytest.raises(BadChannel, match="'audience' takes no 'tag'"):
        registered(Careless())


def test_a_channel_under_another_name_or_twice_is_refused() -> None:
    with pytest.raises(BadChannel, match="calls itself 'good'"):
        registered(Good(), name="other")
    registry = registered(Good())
    with pytest.raises(BadChannel, match="two plugins"):
        registry.register("good", Good())


def test_a_channel_that_describes_itself_with_something_else_is_refused() -> None:
    class Vague(Good):
        @hookimpl
        def channel(self) -> Channel:
            return "good"  # type: ignore[return-value]

    with pytest.raises(BadChannel, match=r"saas\.channels\.Channel"):
        registered(Vague())


def test_a_call_reaches_exactly_its_own_channel() -> None:
    class Other(Good):
        name = "other"

        @hookimpl
        def limits(self) -> Limits:
            return Limits(recall_seconds=7)

    registry = Registry()
    registry.register("good", Good())
    registry.register("other", Other())
    registry.freeze()
    seconds = {i.channel.name: i.hook.limits(account=None, route=None, now=None).recall_seconds for i in registry.all()}
    assert seconds == {"good": None, "other": 7}


def test_every_channel_of_this_installation_is_sound_and_knows_how_to_rehearse() -> None:
    installed = Registry.from_entry_points().all()
    assert [i.channel.name for i in installed] == ["official_account", "personal", "qq_group", "webhook", "wecom"]
    assert all(i.hook.limits and i.hook.send and i.hook.recall for i in installed)
    assert set(REQUIRED) < set(hook_names())
