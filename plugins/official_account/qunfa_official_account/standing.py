"""What an account's settings say of its standing. Forms store words, files store booleans: both are read."""

from __future__ import annotations

from saas.channels import Account

NO = frozenset({"", "0", "false", "no", "off", "none", "否"})


def flag(account: Account, name: str, default: bool) -> bool:
    """A setting as yes or no."""
    value = account.settings.get(name)
    return default if value is None else str(value).strip().lower() not in NO


def verified(account: Account) -> bool:
    """Whether the platform has verified the account; without it no mass interface works."""
    return flag(account, "verified", True)
