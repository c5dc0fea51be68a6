"""Values of a report turned into what a page draws: bar segments, groups by client, rates. No session, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol, TypeVar

from saas.channels.message import Message
from saas.channels.platform import Finding
from saas.kernel.errors import Words
from saas.reports.periods.untold import tells_readers
from saas.reports.report import COUNTS, AccountReport, CampaignReport
from saas.reports.sheet import Said
from saas.web.console.words import BEFORE_RELEASE, NOT_STARTED, SEGMENTS, UNITS


class OfClient(Protocol):
    """Anything that belongs to a client."""

    @property
    def client(self) -> str: ...


T = TypeVar("T", bound=OfClient)


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a stacked bar: ``x`` and ``width`` in percent of what was intended."""

    name: str
    words: Words
    count: int
    x: float
    width: float


def segments(counts: Mapping[str, int]) -> list[Segment]:
    """The parts of a bar that are not zero, in reading order."""
    whole, x, found = max(counts.get("intended", 0), 1), 0.0, []
    for name, words in SEGMENTS.items():
        count = counts.get(name, 0)
        if count:
            width = 100 * count / whole
            found.append(Segment(name, words, count, round(x, 3), round(width, 3)))
            x += width
    return found


def counts_of(row: AccountReport) -> dict[str, int]:
    """The counts of an account; what has not begun is *planned*, not *in progress*."""
    return _split({name: getattr(row, name) for name in COUNTS}, row.in_progress if row.state in NOT_STARTED else 0)


def begun(state: str) -> bool:
    """Whether anything may have gone out in this state of a campaign."""
    return state not in BEFORE_RELEASE


def as_begun(sums: Mapping[str, Mapping[str, int]], state: str) -> dict[str, dict[str, int]]:
    """The totals of a campaign in this state, for its bars, one for each unit."""
    return {unit: _split(counts, 0 if begun(state) else counts["in_progress"]) for unit, counts in sums.items()}


def meant_for(report: CampaignReport) -> Words:
    """How many it is meant for, each unit by itself."""
    zh, en = ([f"{sums['intended']:,} {UNITS[unit][side]}" for unit, sums in report.totals_by_unit.items()] for side in (0, 1))
    return "和 ".join(zh), " and ".join(en)


def totals_of(report: CampaignReport) -> dict[str, dict[str, int]]:
    """The totals of a campaign for its bars, one for each unit: people and groups are never added together."""
    waiting = dict.fromkeys(report.totals_by_unit, 0)
    for row in report.accounts:
        waiting[row.unit] += row.in_progress if row.state in NOT_STARTED else 0
    return {unit: _split(sums, waiting[unit]) for unit, sums in report.totals_by_unit.items()}


def _split(counts: Mapping[str, int], planned: int) -> dict[str, int]:
    return {**counts, "in_progress": counts["in_progress"] - planned, "planned": planned}


@dataclass(frozen=True, slots=True)
class ChannelShare:
    """What a channel carries of a campaign, in people or groups."""

    channel: str
    unit: str
    intended: int
    accounts: int


def by_channel(accounts: Iterable[AccountReport]) -> list[ChannelShare]:
    """How much each channel carries, the largest first."""
    found: dict[tuple[str, str], list[AccountReport]] = {}
    for row in accounts:
        found.setdefault((row.channel, row.unit), []).append(row)
    shares = [ChannelShare(channel, unit, sum(r.intended for r in rows), len(rows)) for (channel, unit), rows in found.items()]
    return sorted(shares, key=lambda share: -share.intended)


def by_client(items: Iterable[T]) -> list[tuple[str, list[T]]]:
    """Grouped by client, clients in the order of their first item."""
    order: dict[str, list[T]] = {}
    for item in items:
        order.setdefault(item.client, []).append(item)
    return list(order.items())


def platform_id(receipt: Mapping[str, object]) -> str:
    """What a platform calls a delivery: the first of its ids; else whom it was for."""
    ids = [str(value) for name, value in receipt.items() if name != "target" and value not in ("", None)]
    return ids[0] if ids else str(receipt.get("target", "—"))


@dataclass(frozen=True, slots=True)
class Wording:
    """One thing that is said, and the accounts that say it."""

    message: Message
    accounts: list[Said]


def wordings(accounts: Sequence[Said]) -> list[Wording]:
    """What the accounts say, each wording once, the most widely heard first."""
    found: dict[object, Wording] = {}
    for account in accounts:
        found.setdefault(_gist(account.message), Wording(account.message, [])).accounts.append(account)
    return sorted(found.values(), key=lambda wording: -sum(a.people for a in wording.accounts))


def _gist(message: Message) -> object:
    """What makes two messages the same to a reader: pictures fitted to another account's limits do not count."""
    titles = tuple((article.title, article.digest) for article in message.articles)
    return message.kind, titles, message.text, message.link and message.link.url, message.template and message.template.id


@dataclass(frozen=True, slots=True)
class FileFindings:
    """The findings of one file, the gravest first."""

    file: str
    findings: list[Finding]


_GRAVITY = {"block": 0, "warn": 1, "note": 2}


def by_file(findings: Iterable[Finding]) -> list[FileFindings]:
    """Findings grouped by file; files with the gravest findings first."""
    ordered = sorted(findings, key=file_of)
    groups = [
        FileFindings(file, sorted(found, key=lambda f: (_GRAVITY[f.severity], f.line)))
        for file, found in groupby(ordered, file_of)
    ]
    return sorted(groups, key=lambda group: (_GRAVITY[group.findings[0].severity], group.file != "campaign.yaml", group.file))


def file_of(finding: Finding) -> str:
    """The file of a finding: what stands before the field in ``campaign.yaml: schedule``."""
    return finding.where.split(": ")[0]


def field_of(finding: Finding) -> str:
    """The field of a finding, or nothing."""
    return finding.where.partition(": ")[2]


def tally(findings: Iterable[Finding]) -> dict[str, int]:
    """How many findings of each severity."""
    counts = dict.fromkeys(_GRAVITY, 0)
    for finding in findings:
        counts[finding.severity] += 1
    return counts


@dataclass(frozen=True, slots=True)
class OverallRate:
    """A rate over the accounts that have it; ``value`` None when none has. ``sources`` of every number in it."""

    name: str
    value: float | None
    sources: tuple[str, ...]
    accounts: int


_BASES = {"delivery": "intended", "open": "delivered", "share": "opened"}


def overall_rates(report: CampaignReport) -> list[OverallRate]:
    """The three rates of a campaign: each account's rate weighed by its base; people only, where there are any."""
    counted = [row for row in report.accounts if row.unit == "person"] or report.accounts
    return [_overall(name, base, counted) for name, base in _BASES.items() if name not in report.not_shown]


def tells_nothing(report: CampaignReport) -> bool:
    """Whether no platform of this campaign publishes how a message was read."""
    return not any(tells_readers(row.channel) for row in report.accounts)


def _overall(name: str, base: str, accounts: Sequence[AccountReport]) -> OverallRate:
    counted = [(row.rates[name], _base(row, base)) for row in accounts if name in row.rates]
    weight = sum(size for _, size in counted)
    value = sum(rate.value * size for rate, size in counted) / weight if weight else None
    return OverallRate(name, value, tuple(sorted({rate.source for rate, _ in counted})), len(counted))


def _base(row: AccountReport, base: str) -> float:
    return row.figures[base].value if base in row.figures else float(getattr(row, base, 0))
