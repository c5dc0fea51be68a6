"""Which account embedded servers run under: our own, or, as root, an unprivileged one."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from saas.ops.embedded.errors import CannotStart


@dataclass(frozen=True, slots=True)
class Account:
    """A user and its group, by number."""

    uid: int
    gid: int


def server_account() -> Account | None:
    """None to run as ourselves. As root: the account ``nobody``, since PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise CannotStart(
            "以 root 运行内置数据库需要系统账号 nobody；请用普通用户运行，或设置 DATABASE_URL 与 REDIS_URL",
            "as root the embedded servers need the account 'nobody'; run as an ordinary user, or set DATABASE_URL and REDIS_URL",
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def may_run(path: Path, account: Account) -> bool:
    """Whether ``account`` can reach and read ``path``: every folder above it lets it pass."""
    return all(_allows(part, account, 0o1) for part in path.parents) and _allows(path, account, 0o5)


def own(path: Path, account: Account | None) -> None:
    """Give a folder or file to the account the servers run under."""
    if account:
        os.chown(path, account.uid, account.gid)


def _allows(path: Path, account: Account, bits: int) -> bool:
    status = path.stat()
    shift = 6 if status.st_uid == account.uid else 3 if status.st_gid == account.gid else 0
    return stat.S_IMODE(status.st_mode) >> shift & bits == bits
