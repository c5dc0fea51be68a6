"""What broke on the line is told in words, never as the name of a class."""

from __future__ import annotations

import re
from pathlib import Path

import aiohttp
import pytest

from saas.channels.broken import KINDS, OURS, SOMEHOW, plain, words_of
from saas.kernel.errors import both_sides, counted
from saas.reports.words import platform_code

CLASS = re.compile(r"[A-Z][a-z]+[A-Z]\w*|\w+(Error|Exception)\b")


def kinds(of: type[BaseException]) -> set[type[BaseException]]:
    return {of}.union(*(kinds(one) for one in of.__subclasses__()))


@pytest.mark.parametrize("kind", sorted(kinds(aiohttp.ClientError) | {TimeoutError, OSError}, key=str))
def test_every_error_of_the_line_has_words_in_both_languages(kind: type[BaseException]) -> None:
    zh, en = both_sides(words_of(kind.__new__(kind)))
    assert re.search(r"[一-鿿]", zh) and en.isascii()
    assert not CLASS.search(zh + en)


@pytest.mark.parametrize(
    "kept", [*KINDS, *OURS, "ClientSomethingNewError", "token: TimeoutError", "the channel failed: KeyError"]
)
def test_a_reason_kept_as_the_name_of_a_class_is_put_into_words(kept: str) -> None:
    zh, en = both_sides(plain(kept))
    assert zh != en
    assert not CLASS.search(zh + en), (zh, en)


def test_every_reason_that_the_database_writes_has_words_in_both_languages() -> None:
    functions = Path(__file__).parents[2] / "migrations" / "functions"
    written = {
        reason
        for path in functions.glob("*.sql")
        for line in re.findall(r"\breason = (.*)", path.read_text("utf-8"))
        for reason in re.findall(r"'([a-z]+ [a-z ]+)'", line)
    }
    assert written == set(OURS)


def test_what_a_platform_said_stays_as_it_is() -> None:
    assert plain("invalid credential (40001)") == "invalid credential (40001)"
    assert plain("ClientOddError") == SOMEHOW


def test_only_a_platforms_code_is_shown_beside_its_words() -> None:
    assert [platform_code(code) for code in ("settled", "unknown", "45009", "")] == ["", "", "45009", ""]


def test_one_is_not_many() -> None:
    assert [counted(n, "fault") for n in (0, 1, 2)] == ["0 faults", "1 fault", "2 faults"]
    assert counted(1, "person", "people") == "1 person"
