"""What the platforms behind a report do not tell, said in words: a figure that is missing is not zero."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from saas.accounts.channels import registry
from saas.kernel.errors import Words, counted
from saas.reports.definitions import OF_FIGURES
from saas.reports.periods.report import AccountLine
from saas.reports.periods.rows import Sent
from saas.reports.shown.policy import Hidden

TOLD = frozenset({"opened", "shared"})
RETIRED = "retired_statistics"
"""1 among the figures of a send that are of a family of statistics its platform has retired."""


def tells_readers(channel: str) -> bool:
    """Whether the channel's platform publishes how a message was read."""
    found = registry().get(channel)
    return bool(found and found.hook.figures)


def untold(sent: Sequence[Sent], accounts: Sequence[AccountLine], hidden: Hidden, fresh: int = 0) -> list[Words]:
    """A sentence for each kind of figure that cannot be complete. ``fresh``: how many of the sends are still being read."""
    return [*_readers(sent), *_retired(sent, hidden), *_growing(fresh), *_followers(accounts, hidden)]


def _growing(fresh: int) -> Iterator[Words]:
    if fresh:
        yield (
            f"{fresh} 次发送还不到 72 小时，阅读等数字还在涨：不与上期、去年和中位数比较，也不参与排名和时段",
            f"{counted(fresh, 'send')} of less than 72 h: what is told of reading still grows, and is not compared with the time"
            " before, last year or the median, nor ranked",
        )


def _readers(sent: Sequence[Sent]) -> Iterator[Words]:
    silent = sorted({row.channel for row in sent if not tells_readers(row.channel) and not row.figures.keys() >= TOLD})
    if silent:
        titles = [_title(channel) for channel in silent]
        zh, en = "、".join(title[0] for title in titles), ", ".join(title[1] for title in titles)
        yield (
            f"{zh}：平台不提供阅读、分享等数字；没有人登记的，这里没有，不记为 0",
            f"{en}: the platform tells no readers or shares; those that nobody entered are missing, not zero",
        )


def _retired(sent: Sequence[Sent], hidden: Hidden) -> Iterator[Words]:
    """Which sends' numbers an older family told: they are fewer, and of fewer days."""
    own = [row for row in sent if (mark := row.figures.get(RETIRED)) and mark.value]
    if own and not hidden >= set(OF_FIGURES):
        names = sorted({row.account_name for row in own})
        yield (
            f"{len(own)} 次发送的阅读、分享等数字来自平台已停用的旧版统计（只跟踪 7 天，没有点赞、留言等）：{'、'.join(names)}",
            f"{counted(len(own), 'send')} whose readers and shares are of the platform's retired statistics (seven days from"
            f" publication; no likes or comments): {', '.join(names)}",
        )


def _followers(accounts: Sequence[AccountLine], hidden: Hidden) -> Iterator[Words]:
    dark = [line for line in accounts if line.measures["followers"].value is None]
    if dark and "followers" not in hidden:
        zh = f"{len(dark)} 个账号没有关注总数：平台没有给出，也没有人登记，不记为 0"
        which = counted(len(dark), "account")
        yield zh, f"{which} without a number of followers: no platform tells it and nobody entered it; it is not zero"


def _title(channel: str) -> Words:
    found = registry().get(channel)
    return (found.channel.title.zh, found.channel.title.en) if found else (channel, channel)
