"""A check pack with code: ends that are over before the message goes out, days of the week that do not fit, impossible days."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from saas.channels import Finding, Passage, hookimpl
from saas.channels.wording.pack import LONGEST, Lines, quote

_DAY = (
    r"(?:(?P<year>20\d\d)\s?[年./-]\s?)?(?P<month>1[0-2]|0?[1-9])\s?(?:(?P<cn>月)|[./-])\s?(?P<day>[12]\d|3\d|0?[1-9])(?!\d)\s?[日号]?"
    r"(?P<weekday>\s?[（(]?\s?(?:周|星期|礼拜)(?P<name>[一二三四五六日天]))?"
)
_DATE = re.compile(rf"(?<![\d.])(?:{_DAY})(?![\d.]*[%％元折倍万米克分])")
_BEFORE = re.compile(
    r"(?:截止(?:日期|时间)?|(?:活动|报名|优惠|预售|领取|兑换|投票|征集|展期|展览|抢购|促销|有效期?|申请|征稿)[^。！？\n]{0,24}?(?:至|到|—|–|-|~|～|截止|截至))"
    r"(?:为|是|到|至|于|在|日期|时间|[：:\s])*$"
)
_AFTER = re.compile(
    r"\s?(?:\d{1,2}[:：]\d\d)?\s?(?:截止|结束|为止|止(?!痛)|前(?:到店|来|报名|领取|下单|有效|可|均)|之前(?:报名|领取|下单|到店))"
)
_NAMES = "一二三四五六日"


@hookimpl
def findings(passages: Sequence[Passage], day: date) -> list[Finding]:
    """Findings on the dates a text names, seen from the day it goes out."""
    return [found for passage in passages for found in _of(passage, day)]


def _of(passage: Passage, day: date) -> Iterator[Finding]:
    text, lines = passage.text[:LONGEST], Lines(passage.text[:LONGEST], passage.line)
    for match in _DATE.finditer(text):
        if not match["cn"] and not match["year"]:
            continue
        meant = _meant(match, day)
        told = _impossible(match) if meant is None else _over(match, text, meant, day) or _weekday(match, meant)
        if told:
            rule, message, remedy = told
            mark = match.span()
            source = "《广告法》第八条：内容应当准确、清楚、明白" if rule == "date_over" else ""
            yield Finding(rule, "warn", passage.where, message, remedy, lines.at(mark[0]), (mark,), source, (quote(text, *mark),))


def _meant(match: re.Match[str], day: date) -> date | None:
    """The date, in its own year or in the one that brings it nearest; None where no such day exists."""
    month, number = int(match["month"]), int(match["day"])
    years = [int(match["year"])] if match["year"] else [day.year, day.year + 1, day.year - 1]
    days = [found for year in years if (found := _date(year, month, number))]
    return min(days, key=lambda found: abs((found - day).days)) if days else None


def _date(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None


_Told = tuple[str, tuple[str, str], tuple[str, str]]


def _over(match: re.Match[str], text: str, meant: date, day: date) -> _Told | None:
    """Whether it is the end of something, and lies before the day the message goes out."""
    if meant >= day:
        return None
    sentence = re.split(r"[。！？\n]", text[max(0, match.start() - 40) : match.start()])[-1]
    if not _BEFORE.search(sentence) and not _AFTER.match(text, match.end()):
        return None
    message = (
        f"“{match[0].strip()}”已经过去：这条消息 {day:%Y-%m-%d} 发出",
        f"“{match[0].strip()}” is over: the message goes out on {day:%Y-%m-%d}",
    )
    return "date_over", message, ("改日期，或改发送时间", "change the date or the time of the send")


def _weekday(match: re.Match[str], meant: date) -> _Told | None:
    if not match["name"]:
        return None
    right = _NAMES[meant.weekday()]
    if match["name"].replace("天", "日") == right:
        return None
    message = (
        f"“{match[0].strip()}”：{meant:%Y-%m-%d} 是星期{right}",
        f"“{match[0].strip()}”: {meant:%Y-%m-%d} is a {meant:%A}",
    )
    return "date_weekday", message, ("核对日期与星期", "check the date and its day of the week")


def _impossible(match: re.Match[str]) -> _Told:
    message = (f"“{match[0].strip()}”没有这一天", f"“{match[0].strip()}”: there is no such day")
    return "date_impossible", message, ("核对日期", "check the date")
