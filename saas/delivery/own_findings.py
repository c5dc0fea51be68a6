"""What each channel has to say of a message by its hook ``check``: said once, with the keys of the accounts it is true of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import structlog

from saas.accounts.credentials import opened
from saas.accounts.models import Account
from saas.accounts.switches import here
from saas.channels.platform import Finding
from saas.delivery.examined import FOLDER
from saas.kernel.sealing import sealer_with
from saas.kernel.settings import settings
from saas.review.compliance.folder_check import AccountFacts, Checked

log = structlog.get_logger()


def own_findings(checked: Checked, facts: Mapping[str, AccountFacts], accounts: Mapping[str, Account]) -> list[Finding]:
    """All channels' findings, by account. A rule that the core's own check has named already is not told again."""
    known = {finding.rule for finding in checked.findings}
    told: dict[Finding, list[str]] = {}
    for key in checked.messages:
        for finding in _of(checked, facts, accounts[key]):
            if finding.rule not in known:
                told.setdefault(replace(finding, marks=()), []).append(key)  # marks: places in a text that is not this file
    return [_placed(checked, finding, keys) for finding, keys in told.items()]


def _of(checked: Checked, facts: Mapping[str, AccountFacts], account: Account) -> list[Finding]:
    found, choice = here(account.channel), checked.choices.get(account.key)
    if found is None or found.hook.check is None or choice is None:
        return []
    limits = facts[account.key].limits.get(choice.route.name)
    columns = {column.key: getattr(account, column.key) for column in Account.__table__.columns}
    seen = opened(sealer_with(settings().encryption_keys), {**columns, "credentials": None})
    try:
        told: list[Finding] = found.hook.check(account=seen, message=checked.messages[account.key].message, limits=limits)
    except Exception as error:
        log.exception("channel failed", channel=account.channel, hook="check", fault=type(error).__name__)
        return []
    return told


def _placed(checked: Checked, finding: Finding, keys: list[str]) -> Finding:
    field = finding.where.split(".")[0].split("[")[0]
    line = checked.campaign.lines.get(field, 0) if checked.campaign else 0
    names = ", ".join(keys)
    said = (f"{names}：{finding.message[0]}", f"{names}: {finding.message[1]}")
    return replace(finding, where=FOLDER + finding.where, message=said, line=line)
