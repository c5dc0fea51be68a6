"""Access tokens as the platform gives them: two endpoints with separate tokens, expiry, and forced renewal."""

from __future__ import annotations

import secrets
from collections import defaultdict
from dataclasses import dataclass

from qunfa_official_account.simulator.errmsg import Err

LIFE = 7200
OVERLAP = 300
FORCED_A_DAY = 20
FORCED_APART = 30
DAY = 86_400
GRANTED, WITHDRAWN = "granted", "withdrawn"


@dataclass(slots=True)
class Token:
    """One token: whose it is, which endpoint gave it, and when it dies (the stage's time)."""

    text: str
    app_id: str
    source: str
    dies: float


class Tokens:
    """All tokens since the start; a restart forgets them, as if the platform had renewed them all."""

    def __init__(self) -> None:
        self._known: dict[str, Token] = {}
        self._current: dict[tuple[str, str], Token] = {}
        self._forced: defaultdict[str, list[float]] = defaultdict(list)

    def owner(self, text: str) -> str:
        """The app id behind a token, alive or not; "" when there is none."""
        token = self._known.get(text)
        return token.app_id if token else ""

    def check(self, text: str, now: float) -> str:
        """The app id of a token that is alive. Raises Err."""
        if not text:
            raise Err(41001)
        token = self._known.get(text)
        if token is None:
            raise Err(40001)
        if token.source == WITHDRAWN:
            raise Err(61003)
        if token.dies <= now:
            raise Err(42001)
        return token.app_id

    def is_granted(self, text: str) -> bool:
        """Whether it was given to a third-party platform in the account's name."""
        token = self._known.get(text)
        return token is not None and token.source == GRANTED

    def of_component(self, component: str, now: float) -> Token:
        """A platform's own token; the one before lives five minutes more at most."""
        before = self._current.get((component, "component"))
        if before:
            before.dies = min(before.dies, now + OVERLAP)
        return self._new(component, "component", now + LIFE)

    def of_grant(self, app_id: str, now: float, life: int) -> Token:
        """A token in an account's name, for the platform its owner has authorised."""
        before = self._current.get((app_id, GRANTED))
        if before:
            before.dies = min(before.dies, now + OVERLAP)
        return self._new(app_id, GRANTED, now + life)

    def withdraw(self, app_id: str) -> None:
        """The owner takes the authorisation back, or gives it anew: tokens given before are none any more."""
        for token in self._known.values():
            if token.app_id == app_id and token.source == GRANTED:
                token.source = WITHDRAWN

    def plain(self, app_id: str, now: float, life: int = LIFE) -> Token:
        """From ``/token``: always new; the one before lives five minutes more at most."""
        before = self._current.get((app_id, "token"))
        if before:
            before.dies = min(before.dies, now + OVERLAP)
        return self._new(app_id, "token", now + life)

    def stable(self, app_id: str, now: float, force: bool, life: int = LIFE) -> Token:
        """From ``/stable_token``: the same until its last five minutes; by force a new one, and the old one is dead."""
        current = self._current.get((app_id, "stable"))
        if force and self._may_force(app_id, now):
            if current:
                self._known.pop(current.text, None)
            return self._new(app_id, "stable", now + life)
        if current and current.dies - now > min(OVERLAP, life / 2):
            return current
        return self._new(app_id, "stable", now + life)

    def drop(self, app_id: str) -> None:
        """Invalidate the account's tokens, or everybody's for ""."""
        for text in [t.text for t in self._known.values() if app_id in ("", t.app_id)]:
            token = self._known.pop(text)
            self._current.pop((token.app_id, token.source), None)

    def _may_force(self, app_id: str, now: float) -> bool:
        times = self._forced[app_id] = [t for t in self._forced[app_id] if now - t < DAY]
        if len(times) >= FORCED_A_DAY or (times and now - times[-1] < FORCED_APART):
            return False
        times.append(now)
        return True

    def _new(self, app_id: str, source: str, dies: float) -> Token:
        token = Token(f"97_{secrets.token_urlsafe(100)}", app_id, source, dies)
        self._known[token.text] = self._current[(app_id, source)] = token
        return token
