"""What a check of a campaign is made under: trades of the clients, what the agency changed, which packs, kept for later."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from saas.accounts.models import Account
from saas.campaigns.policy import DEFAULT_LATENESS
from saas.channels import Account as Seen
from saas.channels import Finding
from saas.content.draft import CampaignDraft
from saas.content.faults import block
from saas.content.links import link_fault
from saas.delivery.examined import examined
from saas.delivery.originality import reprints
from saas.delivery.own_findings import own_findings
from saas.kernel import clock
from saas.kernel.database import db
from saas.kernel.settings import settings
from saas.review.compliance.destinations import destination_findings
from saas.review.compliance.folder_check import AccountFacts, Checked, links_of
from saas.review.compliance.ruling import Ruling
from saas.review.reach import Reached, reach
from saas.review.rulebook.models import RulePackText
from saas.review.rulebook.overrides import ZONE, ruling, trades_of
from saas.review.rulebook.packs import packs
from saas.tenants.models import Client

REMEMBERED = 300.0
_known: dict[str, tuple[float, Reached]] = {}
"""What became of links this process has asked lately."""


def with_trades(facts: Mapping[str, AccountFacts], accounts: Mapping[str, Account]) -> dict[str, AccountFacts]:
    """What is known of each account, with the trades of its client."""
    trades = {client.id: trades_of(client) for client in db.session.scalars(select(Client))}
    return {key: replace(fact, trades=trades.get(accounts[key].client_id, frozenset())) for key, fact in facts.items()}


def as_changed(seen: Seen, changed: Ruling) -> Seen:
    """The account with what the agency changed of its channel's content rules; the account's own overrides come first."""
    own = seen.settings.get("overrides") or {}
    amounts = changed.amounts(seen.channel)
    return replace(seen, settings={**seen.settings, "overrides": {**amounts, **own}}) if amounts else seen


def rules_used(draft: CampaignDraft) -> dict[str, Any]:
    """The record of a check: versions of packs, the agency's changes, trades by account, the day it goes out.

    Keeps the text of each pack that is new to the tenant. Call it in the transaction that stores the check.
    """
    used = packs()
    known = {(row.name, row.version) for row in db.session.execute(select(RulePackText.name, RulePackText.version))}
    for pack in used:
        if (pack.name, pack.version) not in known:
            row = insert(RulePackText).values(name=pack.name, version=pack.version, body=pack.body.text)
            db.session.execute(row.on_conflict_do_nothing())
    return {
        "packs": {pack.name: pack.version for pack in used},
        "overrides": ruling().to_json(),
        "trades": _trades(draft),
        "day": day_of(draft).isoformat(),
    }


def day_of(draft: CampaignDraft) -> date:
    """The day a draft goes out, by the calendar of the platforms."""
    return (draft.schedule.moment() or clock.now()).astimezone(ZONE).date()


def _trades(draft: CampaignDraft) -> dict[str, list[str]]:
    query = select(Account.key, Client).join(Client, Client.id == Account.client_id).where(Account.key.in_(draft.accounts))
    return {key: sorted(trades_of(client)) for key, client in db.session.execute(query)}


def led(checked: Checked, facts: Mapping[str, AccountFacts], accounts: Mapping[str, Account]) -> list[Finding]:
    """What is known only from elsewhere: where links lead, asked with no transaction open, and what was sent before."""
    if checked.campaign is None:
        return []
    found = [*reprints(checked, accounts), *own_findings(checked, facts, accounts), *examined(checked, accounts)]
    links = [link for link in links_of(checked.campaign) if link_fault(link.url) is None or settings().simulators]
    if not links or not settings().link_check:
        return found
    allow = {key: facts[key].allowed_domains for key in checked.choices}
    db.session.rollback()
    reached = _reached([link.url for link in links])
    return [*found, *destination_findings(links, reached, {key: domains for key, domains in allow.items() if domains})]


def _reached(urls: Sequence[str]) -> dict[str, Reached]:
    """What became of each link; what was asked a few minutes ago is not asked again."""
    now = time.monotonic()
    for url in [url for url, (at, _) in _known.items() if now - at > REMEMBERED]:
        _known.pop(url, None)
    if new := [url for url in dict.fromkeys(urls) if url not in _known]:
        found = asyncio.run(reach(new, loopback=bool(settings().simulators)))
        _known.update((url, (now, one)) for url, one in found.items())
    return {url: _known[url][1] for url in urls if url in _known}


def too_late(draft: CampaignDraft | None, now: datetime) -> list[Finding]:
    """A time that is over, with its lateness: nothing would be sent, and that is better heard now."""
    moment = draft.schedule.moment() if draft else None
    lateness = timedelta(seconds=draft.max_lateness or DEFAULT_LATENESS) if draft else timedelta()
    if draft is None or moment is None or moment + lateness > now:
        return []
    message = (f"{draft.schedule.raw} 已经过去，超过了允许的最晚时间", f"{draft.schedule.raw} is over, and so is its lateness")
    remedy = ("改成将来的时间、now 或 best", "write a time to come, now or best")
    return [block("schedule_over", "campaign.yaml: schedule", message, remedy, draft.lines.get("schedule", 0))]
