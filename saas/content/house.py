"""The folder's own rules: what holds whatever its accounts, from ``rules.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any

from saas.channels import Article, Finding, Limits, Message, RulePack
from saas.content.draft import CampaignDraft
from saas.content.faults import Words, block, in_file
from saas.content.measures import measure


@lru_cache(maxsize=1)
def house_pack() -> RulePack:
    """The folder's own rules, as they stand in ``rules.toml``."""
    return RulePack.load(Path(__file__).parent / "rules.toml")


def house_limits(day: date | None = None, overrides: Mapping[str, Any] | None = None, pack: RulePack | None = None) -> Limits:
    """The limits of the folder itself on a day, with what the agency changed of them ``{name: {value, reason}}``."""
    noon = datetime.combine(day or date(2026, 1, 1), time(12), UTC)
    return (pack or house_pack()).limits("folder", "", noon, "UTC", overrides)


def house_findings(draft: CampaignDraft, limits: Limits | None = None) -> list[Finding]:
    """What is over the folder's own rules, measured on the draft without rendering it; and articles without a cover."""
    limits = limits or house_limits()
    articles = tuple(Article(a.title, "", a.author, a.digest) for a in draft.articles)
    message = Message(draft.kind, articles=articles, text=draft.text)
    found = [finding for finding in measure(message, draft, limits) if finding.rule != "articles"]
    return [*found, *_too_many(draft, limits), *(_coverless(draft) if draft.kind == "articles" else [])]


def _too_many(draft: CampaignDraft, limits: Limits) -> list[Finding]:
    """Articles as they are listed, those that are missing too: it is the list that is too long."""
    most = limits.content_rule("articles") or 0
    listed = draft.articles_listed
    if listed <= most:
        return []
    message = (
        f"列了 {listed} 篇文章，多了 {listed - most} 篇（最多 {most}）",
        f"{listed} articles are listed, {listed - most} too many (at most {most})",
    )
    remedy = (f"删掉 {listed - most} 篇，或拆成两个活动", f"take out {listed - most}, or make two campaigns")
    return [block("articles", "campaign.yaml: articles", message, remedy, draft.lines.get("articles", 0))]


def _coverless(draft: CampaignDraft) -> list[Finding]:
    message: Words = ("这篇文章没有封面", "this article has no cover")
    remedy: Words = ("在文件开头写 cover: images/….jpg（900×500 以上）", "write cover: images/….jpg at the top (900×500 or more)")
    return [block("cover_missing", in_file(a.file, "cover"), message, remedy, 1) for a in draft.articles if not a.written_cover]
