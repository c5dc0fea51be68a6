"""The words of the kit: a check, what it found, and the verdict on a channel."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from saas.channels.channel import Text

if TYPE_CHECKING:
    from saas.channels.conformance.troupe import Troupe

Judge = Callable[["Troupe"], Coroutine[Any, Any, str]]


class Broken(Exception):
    """A promise that is not kept; the text says where, what was promised and what happened."""


class NotJudged(Exception):
    """Nothing could be tried, because something before it failed that another check reports."""


@dataclass(frozen=True, slots=True)
class Check:
    """One promise. ``id`` never changes; ``promise`` says it to people, ``judge`` tries it and gives what it tried."""

    id: str
    promise: Text
    judge: Judge


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one check. ``detail``: what was tried, or what is wrong and where."""

    id: str
    passed: bool
    detail: str

    def to_json(self) -> dict[str, Any]:
        """As the command prints it."""
        return {"id": self.id, "passed": self.passed, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Verdict:
    """All results of one channel, in the order of the checks."""

    name: str
    results: tuple[Result, ...]

    @property
    def passed(self) -> bool:
        """Whether every promise is kept."""
        return all(result.passed for result in self.results)

    @property
    def failed(self) -> list[str]:
        """The ids of the checks that failed."""
        return [result.id for result in self.results if not result.passed]

    def to_json(self) -> dict[str, Any]:
        """As the command prints it."""
        return {"name": self.name, "checks": [result.to_json() for result in self.results]}
