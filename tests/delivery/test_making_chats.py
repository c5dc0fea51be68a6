"""A chat is wished once and made once, whoever dies and whatever answer is lost, and the account sends to it from then on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner

from saas.audience import making
from saas.audience.making import GroupWish, change_group, make_group
from saas.channels.choosing import GroupChange
from saas.cli.accounts import accounts
from saas.kernel.errors import Conflict, Forbidden, Invalid
from tests.conftest import House
from tests.delivery.test_chosen_groups import Town

WISH = GroupWish("春分店长群", "Member0002", ("Member0001", "Member0003"))


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def town(house: House, tmp_path: Path) -> Iterator[Town]:
    with ExitStack() as opened:
        yield Town(house, tmp_path, opened)


def made(town: Town, key: str, wish: GroupWish = WISH) -> str:
    with town.house.within():
        return make_group(town.house.actor("owner"), key, wish)


def chats(town: Town, key: str) -> list[str]:
    return str(town.house.one("SELECT settings->>'chats' FROM accounts WHERE key = %s", key)).split(",")


def there(town: Town, key: str) -> int:
    return len(town.theatres["wecom"].server.stage.effects_of(town.ids[key], "chat_made"))


def test_a_chat_is_made_remembered_and_a_second_wish_of_the_same_words_makes_another(town: Town) -> None:
    key = town.account("wecom", "appchat", 2)
    first = made(town, key)
    assert chats(town, key)[-1] == first and len(chats(town, key)) == 3
    assert [group.name for group in town.groups(key)][-1] == "春分店长群"
    assert made(town, key) != first and (len(chats(town, key)), there(town, key)) == (4, 2)


def test_a_wish_whose_answer_was_lost_is_repeated_and_makes_no_second_chat(town: Town) -> None:
    key = town.account("wecom", "appchat", 2)
    town.theatres["wecom"].fault("drop_after", "appchat/create", times=1)
    with pytest.raises(Conflict) as lost:
        made(town, key)
    assert lost.value.code == "group_unknown" and len(chats(town, key)) == 2
    made(town, key)
    assert (len(chats(town, key)), there(town, key)) == (3, 1)


def test_whoever_dies_before_the_chat_is_noted_has_made_it_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    key = town.account("wecom", "appchat", 2)

    def dies(*given: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(making, "_note_made", dies)
        with pytest.raises(Killed):
            made(town, key)
    assert (len(chats(town, key)), there(town, key)) == (2, 1)
    assert made(town, key) == chats(town, key)[-1]
    assert there(town, key) == 1


def test_who_may_and_where_is_asked_first(town: Town) -> None:
    key, other = town.account("wecom", "appchat", 2), town.account("wecom", "customer", 4)
    with town.house.within(), pytest.raises(Forbidden):
        make_group(town.house.actor("editor"), key, WISH)
    with pytest.raises(Conflict) as refused:
        made(town, other)
    assert refused.value.code == "group_refused"
    qq = town.account("qq_group", "official", 2)
    with pytest.raises(Invalid):
        made(town, qq)
    with town.house.within(), pytest.raises(Invalid):
        change_group(town.house.actor("owner"), key, GroupChange("ef" * 16, "群"))
    assert there(town, key) == 0


def test_chats_are_made_and_changed_at_a_shell(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    key = town.account("wecom", "appchat", 2)

    def run(*words: str) -> str:
        done = CliRunner().invoke(accounts, [*words, "--as", "owner@house.test"])
        assert done.exit_code == 0, done.output
        return done.stdout

    chat = json.loads(run("make-chat", key, "--name", "春分", "--member", "Member0001", "--member", "Member0002", "--json"))[
        "chat"
    ]
    run("change-chat", key, chat, "--name", "谷雨", "--add", "Member0003")
    [row] = [one for one in json.loads(run("groups", key, "--json")) if one["id"] == chat]
    assert (row["name"], row["people"]) == ("谷雨", 3)
    assert "谷雨" in run("groups", key)
    nothing = CliRunner().invoke(accounts, ["change-chat", key, chat, "--as", "owner@house.test"])
    assert nothing.exit_code == 2
