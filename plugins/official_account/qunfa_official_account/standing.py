"""What an account's settings say of its standing. Forms store words, files store booleans: both are read."""

from __future__ import annotations

from saas.channels import Account

YES = frozenset({"1", "true", "yes", "on", "是"})
NO = frozenset({"", "0", "false", "no", "off", "none", "否"})


def flag(account: Account, name: str, default: bool) -> bool:
    """A setting as yes or no; a word that is neither counts as nothing entered."""
    word = str(account.settings.get(name, default)).strip().lower()
    return word in YES if word in YES | NO else default


def verified(account: Account) -> bool:
    """Whether the platform has verified the account; without it no mass interface works."""
    return flag(account, "verified", True)
