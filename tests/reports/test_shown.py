"""What an agency may leave out of what a client sees, and what follows from the rest all the same."""

from __future__ import annotations

import pytest

from saas.kernel.errors import Invalid
from saas.reports.definitions import DEFINITIONS
from saas.reports.shown.policy import ALWAYS, CHOICE, checked, given_away, withheld


@pytest.mark.parametrize(
    ("hidden", "follows_from"),
    [
        ({"opened"}, "open"),
        ({"open"}, "opened"),
        ({"open", "opened"}, "share"),
        ({"growth"}, "gained"),
        ({"gained"}, "lost"),
        ({"lost_72h"}, "lost"),
        ({"gained", "lost", "growth", "followers"}, "lost_72h"),
        ({"left_72h"}, "lost_72h"),
        ({"lost", "gained", "growth", "followers", "lost_72h"}, "left_72h"),
        ({"growth", "gained"}, "followers"),
        ({"opened_all"}, "read_through"),
        ({"finished"}, "read_through"),
    ],
)
def test_a_figure_that_follows_from_what_is_shown_is_not_hidden_alone(hidden: set[str], follows_from: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked(hidden)
    assert refused.value.code == "figure_given_away"
    assert CHOICE[follows_from][0] in refused.value.message[0]


@pytest.mark.parametrize(
    "hidden",
    [
        set(),
        {"liked"},
        {"opened", "open", "share", "scenes"},
        {"gained", "growth", "followers"},
        {"lost", "growth", "lost_72h", "left_72h", "followers"},
        {"caps"},
    ],
)
def test_what_follows_from_nothing_shown_may_be_hidden(hidden: set[str]) -> None:
    assert checked(hidden) == hidden


def test_everything_that_may_be_hidden_may_be_hidden_together() -> None:
    assert checked(CHOICE) == set(CHOICE)


@pytest.mark.parametrize("name", [*sorted(ALWAYS), "turnover"])
def test_what_became_of_a_send_cannot_be_hidden(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked([name])
    assert refused.value.code == "figure_unknown"


def test_one_that_follows_only_in_two_steps_is_found() -> None:
    assert set(given_away(frozenset({"opened", "share"}))) == {"opened", "share"}


def test_every_figure_is_shown_always_or_a_choice() -> None:
    assert set(DEFINITIONS) == {*CHOICE, *ALWAYS} - {"scenes", "median", "caps"}


def test_no_two_choices_are_called_the_same() -> None:
    for side in (0, 1):
        titles = [title[side].replace(" of the send", "").replace("内", "") for title in CHOICE.values()]
        assert len(set(titles)) == len(titles)


def test_where_readers_came_from_is_kept_by_other_names() -> None:
    assert "from_chat" in withheld(frozenset({"scenes"})) and "from_chat" not in withheld(frozenset({"liked"}))
