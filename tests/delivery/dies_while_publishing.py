"""A worker that publishes, or sends anything else, and is killed between the platform's answer and its own writing: tenant."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from saas.accounts.channels import registry
from saas.accounts.opening import run_with_lines
from saas.delivery.engine import Engine
from saas.delivery.host import Host
from saas.kernel.settings import settings


def main(tenant: int) -> None:
    """Take a turn, and die in it."""
    found = registry().get("official_account")
    assert found
    send = found.hook.send

    async def send_and_die(**asked: Any) -> Any:
        await send(**asked)
        os.kill(os.getpid(), signal.SIGKILL)

    found.hook.send = send_and_die

    async def turn(lines: Any) -> None:
        host = Host(lines, registry())
        host.start()
        await Engine(host).turn(tenant)

    run_with_lines(settings(), turn)


main(int(sys.argv[1]))
