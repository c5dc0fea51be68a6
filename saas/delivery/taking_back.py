"""What can be taken back, decided purely: by the route's kind and its window; and what an answer makes of a delivery.

``recall``: the message vanishes. ``take_down``: the page dies, the card stays. ``stop_unsent``: only what nobody has sent yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from saas.channels.broken import NO_REASON
from saas.channels.channel import Route
from saas.channels.outcome import Exhausted, Outcome, Progress, Receipt, Refused, Throttled, Unauthorized, Unknown
from saas.channels.rules import Limits
from saas.delivery.policy import News
from saas.kernel.errors import Words, both_sides

OUT = ("accepted", "awaiting", "sent", "partly_sent")
GAPS = (1.0, 2.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0)
NOBODY: Words = ("", "")

DONE_AS = {"recall": "recalled", "take_down": "taken_down", "stop_unsent": "stopped"}
"""What a delivery is called once it is taken back, by the kind of its route. A take-down is never called a recall."""
FATES: dict[str, Words] = {
    "recalled": ("已撤回", "recalled"),
    "taken_down": ("已删除文章页面（卡片仍留在手机上）", "page taken down (the card stays on phones)"),
    "stopped": ("已停止尚未发出的部分（已发出的收不回）", "what was unsent is stopped (what was sent stays)"),
    "cancelled": ("还没有发出，已取消", "had not gone out; cancelled"),
    "in_flight": ("正在发送，有结果后自动收回", "on its way; taken back as soon as it has landed"),
    "too_late": ("已超过平台的撤回时限", "the platform's window has passed"),
    "impossible": ("此渠道不能撤回", "this channel takes nothing back"),
    "all_sent": ("成员已发出，收不回", "members have sent it; it stays"),
    "unsure": ("可能已发出，结果未知：请先核实", "may be out, nobody knows: find out first"),
    "refused": ("平台拒绝", "the platform refused"),
    "unknown": ("平台没有明确答复，会再次要求撤回", "no clear answer; it is asked for again"),
    "later": ("平台暂时不能处理，稍后会再次要求", "not just now; it is asked for again"),
}
FORESEEN: dict[str, Words] = {
    **FATES,
    "recalled": ("撤回", "recall"),
    "taken_down": ("删除文章页面（卡片仍留在手机上）", "take the page down (the card stays on phones)"),
    "stopped": ("停止尚未发出的部分（已发出的收不回）", "stop what is unsent (what was sent stays)"),
    "cancelled": ("还没有发出，取消", "has not gone out; cancel"),
    "in_flight": ("正在发送，等它有结果后收回", "on its way; taken back once it has landed"),
    "unknown": ("可能已发出，记为未知", "may be out; counts as unknown"),
}
"""The same before it is done."""
REMAINS: dict[str, Words] = {
    "recalled": ("手机上不再显示", "nothing stays on phones"),
    "taken_down": ("卡片仍留在手机上，点开提示已删除", "cards stay on phones; opening one says it was deleted"),
    "stopped": ("成员已发出的仍留在客户手机上", "what members have sent stays on customers' phones"),
    "too_late": ("仍留在手机上", "stays on phones"),
    "all_sent": ("仍留在客户手机上", "stays on customers' phones"),
    "unsure": ("可能留在手机上", "may stay on phones"),
    "impossible": ("仍留在手机上", "stays on phones"),
}


@dataclass(frozen=True, slots=True)
class Answered:
    """What the platform's answer to a recall comes to: as ``recalls`` keeps it. ``again``: when to ask again."""

    outcome: str
    reason: str = ""
    again: datetime | None = None


def window(route: Route, limits: Limits) -> int:
    """Seconds within which it can be taken back; 0 means no limit."""
    return limits.recall_seconds if limits.recall_seconds is not None else route.recall.seconds


def closes_at(accepted_at: datetime | None, seconds: int) -> datetime | None:
    """When the window closes, or None."""
    return accepted_at + timedelta(seconds=seconds) if accepted_at and seconds else None


def fate(row: Mapping[str, Any], route: Route | None, seconds: int, now: datetime) -> str:
    """What would become of a delivery by asking now: a key of FATES, or "" for one of which nothing is out."""
    if row["state"] == "due":
        return "cancelled" if row["reserved_by"] is None else "unknown"
    if row["state"] == "unknown":
        return "unsure"
    if row["state"] not in (*OUT, "sending"):
        return ""
    if route is None or route.recall.kind == "none":
        return "impossible"
    if row["state"] == "sending":
        return "in_flight"
    if route.recall.kind == "stop_unsent" and not unsent(row):
        return "all_sent"
    closes = closes_at(row["accepted_at"], seconds)
    return "too_late" if closes and closes <= now else DONE_AS[route.recall.kind]


def unsent(row: Mapping[str, Any]) -> int:
    """How many people of a delivery that members send nobody has sent it to yet."""
    return int(row["people"] - row["delivered"] - row["failed"] - row["skipped"] - row["unknown"])


def answered(outcome: Outcome, tries: int, in_doubt: bool, closes: datetime | None, now: datetime) -> Answered:
    """What is kept of an answer. ``in_doubt``: an earlier question lost its answer, so a refusal may be its consequence."""
    reason = str(getattr(outcome, "reason", "")) or str(getattr(outcome, "detail", "")) or NO_REASON
    match outcome:
        case Receipt():
            return Answered("done")
        case Refused() if in_doubt:
            return Answered("unknown", f"{UNSURE[0]}：{both_sides(reason)[0]} / {UNSURE[1]}: {both_sides(reason)[1]}")
        case Refused() | Unauthorized():
            return Answered("refused", reason)
        case Throttled(retry_after=seconds):
            wait = now + timedelta(seconds=seconds)
        case Exhausted(resets_at=resets_at):
            wait = max(resets_at, now + timedelta(seconds=GAPS[-1]))
        case _:
            wait = now + timedelta(seconds=GAPS[min(tries - 1, len(GAPS) - 1)])
    word = "unknown" if in_doubt or isinstance(outcome, Unknown) else "later"
    over = (closes is not None and wait >= closes) or tries > len(GAPS) + 4
    return Answered(word if word == "unknown" or not over else "refused", reason, None if over else wait)


def not_out(row: Mapping[str, Any], now: datetime) -> Answered:
    """What comes of a wish to take back what is not out (yet): it waits, or there is nothing to take back, or nobody knows."""
    if row["state"] == "sending" or (row["state"] == "due" and row["reserved_by"] is not None):
        return Answered("later", "", now + LOOK_AGAIN)
    if row["state"] == "unknown":
        looks = row["poll_at"]
        return Answered("later" if looks else "refused", SETTLE_FIRST, max(looks, now) + LOOK_AGAIN if looks else None)
    return Answered("done")


LOOK_AGAIN = timedelta(seconds=5)
SETTLE_FIRST = "可能已发出，请先核实，再撤回 / it may be out: settle it first, then recall it"
UNSURE: Words = ("之前的撤回可能已经生效，平台现在答复", "an earlier question may have worked; the platform now says")


def taken_back(row: Mapping[str, Any], route: Route, progress: Progress) -> News:
    """Counts stay what they were (people did get it), except where unsent parts were stopped: those are skipped."""
    counts = News(
        row["id"],
        "recalled",
        "keep",
        row["accepted"],
        row["delivered"],
        row["failed"],
        row["skipped"],
        row["unknown"],
        row["awaiting"],
    )
    if route.recall.kind != "stop_unsent":
        # Who is not counted yet may still be told of by the platform: the question stays open.
        return replace(counts, code=route.recall.kind, poll=row["poll_at"])
    # Some may have got it since we last asked: the platform's word, when it has one, is newer than ours.
    known = row["failed"] + row["skipped"] + row["unknown"]
    out = min(max(row["delivered"], progress.delivered), row["people"] - known)
    stopped = row["people"] - known - out
    state = "partly_sent" if out else "skipped"
    return replace(counts, state=state, d=out, s=row["skipped"] + stopped, w=0, code="stop_unsent")
