"""What the platform's check of originality will say, from what the agency's accounts have sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select

from saas.accounts.models import Account
from saas.campaigns.models import Campaign, Fingerprint
from saas.channels import Finding
from saas.kernel.database import db
from saas.review.compliance.folder_check import Checked
from saas.review.compliance.reprints import Earlier, Sender, reprint_findings

_STARTED = ("approved", "released")
COMPARING = "official_account"
"""The channel whose platform compares what is declared original."""


def reprints(checked: Checked, accounts: Mapping[str, Account]) -> list[Finding]:
    """Predictions for articles that are near copies; nothing is asked of the database where there is none."""
    if checked.campaign is None or not any(finding.rule == "near_copy" for finding in checked.findings):
        return []
    saying = [accounts[key] for key, choice in checked.choices.items() if choice.content == "articles"]
    senders = [_sender(account) for account in saying if account.channel == COMPARING]
    earlier = list(_earlier()) if senders else []
    return [
        finding
        for article in checked.campaign.articles
        for finding in reprint_findings(
            checked.fingerprints[article.file],
            article.original,
            senders,
            earlier,
            article.file,
            article.line,
        )
    ]


def _sender(account: Account) -> Sender:
    return Sender(account.key, str(account.settings.get("ignore_reprint", "")).lower() in ("true", "1", "yes"))


def _earlier() -> Iterator[Earlier]:
    query = (
        select(Fingerprint, Campaign.draft)
        .join(Campaign, Campaign.id == Fingerprint.campaign_id)
        .where(Campaign.state.in_(_STARTED))
    )
    for row, draft in db.session.execute(query):
        yield Earlier(row.title, row.fingerprint, _declared(draft, row.title), frozenset(draft.get("accounts", ())))


def _declared(draft: Mapping[str, Any], title: str) -> bool:
    return any(article["title"] == title and article["original"] for article in draft.get("articles", ()))
