"""From a refusal of the platform to the outcome the core acts on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, cast

from qunfa_official_account.errors import Action, Meaning, meaning
from qunfa_official_account.limits import no_calls_left, no_mass_quota
from saas.channels import Account, Outcome, Refused, Throttled, Unauthorized, Unknown

RID = re.compile(r"rid: ?([0-9a-fA-F-]+)")


class Refusal(Exception):
    """The platform answered with an error code. ``acting``: the call was one that sends, not a step before it."""

    def __init__(self, code: int, text: str, answer: Mapping[str, Any], acting: bool) -> None:
        super().__init__(f"{code} {text}")
        self.code, self.text, self.answer, self.acting = code, text, answer, acting

    def sentence(self) -> str:
        """The sentence a person reads: Chinese, English, the code, and the platform's request id for its support."""
        known, rid = meaning(self.code), RID.search(self.text)
        trace = f", rid {rid[1]}" if rid else ""
        hint = f" ({self.text.split(' rid:')[0]})" if self.code == 47003 else ""
        return f"{known.zh} / {known.en}{hint} [{self.code}{trace}]"


def outcome(refusal: Refusal, account: Account, route: str, now: datetime) -> Outcome:
    """The outcome a refusal stands for."""
    known = meaning(refusal.code)
    if known.action in ("calls", "quota"):
        make = no_calls_left if known.action == "calls" else no_mass_quota
        return make(account, route, now, str(refusal.code), refusal.sentence())
    return _PLAIN[known.action](refusal, known)


def _stopped(refusal: Refusal, known: Meaning) -> Outcome:
    return Unauthorized(cast(Any, known.datum), str(refusal.code), refusal.sentence())


def _refused(refusal: Refusal, known: Meaning) -> Outcome:
    return Refused(refusal.sentence(), str(refusal.code), known.datum)


def _throttled(refusal: Refusal, known: Meaning) -> Outcome:
    return Throttled(float(known.datum), str(refusal.code), refusal.sentence())


def _doubtful(refusal: Refusal, known: Meaning) -> Outcome:
    """A busy platform may have taken the job all the same; a step that sends nothing can simply be asked again."""
    return Unknown(refusal.sentence()) if refusal.acting else _throttled(refusal, known)


_PLAIN: dict[Action, Callable[[Refusal, Meaning], Outcome]] = {
    "person": _stopped,
    "refuse": _refused,
    "wait": _throttled,
    "doubt": _doubtful,
    "accepted": lambda refusal, known: Unknown(refusal.sentence()),
}
