"""What can go wrong for a caller, named for what the caller must do. Every text is (zh, en)."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as default
from typing import Any

Words = tuple[str, str]


def both_sides(text: str) -> Words:
    """A reason that a channel gave in two languages (``中文 / English``), or the same text for both."""
    zh, slash, en = text.partition(" / ")
    return (zh, en) if slash else (text, text)


def counted(number: int, one: str, many: str = "") -> str:
    """A number and what it counts, in English: ``1 fault``, ``2 faults``."""
    return f"{number} {one if number == 1 else many or one + 's'}"


@dataclass
class Problem(Exception):
    """A failure that a person can act on: ``code`` for programs, ``message`` and ``remedy`` for people, ``field`` where it is.

    ``detail`` goes into the API's error envelope as it is; it must be JSON and hold nothing secret.
    """

    code: str
    message: Words
    remedy: Words = ("", "")
    field: str = ""
    detail: dict[str, Any] = default(default_factory=dict)
    status: int = 400

    def __str__(self) -> str:
        return self.message[1]


class Invalid(Problem):
    """The input breaks a rule; ``detail["findings"]`` may list several."""

    def __init__(self, code: str, message: Words, remedy: Words = ("", ""), field: str = "", **detail: Any) -> None:
        super().__init__(code, message, remedy, field, detail, 422)


class NotFound(Problem):
    """There is no such thing, or it is not yours: the answer is the same. ``given``: the word that was asked for."""

    def __init__(self, what: Words, given: object = "") -> None:
        self.what, self.given = what, str(given)
        super().__init__("not_found", (f"没有这个{what[0]}", f"no such {what[1]}"), status=404)


class Forbidden(Problem):
    """You may see it, but your role may not do this."""

    def __init__(self, message: Words, remedy: Words = ("", "")) -> None:
        super().__init__("forbidden", message, remedy, status=403)


class Unauthenticated(Problem):
    """Sign in first."""

    def __init__(self, message: Words = ("请先登录", "sign in first")) -> None:
        super().__init__("unauthenticated", message, status=401)


class Conflict(Problem):
    """The state it is in does not allow this, or somebody was faster."""

    def __init__(self, code: str, message: Words, remedy: Words = ("", ""), **detail: Any) -> None:
        super().__init__(code, message, remedy, "", detail, 409)


class TooMany(Problem):
    """Too many tries; again after ``retry_after`` seconds."""

    def __init__(self, retry_after: int) -> None:
        words = (f"尝试次数过多，请在 {retry_after} 秒后再试", f"too many tries; try again in {retry_after} seconds")
        super().__init__("too_many", words, detail={"retry_after": retry_after}, status=429)
