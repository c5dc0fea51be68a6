"""What a comparison of variants says, and what it does not: never a winner on an unknown base, too early or by chance. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Final, Literal

from saas.kernel.errors import Words
from saas.reports.experiments.proportions import Share, compared, holm, smallest_seen

Verdict = Literal["not_out", "unknown", "no_share", "early", "few", "same", "winner", "unclear"]
FEWEST: Final = 100
CHANCE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Counted:
    """What is known of one variant. ``top`` and ``base``: None where they are not known of every one of its sends."""

    label: str
    sends: int
    known: int
    is_out: bool
    top: int | None
    base: int | None
    until: datetime | None
    accounts: frozenset[str]
    moments: frozenset[datetime]
    most_articles: int

    @property
    def share(self) -> Share | None:
        """The share, where it can be one."""
        if self.top is None or not self.base or self.top > self.base:
            return None
        return Share(self.top, self.base)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two variants compared; values are the first less the second, rates 0..1. ``p`` is after Holm where there are more pairs."""

    first: str
    second: str
    difference: float
    low: float
    high: float
    p: float
    test: str
    smallest_seen: float


@dataclass(frozen=True, slots=True)
class Judged:
    """``winner`` only for the verdict of that name. ``caveats``: what else than the content may explain a difference."""

    verdict: Verdict
    winner: str
    pairs: tuple[Pair, ...]
    said: Words
    caveats: tuple[Words, ...]


def judge(figure: str, variants: Sequence[Counted], marked_at: datetime, now: datetime) -> Judged:
    """The verdict over two or more variants."""
    warned = _caveats(variants, marked_at)
    known = [one.share for one in variants]
    shares = [one for one in known if one is not None]
    before = _not_yet(figure, variants, now)
    if before or len(shares) < len(variants):
        verdict, said = before or ("no_share", NO_SHARE)
        return Judged(verdict, "", (), said, warned)
    pairs = _pairs([one.label for one in variants], shares)
    if (least := min(one.base for one in shares)) < FEWEST:
        return Judged("few", "", pairs, _few(least), warned)
    verdict, winner, said = _found(variants, shares, pairs)
    return Judged(verdict, winner, pairs, said, warned)


ACCOUNTS_DIFFER: Words = (
    "各组发给了不同的账号：差别可能来自粉丝，不是内容",
    "they went to different accounts: followers may differ, not the content",
)
ACCOUNTS_SHARED: Words = (
    "各组有相同的账号：若没有用标签分开，同一个人可能收到两组",
    "some accounts got more than one: unless tags divide them, people may have got both",
)
TIMES_DIFFER: Words = ("各组发送时间不同：差别可能来自时间", "they went out at different times, which may explain a difference")
MARKED_LATE: Words = (
    "发出以后才设为对比：结果当时可能已经知道",
    "it was set up after the send, when numbers may have been known",
)
DESIGN: Words = (
    "分组由人选定（账号、标签、时间），不是由系统随机分配的：能说各组读者之间有没有差别，不能只凭它说差别是内容造成的",
    "people chose who got which (accounts, tags, times) and this system drew nobody by lot: it can be said whether the groups of"
    " readers differ, not that the content alone made them differ",
)
NO_SHARE: Words = (
    "这个指标在这里不是“多少人里的多少人”，不能比较",
    "here this figure is not so many people out of so many: it is not compared",
)


def _not_yet(figure: str, variants: Sequence[Counted], now: datetime) -> tuple[Verdict, Words] | None:
    if late := [one.label for one in variants if not one.is_out]:
        names = "、".join(late)
        return "not_out", (f"{names} 还没有发完，不作比较", f"{', '.join(late)} is not out yet: nothing is compared")
    if dark := [one.label for one in variants if one.top is None or not one.base]:
        names = "、".join(dark)
        zh = f"数据不够：{names} 有发送还没有数字，平台没有给出，也没有人登记"
        return "unknown", (
            zh,
            f"not enough data: of {', '.join(dark)} not every send has its number, from the platform or a person",
        )
    if figure == "share" and any(one.most_articles > 1 for one in variants):
        return "no_share", NO_SHARE
    until = max(one.until for one in variants if one.until)
    if now < until:
        return "early", (
            f"还在阅读期内，{until:%m-%d %H:%M}（UTC）以后再判断",
            f"people still read: it is judged after {until:%d %b %H:%M} UTC",
        )
    return None


def _few(least: int) -> Words:
    return (
        f"数据不够：最少的一组只有 {least} 人，不到 {FEWEST} 人不下结论",
        f"not enough data: the smallest group is {least} people; below {FEWEST} nothing is concluded",
    )


def _pairs(labels: Sequence[str], shares: Sequence[Share]) -> tuple[Pair, ...]:
    both = list(combinations(range(len(shares)), 2))
    found = [compared(shares[one], shares[other]) for one, other in both]
    chances = holm([one.p for one in found])
    return tuple(
        Pair(
            labels[one], labels[other], round(told.value, 6), round(told.low, 6), round(told.high, 6), round(p, 6), told.test,
            round(smallest_seen(shares[one], shares[other]), 6),
        )
        for (one, other), told, p in zip(both, found, chances, strict=True)
    )  # fmt: skip


def _found(variants: Sequence[Counted], shares: Sequence[Share], pairs: Sequence[Pair]) -> tuple[Verdict, str, Words]:
    best = variants[max(range(len(shares)), key=lambda place: shares[place].value)].label
    against = [pair for pair in pairs if best in (pair.first, pair.second)]
    if all(pair.p < CHANCE for pair in against):
        return "winner", best, _won(best, against)
    if any(pair.p < CHANCE for pair in pairs):
        return "unclear", "", ("各组有差别，但最高的两组分不出高下", "they differ, but the best two cannot be told apart")
    least = max(pair.smallest_seen for pair in pairs)
    zh, en = _said(best, pairs[0]) if len(pairs) == 1 else ("", "")
    return (
        "same",
        "",
        (
            f"看不出差别{'：' + zh if zh else ''}；这么多人只能看出 {100 * least:.1f} 个百分点以上的差别",
            f"no difference is seen{': ' + en if en else ''}; so many people would show one of {100 * least:.1f} points or more",
        ),
    )


def _won(best: str, against: Sequence[Pair]) -> Words:
    return _said(best, min(against, key=lambda pair: abs(pair.difference)))


def _said(best: str, pair: Pair) -> Words:
    """The difference of a pair with its interval and its p, from the side of the higher."""
    sign = 1 if pair.first == best else -1
    low, high = sorted((100 * sign * pair.low, 100 * sign * pair.high))
    points, p = 100 * sign * pair.difference, pair.p
    other = pair.second if pair.first == best else pair.first
    chance = "< 0.001" if p < 0.001 else f"= {p:.3f}"
    zh = f"{best} 比 {other} 高 {points:.1f} 个百分点（95% 区间 {low:.1f} 至 {high:.1f}，p {chance}）"
    return zh, f"{best} is {points:.1f} points above {other} (95 % interval {low:.1f} to {high:.1f}, p {chance})"


def _caveats(variants: Sequence[Counted], marked_at: datetime) -> tuple[Words, ...]:
    return tuple(words for holds, words in _checks(variants, marked_at) if holds)


def _checks(variants: Sequence[Counted], marked_at: datetime) -> list[tuple[bool, Words]]:
    first, moments = variants[0], [moment for one in variants for moment in one.moments]
    sets = [one.accounts for one in variants]
    others = any(one != first.accounts for one in sets)
    same = any(one & other for one, other in combinations(sets, 2))
    return [
        (True, DESIGN),
        (others, ACCOUNTS_DIFFER),
        (same, ACCOUNTS_SHARED),
        (len(set(moments)) > 1, TIMES_DIFFER),
        (bool(moments) and marked_at > min(moments), MARKED_LATE),
    ]
