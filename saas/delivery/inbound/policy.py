"""Which rule answers what: plain values in, a rule out. No clock, no database."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from saas.channels.callback import Event, Inbound, TargetChanged
from saas.channels.channel import AccountKind

Occasion = Literal["message", "follow", "fallback"]
Matching = Literal["exact", "contains", "starts"]

KINDS = (
    "text",
    "image",
    "voice",
    "video",
    "location",
    "link",
    "file",
    "click",
    "follow",
    "unfollow",
    "muted",
    "unmuted",
    "other",
)
OTHER_NAMES = {"shortvideo": "video", "view": "click", "scan": "click", "picture": "image", "music": "voice"}
CHANGES = {"joined": "follow", "left": "unfollow", "muted": "muted", "unmuted": "unmuted"}
LONGEST_SAID = 2000
WORDED = ("text", "voice", "click")  # what carries words of the person, or the key of a menu


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that stands: what it answers to, and what it says as it was signed. ``own``: for this one account alone."""

    id: int
    digest: str
    occasion: Occasion
    matching: Matching
    words: tuple[str, ...]
    priority: int
    own: bool
    says: Mapping[str, Any]


def plain(text: str) -> str:
    """Words as they are compared: full and half width, capitals and spaces at the ends are the same."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def matches(rule: Rule, text: str) -> bool:
    """Whether one of the rule's words is what was said, is in it, or begins it."""
    said = plain(text)
    words = [plain(word) for word in rule.words]
    if rule.matching == "exact":
        return said in words
    if rule.matching == "starts":
        return any(said.startswith(word) for word in words)
    return any(word in said for word in words)


def in_turn(rules: Iterable[Rule], kind: str, text: str) -> list[Rule]:
    """The rules that answer an entry of that kind, the first one meant: higher priority, the account's own, exact, older."""
    fits = [rule for rule in rules if _fits(rule, kind, text)]
    exactness = ("exact", "starts", "contains")
    return sorted(
        fits,
        key=lambda rule: (
            rule.occasion == "fallback", -rule.priority, not rule.own, exactness.index(rule.matching), rule.id,
        ),
    )  # fmt: skip


def _fits(rule: Rule, kind: str, text: str) -> bool:
    if kind == "follow":
        return rule.occasion == "follow"
    if rule.occasion == "message":
        return kind in WORDED and bool(plain(text)) and matches(rule, text)
    return rule.occasion == "fallback" and kind != "click"


def kind_of(event: Event) -> str:
    """The kind of an inbox entry; "" for what is none."""
    if isinstance(event, TargetChanged):
        return CHANGES[event.change]
    if not isinstance(event, Inbound):
        return ""
    kind = OTHER_NAMES.get(event.kind, event.kind)
    return kind if kind in KINDS and kind not in CHANGES.values() else "other"


def heard(event: Inbound | TargetChanged) -> Inbound:
    """The event as an answer is made to it: who has come counts as who said something without words."""
    if isinstance(event, Inbound):
        return event
    return Inbound(event.dedupe, event.target, kind_of(event), "", event.reply_until, event.context)


def place_of(event: Inbound | TargetChanged, kind: AccountKind | None) -> str:
    """The group it happened in, or ""; what comes and goes on a channel of groups is a group."""
    if isinstance(event, Inbound):
        return event.context.get("group", "")
    return event.target if kind and all(route.unit == "group" for route in kind.routes) else ""
