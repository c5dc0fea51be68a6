"""What an account cannot say because its owner has not granted the right to: told at the check, before anybody signs."""

from __future__ import annotations

from collections.abc import Mapping

from saas.accounts.models import Account
from saas.accounts.portals.rights import lacking
from saas.channels.channel import Right
from saas.channels.platform import Finding
from saas.review.compliance.folder_check import Checked


def withheld(checked: Checked, accounts: Mapping[str, Account]) -> list[Finding]:
    """A finding for each right that is missing on the route an account would take."""
    chosen = [(accounts[key], choice.route.name) for key, choice in checked.choices.items() if key in accounts]
    return [_finding(account, right) for account, route in chosen for right in lacking(account.channel, account.rights, route)]


def _finding(account: Account, right: Right) -> Finding:
    zh, en = f"{right.title.zh}（权限集 {right.id}）", f"{right.title.en} (permission set {right.id})"
    said = (f"账号“{account.key}”没有授权“{zh}”，不能这样发送", f"'{account.key}' has not granted '{en}': it cannot send this")
    remedy = ("请账号的管理员重新授权，并勾选这一项", "its owner authorises it again and ticks it")
    return Finding("right_missing", "block", "campaign.yaml: accounts", said, remedy)
