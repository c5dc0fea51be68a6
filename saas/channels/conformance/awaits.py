"""The commonest slip of who writes a channel: an ``await`` that is missing, or one too many."""

from __future__ import annotations

import inspect
from typing import Any

MISSING = "an 'await' is missing: a coroutine was used as if it were its result"
TOO_MANY = "an 'await' too many: it stands before something that is no coroutine"


def slip(error: Exception) -> str:
    """In words, where an exception comes from such a slip; "" otherwise. Its own text may hold secrets and stays out."""
    words = str(error)
    if isinstance(error, (AttributeError, TypeError)) and ("'coroutine'" in words or "coroutine object" in words):
        return MISSING
    return TOO_MANY if isinstance(error, TypeError) and "'await' expression" in words else ""


def unawaited(given: Any) -> bool:
    """Whether a hook gave a coroutine in place of its result; it is closed, so that nothing warns of it later."""
    if inspect.iscoroutine(given):
        given.close()
        return True
    return False
