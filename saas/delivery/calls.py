"""Calls that a platform counts by interface and day: shown by its own count, and counted anew when a person asks for it.

Nothing here happens by itself. The unit of the platform's allowance and the line of the audit trail are committed before the
platform is asked: whoever dies after that has used it, and asking again is a wish of its own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from saas.accounts.channels import installed
from saas.accounts.line import Lines
from saas.accounts.models import Account
from saas.accounts.opening import run_with_lines
from saas.accounts.service import account_by_key
from saas.audience.labels import as_seen
from saas.channels.calls import CLEARING, CallsLeft
from saas.channels.outcome import Exhausted, Outcome, Receipt, Unknown
from saas.channels.platform import Account as Seen
from saas.channels.platform import MaybeSent, NotSent
from saas.channels.registry import Installed
from saas.delivery.asking import outcome_of
from saas.delivery.policy import window
from saas.delivery.quota_external import MOST_WORDS, NOTE
from saas.kernel import clock
from saas.kernel.database import db, transaction
from saas.kernel.errors import Conflict, Invalid, both_sides
from saas.kernel.settings import settings
from saas.tenants import audit
from saas.tenants.actor import Actor

LOCK = text("SELECT lock_quota(:account)")
ROOM = text("""SELECT r.room, room_again(:account, k, '', 1) AS free_at
  FROM caps(jsonb_build_array(CAST(:cap AS jsonb))) k CROSS JOIN LATERAL window_room(:account, k, '') r""")
USED_UP = text("SELECT note_used_up(:account, CAST(:cap AS jsonb), '', :reason, :now)")
WORDS = ("调用次数", "calls")


def calls_of(actor: Actor, key: str) -> Sequence[CallsLeft]:
    """Today's calls of an account by its platform's own count. NotFound; Invalid where it keeps none; Conflict when silent."""
    actor.need("see_accounts")
    account, found = _counted(key)
    seen = as_seen(account, *WORDS)

    async def ask(lines: Lines) -> Sequence[CallsLeft]:
        told: Sequence[CallsLeft] = await found.hook.calls_left(account=seen, platform=lines.of(actor.tenant_id, seen))
        return told

    db.session.rollback()
    try:
        return run_with_lines(settings(), ask)
    except (NotSent, MaybeSent) as error:
        zh, en = both_sides(str(error))
        message = (f"平台没有给出账号“{key}”的调用次数：{zh}", f"the platform gave no calls of '{key}': {en}")
        raise Conflict("platform_silent", message, ("请检查账号的连接后重试", "check its connection, then try again")) from None


def clear(actor: Actor, key: str, reason: str) -> None:
    """Have the platform count today's calls anew, for a reason that stays in the audit trail.

    NotFound, Invalid; Conflict ``calls_cleared_up`` (``free_at``) when the month's allowance is used up, ``calls_unknown`` when
    the answer was lost, ``calls_refused``. What was surely not cleared is given back.
    """
    actor.need("manage_accounts")
    account, found = _counted(key)
    if not reason.strip() or len(reason) > MOST_WORDS:
        remedy = (f"1 到 {MOST_WORDS} 个字", f"1 to {MOST_WORDS} characters")
        raise Invalid("bad_reason", ("请写明原因", "say why"), remedy, "reason")
    id, seen = account.id, as_seen(account, *WORDS)
    with transaction():
        windows = _taken(actor, account, found, reason)
        audit.note(actor, "quota.clear", key, reason=reason)

    async def ask(lines: Lines) -> Outcome:
        return await outcome_of(found.hook.clear_calls(account=seen, platform=lines.of(actor.tenant_id, seen)))

    outcome = run_with_lines(settings(), ask)
    if not isinstance(outcome, Receipt):
        _not_cleared(actor, id, key, windows, outcome)


def _counted(key: str) -> tuple[Account, Installed]:
    account = account_by_key(key)
    found = installed(account.channel)
    if found.hook.calls_left is None or found.hook.clear_calls is None:
        message = (f"账号“{key}”的平台不按接口计算调用次数", f"the platform of '{key}' counts no calls by interface")
        raise Invalid("no_calls", message, ("请选公众号账号", "choose an Official Account"), "account")
    return account, found


def _taken(actor: Actor, account: Account, found: Installed, reason: str) -> list[str]:
    """One unit of each cap, in the running transaction; the windows it was taken from. Conflict when there is none."""
    now, windows = clock.now(), []
    seen = Seen(account.id, account.key, account.channel, account.kind, account.name, {}, account.settings, account.zone)
    db.session.execute(LOCK, {"account": account.id})
    for cap in found.hook.limits(account=seen, route=CLEARING, now=now).caps:
        windows.append(json.dumps(window(cap, now, account.zone)))
        row = db.session.execute(ROOM, {"account": account.id, "cap": windows[-1]}).one()
        if row.room < 1:
            raise _used_up(account.key, row.free_at)
        _note(actor, account.id, windows[-1], 1, reason)
    return windows


def _not_cleared(actor: Actor, id: int, key: str, windows: Sequence[str], outcome: Outcome) -> None:
    """Give back what was surely not used, write what the platform said, and tell. Raises Conflict."""
    words = str(getattr(outcome, "detail", "") or getattr(outcome, "reason", ""))
    zh, en = both_sides(words)
    with transaction() as session:
        audit.note(actor, "quota.not_cleared", key, said=words, outcome=type(outcome).__name__.lower())
        for row in windows if not isinstance(outcome, Unknown) else ():
            _note(actor, id, row, -1, words or "not cleared")
            if isinstance(outcome, Exhausted):
                session.execute(USED_UP, {"account": id, "cap": row, "reason": words, "now": clock.now()})
    if isinstance(outcome, Unknown):
        told = (f"没有等到平台的答复，可能已经清零：{zh}", f"no answer of the platform, it may count anew: {en}")
        raise Conflict("calls_unknown", told, ("先用 quota calls 查看", "look with quota calls first"))
    if isinstance(outcome, Exhausted):
        raise _used_up(key, outcome.resets_at)
    remedy = ("请检查账号的连接后重试", "check the account's connection, then try again")
    raise Conflict("calls_refused", (f"平台没有清零：{zh}", f"the platform did not count anew: {en}"), remedy)


def _note(actor: Actor, account: int, cap: str, units: int, reason: str) -> None:
    row = {"account": account, "cap": cap, "subject": "", "units": units, "source": "hand", "reason": reason[:MOST_WORDS]}
    db.session.execute(NOTE, {**row, "ref": None, "member": actor.member_id, "at": clock.now()})


def _used_up(key: str, free_at: datetime) -> Conflict:
    message = (f"账号“{key}”本月的清零次数已用完", f"the calls of '{key}' were counted anew as often as a month allows")
    remedy = ("平台每天零点重新计数", "the platform counts anew at midnight")
    return Conflict("calls_cleared_up", message, remedy, free_at=free_at.isoformat())
