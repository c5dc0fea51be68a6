"""Why a dispatch stands where it stands, in words a client understands (zh, en)."""

from __future__ import annotations

from saas.kernel.errors import counted
from saas.reports.states import ACCOUNT_TROUBLE

WORDS: dict[str, tuple[str, str]] = {
    "exhausted": ("平台或规则的发送次数已用完", "the cap is used up"),
    "missed": ("超过允许的最晚时间，没有发送", "too late by the campaign's own limit; not sent"),
    "cancelled": ("已取消，没有发送", "cancelled; not sent"),
    "stopped": ("发送已停止，解除后才会继续", "sending is stopped; it goes on when that is lifted"),
    "waiting": ("等待到可以发送的时间", "waits until it may be sent"),
    "awaiting": ("等待人工确认或操作", "waits for a person to confirm or act"),
    "expired": ("到期仍没有人确认，没有发送", "nobody confirmed in time; not sent"),
    "unknown": ("不确定是否已发出，请人工核实", "it may have gone out; a person must find out"),
    "unreachable": ("连不上平台，请稍后重试", "the platform could not be reached; try again later"),
    "trying": ("连不上平台，会再试到最晚时间", "the platform cannot be reached; it is tried again until it would be too late"),
    "no_audience": ("没有可以发送的对象", "there is nobody to send to"),
    "tag_unknown": ("账号没有这个标签", "the account has no such tag"),
    "tag_ambiguous": ("不止一个标签叫这个名字", "more than one tag has this name"),
    "group_unknown": ("账号没有所选的群", "none of the chosen groups is the account's"),
    "refused": ("平台或账号设置不允许发送", "the platform or the account's settings do not allow it"),
    "no_channel": ("渠道未安装", "the channel is not installed"),
    "worker_lost": ("发送进程中断，结果需核实", "the sending process was lost; the outcome must be checked"),
    "set_aside": (
        "发送进程三次在此中断，已搁置，请人工核实",
        "the sending process was lost three times at it; it is set aside for a person to look at",
    ),
    "stop_unsent": ("已停止未发出的部分", "what was unsent is stopped"),
    "take_down": ("文章页面已删除", "the page is taken down"),
    "recall": ("已撤回", "recalled"),
    "settled": ("已由人工核实", "settled by a person"),
    "overruled": (
        "人工判断为未发出，平台的回执随后到达：已发出",
        "a person had said that it did not go out; then the platform's receipt came: it did",
    ),
    "by_hand": ("人工完成", "done by hand"),
}


OWN = frozenset({*WORDS, *ACCOUNT_TROUBLE, "repeating", "absent", "found"})
"""Codes of our own: their words say it already, so pages show only a platform's code beside a reason."""


def platform_code(code: str) -> str:
    """The code where it is the platform's, which a person may look up there; else nothing."""
    return "" if code in OWN else code


def reason_words(state: str, code: str, told: tuple[str, str] = ("", "")) -> tuple[str, str]:
    """A sentence for the state, with what was told of it (a cap's title, the platform's own reason) in brackets."""
    zh, en = WORDS.get(code) or WORDS.get(state) or ("", "")
    if not told[0] or code in told:
        return (zh, en)
    return (f"{zh}（{told[0]}）" if zh else told[0], f"{en} ({told[1]})" if en else told[1])


PAGE_ONLY = ("只发表到主页，不通知粉丝", "on its page only, nobody is notified")


def taken_back_words(kind: str, people: int, unit: str) -> tuple[str, str]:
    """That a part of what went out was taken back, called what it is."""
    zh, en = WORDS["take_down" if kind == "take_down" else "recall"]
    if unit == "page":
        return zh, en
    groups = unit == "group"
    whom = counted(people, "group") if groups else counted(people, "person", "people")
    return f"其中 {people} {'个群' if groups else '人'}{zh}", f"{en} for {whom} of these"
