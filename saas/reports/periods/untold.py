"""What the platforms behind a report do not tell, said in words: a figure that is missing is not zero."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from saas.accounts.channels import registry
from saas.kernel.errors import Words, counted
from saas.reports.periods.report import AccountLine
from saas.reports.periods.rows import Sent
from saas.reports.shown.policy import Hidden

TOLD = frozenset({"opened", "shared"})


def tells_readers(channel: str) -> bool:
    """Whether the channel's platform publishes how a message was read."""
    found = registry().get(channel)
    return bool(found and found.hook.figures)


def untold(sent: Sequence[Sent], accounts: Sequence[AccountLine], hidden: Hidden) -> list[Words]:
    """A sentence for each kind of figure that cannot be complete."""
    return [*_readers(sent), *_followers(accounts, hidden)]


def _readers(sent: Sequence[Sent]) -> Iterator[Words]:
    silent = sorted({row.channel for row in sent if not tells_readers(row.channel) and not row.figures.keys() >= TOLD})
    if silent:
        titles = [_title(channel) for channel in silent]
        zh, en = "、".join(title[0] for title in titles), ", ".join(title[1] for title in titles)
        yield (
            f"{zh}：平台不提供阅读、分享等数字；没有人登记的，这里没有，不记为 0",
            f"{en}: the platform tells no readers or shares; those that nobody entered are missing, not zero",
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
