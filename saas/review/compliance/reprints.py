"""What the platform's check of originality will say of an article that is like one sent before. Pure.

An Official Account platform compares what is declared original with what others declared before. What it judges a reprint it
stops, unless the account sends reprints all the same (``send_ignore_reprint``); then it goes out as one, unless its source
forbids that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from saas.channels import Finding
from saas.content.faults import Words, shown, warn
from saas.review.compliance.copies import Likeness, likeness

SOURCE = "message/mass/sendall: send_ignore_reprint, err(30002), err(30003)"


@dataclass(frozen=True, slots=True)
class Earlier:
    """An article that went out before: its print, whether it was declared original, and on which accounts."""

    title: str
    print: bytes
    original: bool
    accounts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Sender:
    """An account that will send it. ``ignores``: it sends what is judged a reprint all the same."""

    key: str
    ignores: bool = False


def reprint_findings(
    print_: bytes, original: bool, senders: Sequence[Sender], earlier: Sequence[Earlier], where: str, line: int
) -> list[Finding]:
    """A prediction for the nearest earlier article that was declared original, for the accounts it was not sent from."""
    likes = [(likeness(print_, one.print), one) for one in earlier if one.original]
    near = sorted(((like, one) for like, one in likes if like.near), key=lambda pair: (-pair[0].jaccard, pair[1].title))
    if not near:
        return []
    like, one = near[0]
    others = [sender for sender in senders if sender.key not in one.accounts]
    stopped, passed = [s.key for s in others if not s.ignores], [s.key for s in others if s.ignores]
    found = [_told(like, one, stopped, _STOPPED, where, line)] if stopped else []
    if passed:
        found.append(_told(like, one, passed, _DECLARED if original else _PASSED, where, line))
    return found


_STOPPED: tuple[Words, Words] = (
    ("平台会判为转载并停止这次群发（err 30003）", "the platform will judge it a reprint and stop the send (err 30003)"),
    (
        "改写，或在账号设置里允许判为转载时仍群发（ignore_reprint）",
        "rewrite it, or allow reprints in the account (ignore_reprint)",
    ),
)
_PASSED: tuple[Words, Words] = (
    ("平台会判为转载，按转载发出；原文不许转载时仍会失败（err 30002）",
     "the platform will judge it a reprint and send it as one; where its source forbids that it fails (err 30002)"),
    ("改写，或注明转载来源", "rewrite it, or name its source"),
)  # fmt: skip
_DECLARED: tuple[Words, Words] = (
    ("声明原创不会通过，会改按转载发出；原文不许转载时失败（err 30002）",
     "the claim of originality will not pass: it goes out as a reprint, or fails where its source forbids that (err 30002)"),
    ("取消原创声明，或改写", "drop the claim of originality, or rewrite it"),
)  # fmt: skip


def _told(like: Likeness, one: Earlier, keys: Sequence[str], what: tuple[Words, Words], where: str, line: int) -> Finding:
    named = ", ".join(sorted(keys)[:6]) + ("…" if len(keys) > 6 else "")
    zh = f"与已声明原创的“{shown(one.title)}”相同文字 {like.jaccard:.0%}：{what[0][0]}（{named}）"
    en = f"{like.jaccard:.0%} in common with “{shown(one.title)}”, declared original: {what[0][1]} ({named})"
    return replace(warn("reprint_expected", where, (zh, en), what[1], line), source=SOURCE)
