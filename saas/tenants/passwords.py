"""Passwords: long enough, not among the guessed ones, kept as argon2 hashes, compared in the same time for everybody."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from secrets import token_urlsafe

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from saas.kernel.errors import Invalid

SHORTEST = 12
LONGEST = 256
LEAST_OF_ONES_OWN = 5
"""How many characters must stay when everything guessable is taken out: a long password may be built around a word."""

_WALKS = (
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "!@#$%^&*()",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
)
_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """The argon2id hash to keep."""
    return _hasher.hash(password)


def fits(kept: str | None, password: str) -> bool:
    """Whether the password fits the kept hash. Without one the same work is done, and the answer is no."""
    try:
        return _hasher.verify(kept or _nobody(), password[:LONGEST]) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def check_password(password: str, *about: str) -> None:
    """Raise Invalid for a password that is too short, too long or guessable; ``about``: e-mail and name of its owner."""
    if len(password) < SHORTEST:
        raise _refused(
            "password_short",
            (
                f"密码至少 {SHORTEST} 个字符，现在 {len(password)} 个",
                f"a password has at least {SHORTEST} characters, this has {len(password)}",
            ),
        )
    if len(password) > LONGEST:
        raise _refused("password_long", (f"密码最多 {LONGEST} 个字符", f"a password has at most {LONGEST} characters"))
    if len(_own_part(password.lower(), about)) < LEAST_OF_ONES_OWN:
        raise _refused("password_common", ("这个密码太常见，容易被猜到", "this password is among the first that are tried"))


def _refused(code: str, message: tuple[str, str]) -> Invalid:
    return Invalid(
        code,
        message,
        ("用几个不相关的词连成一句，或由密码管理器生成", "join a few unrelated words, or let a password manager make one"),
        "password",
    )


def _own_part(text: str, about: tuple[str, ...]) -> str:
    """What stays of a password once words everybody tries, keyboard walks and repetitions are taken out."""
    words = [part for entry in about for part in entry.lower().replace("@", " ").replace(".", " ").split() if len(part) > 2]
    for word in sorted([*_guessed(), *words], key=len, reverse=True):
        text = text.replace(word, "\n")
    text = "".join("" if _follows(text, at) else character for at, character in enumerate(text))
    return "".join(dict.fromkeys(text.replace("\n", "").strip("0123456789!@#$%^&*._- ")))


def _follows(text: str, at: int) -> bool:
    """Whether the character only goes on with a walk: it stands next to the one before it on the keyboard or in the alphabet."""
    if at == 0:
        return False
    pair = text[at - 1 : at + 1]
    return pair[0] == pair[1] or any(pair in walk or pair[::-1] in walk for walk in _WALKS)


@cache
def _guessed() -> list[str]:
    return (Path(__file__).parent / "guessed_words.txt").read_text(encoding="utf-8").split()


@cache
def _nobody() -> str:
    return _hasher.hash(token_urlsafe(32))
