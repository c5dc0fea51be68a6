"""Asking a platform about an application, with no transaction open: every answer, silence and fault becomes a value."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog

from saas.accounts.line import Lines
from saas.accounts.opening import run_with_lines
from saas.accounts.switches import here
from saas.channels.approval import Application, ApprovalState
from saas.channels.outcome import Outcome, Unreachable
from saas.channels.platform import Account, MaybeSent, NotSent
from saas.channels.registry import Hooks
from saas.delivery.asking import LONGEST_CALL, outcome_of
from saas.kernel.database import current_tenant, db
from saas.kernel.settings import settings

T = TypeVar("T")
NOT_HERE = Unreachable("渠道没有启用，或凭据无法解开 / the channel is switched off, or the credentials do not open")
log = structlog.get_logger()


def submit(account: int, channel: str, application: Application) -> Outcome:
    """What became of submitting it."""

    async def ask(hooks: Hooks, seen: Account, line: Any) -> Outcome:
        return await outcome_of(hooks.submit_approval(account=seen, application=application, platform=line))

    return _asked(account, channel, ask) or NOT_HERE


def find(account: int, channel: str, application: Application) -> Outcome:
    """Whether one whose answer was lost is there."""

    async def ask(hooks: Hooks, seen: Account, line: Any) -> Outcome:
        return await outcome_of(hooks.find_approval(account=seen, application=application, platform=line))

    return _asked(account, channel, ask) or NOT_HERE


def state(account: int, channel: str, approval: str) -> ApprovalState | str:
    """How it stands; why that is not known."""

    async def ask(hooks: Hooks, seen: Account, line: Any) -> ApprovalState | str:
        try:
            async with asyncio.timeout(LONGEST_CALL):
                found: ApprovalState = await hooks.approval_state(account=seen, approval=approval, platform=line)
                return found
        except (NotSent, MaybeSent) as silent:
            return str(silent)
        except Exception as error:
            log.exception("channel failed", fault=type(error).__name__)
            return type(error).__name__

    return _asked(account, channel, ask) or NOT_HERE.reason


def _asked(account: int, channel: str, task: Callable[[Hooks, Account, Any], Awaitable[T]]) -> T | None:
    """The answer of a task that is given the account; None when the channel or the account is not there."""
    found, tenant = here(channel), current_tenant()
    db.session.rollback()
    if found is None or found.hook.submit_approval is None:
        return None

    async def with_line(lines: Lines) -> T | None:
        async with lines.pool.tenant(tenant) as connection:
            known = await lines.accounts(connection, [account])
        if account not in known:
            return None
        return await task(found.hook, known[account], lines.of(tenant, known[account]))

    return run_with_lines(settings(), with_line)
