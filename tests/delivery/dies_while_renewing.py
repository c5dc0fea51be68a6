"""A worker that renews an account's token and is killed between the platform's answer and its own writing: tenant, account."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from saas.accounts.channels import installed
from saas.accounts.opening import run_with_lines
from saas.kernel.settings import settings


def main(tenant: int, account: int) -> None:
    """Renew, and die."""
    hook = installed("official_account").hook
    renew = hook.renew

    async def renew_and_die(**asked: Any) -> Any:
        await renew(**asked)
        os.kill(os.getpid(), signal.SIGKILL)

    hook.renew = renew_and_die

    async def ask(lines: Any) -> None:
        seen = await lines.opened.ask(tenant, account)
        await lines.of(tenant, seen).granted_token()

    run_with_lines(settings(), ask)


main(int(sys.argv[1]), int(sys.argv[2]))
