"""What the platforms themselves have against a campaign, asked while it is checked; their silence says nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from saas.accounts.credentials import opened
from saas.accounts.line import Lines
from saas.accounts.models import Account
from saas.accounts.opening import run_with_lines
from saas.accounts.switches import here
from saas.channels.message import Message
from saas.channels.platform import Account as Seen
from saas.channels.platform import Finding, MaybeSent, NotSent, Platform
from saas.channels.registry import Installed
from saas.content.draft import CampaignDraft
from saas.kernel.database import db
from saas.kernel.sealing import CannotOpen, sealer_with
from saas.kernel.settings import settings
from saas.review.compliance.folder_check import Checked

PATIENCE = 5.0
FOLDER = "campaign.yaml: "
Asked = tuple[Installed, int, Seen, Message]


def examined(checked: Checked, accounts: Mapping[str, Account]) -> list[Finding]:
    """Every account's findings, by field, its key before the words. Accounts that cannot be asked are left out."""
    draft = checked.campaign
    asked = [one for key in checked.messages if (one := _asked(accounts[key], checked.messages[key].message))] if draft else []
    if draft is None or not asked:
        return []
    db.session.rollback()

    async def ask_all(lines: Lines) -> list[list[Finding]]:
        return list(await asyncio.gather(*(_told(one, lines.of(one[1], one[2])) for one in asked)))

    found = run_with_lines(settings(), ask_all)
    return [_placed(draft, one[2].key, finding) for one, told in zip(asked, found, strict=True) for finding in told]


def _asked(account: Account, message: Message) -> Asked | None:
    found = here(account.channel) if message.template else None
    if found is None or found.hook.examine is None or (account.credentials is None and not account.portal_id):
        return None
    columns = {column.key: getattr(account, column.key) for column in Account.__table__.columns}
    try:
        return found, account.tenant_id, opened(sealer_with(settings().encryption_keys), columns), message
    except CannotOpen:
        return None


async def _told(asked: Asked, platform: Platform) -> list[Finding]:
    found, _, seen, message = asked
    try:
        async with asyncio.timeout(PATIENCE):
            told: list[Finding] = await found.hook.examine(account=seen, message=message, platform=platform)
    except (NotSent, MaybeSent, TimeoutError):
        return []
    return told


def _placed(draft: CampaignDraft, key: str, finding: Finding) -> Finding:
    line = draft.lines.get(finding.where.split(".")[0], 0)
    said = (f"{key} {finding.message[0]}", f"{key}: {finding.message[1]}")
    return replace(finding, where=FOLDER + finding.where, message=said, line=line)
