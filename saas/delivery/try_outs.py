"""Test sends: a message on the phones of registered testers, before anybody approves it, once for each wish and under the caps.

The row and its unit are committed before the platform is asked. Whoever dies after that has used it: the wish stands there as
unknown, and asking again for the same wish asks no platform.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import RowMapping, select, text

from saas.accounts.channels import registry
from saas.accounts.line import Lines
from saas.accounts.models import Account
from saas.accounts.opening import run_with_lines
from saas.campaigns.models import Campaign
from saas.channels.channel import TryOut, trying_route
from saas.channels.message import Message
from saas.channels.outcome import Exhausted, Outcome, Receipt, Unknown
from saas.channels.platform import Account as ChannelAccount
from saas.channels.registry import Installed
from saas.delivery import testers
from saas.delivery.asking import LONGEST_CALL, outcome_of
from saas.delivery.models import Dispatch
from saas.delivery.policy import window
from saas.kernel import clock
from saas.kernel.database import db, transaction
from saas.kernel.errors import Conflict, NotFound, Words, both_sides
from saas.kernel.settings import settings
from saas.tenants.actor import Actor
from saas.tenants.audit import note

LOST = timedelta(seconds=LONGEST_CALL + 60)
WHY: dict[str, Words] = {
    "closed": ("活动已退回或取消，不能再测试发送", "the campaign is rejected or cancelled: it cannot be tried any more"),
    "no_tester": ("这个人不在测试名单里", "this person is not registered as a tester"),
    "stopped": ("发送已被停止", "sending is stopped"),
    "exhausted": ("今天的测试次数已用完", "the test sends are used up"),
    "no_way": ("这个渠道没有测试发送", "this channel has no way to try a message"),
}
REMEDIES: dict[str, Words] = {
    "no_tester": ("请管理员先登记", "let an admin register them first"),
    "no_way": ("请看手机预览", "look at the preview on phones"),
}
LOST_ONES = text("""SELECT settle_try_out(t.id, :now, 'unknown', 'worker_lost', '') FROM try_outs t
  WHERE t.state = 'calling' AND t.asked_at < :lost""")
LISTED = text("""
  SELECT t.id, a.key AS account, t.person, coalesce(p.name, '') AS name, m.name AS by, t.asked_at, t.state, t.answered_at,
    t.code, t.reason, t.digest <> c.digest AS changed
  FROM try_outs t JOIN dispatches d ON d.id = t.dispatch_id JOIN campaigns c ON c.id = d.campaign_id
    JOIN accounts a ON a.id = t.account_id JOIN members m ON m.id = t.member_id
    LEFT JOIN testers p ON p.account_id = t.account_id AND p.person = t.person
  WHERE d.campaign_id = :campaign AND (CAST(:one AS bigint) IS NULL OR t.id = :one) ORDER BY t.id DESC LIMIT 200""")
TAKE = text("SELECT * FROM take_try_out(:request, :dispatch, :person, CAST(:caps AS jsonb), :member, :now)")


@dataclass(frozen=True, slots=True)
class Tried:
    """A test send. ``state`` calling, done, refused or unknown; ``changed``: the campaign says something else since."""

    id: int
    account: str
    person: str
    name: str
    by: str
    asked_at: datetime
    state: str
    answered_at: datetime | None
    code: str
    reason: Words
    changed: bool


def try_out(actor: Actor, campaign_id: int, key: str, person: str, request: str) -> Tried:
    """Show what the campaign says on an account to one of its testers. The same ``request`` twice is sent once.

    NotFound; Conflict (closed, no_tester, stopped, exhausted with ``free_at``, no_way). What the platform said is in the answer.
    """
    actor.need("send")
    dispatch, account = _dispatch(campaign_id, key)
    message, kind = Message.from_json(dispatch.message), testers.way_of(account)
    installed = registry().get(account.channel)
    if installed is None or kind is None or message.kind not in kind.content:
        raise _refusal("no_way")
    with transaction() as session:
        session.execute(LOST_ONES, {"now": clock.now(), "lost": clock.now() - LOST})
        values = {
            "request": request, "dispatch": dispatch.id, "person": person.strip(), "member": actor.member_id, "now": clock.now(),
            "caps": json.dumps(caps_of_trying(account, kind, clock.now())),
        }  # fmt: skip
        taken = session.execute(TAKE, values).mappings().one()
        if taken["why"] not in (None, "asked"):
            raise _refusal(taken["why"], taken)
        if taken["why"] is None:
            note(actor, "preview_sent", f"campaign:{campaign_id}", account=key, person=person, try_out=taken["try_out"])
        token = _key_of(taken["try_out"], dispatch.id, person.strip())
        account_id, tenant = account.id, actor.tenant_id
    if taken["why"] is None:
        _ask(tenant, account_id, installed, message, person.strip(), taken["try_out"], token)
    return _one(campaign_id, taken["try_out"])


def _key_of(row: int, dispatch: int, person: str) -> str:
    """The wish's own key. Conflict where the same request named another person, account or campaign."""
    query = text("SELECT key, dispatch_id, person FROM try_outs WHERE id = :id")
    kept = db.session.execute(query, {"id": row}).one()
    if (kept.dispatch_id, kept.person) != (dispatch, person):
        words = ("这个请求编号已用于另一次测试发送", "this request was used for another test send")
        raise Conflict("try_out_request", words, ("换一个编号", "use another"))
    return str(kept.key)


def list_try_outs(actor: Actor, campaign_id: int) -> list[Tried]:
    """Every test send of a campaign, the newest first. NotFound."""
    actor.need("see_accounts")
    if db.session.get(Campaign, campaign_id) is None:
        raise NotFound(("活动", "campaign"), campaign_id)
    with transaction() as session:
        session.execute(LOST_ONES, {"now": clock.now(), "lost": clock.now() - LOST})
    return [_tried(row) for row in db.session.execute(LISTED, {"campaign": campaign_id, "one": None}).mappings()]


def caps_of_trying(account: Account, kind: TryOut, now: datetime) -> list[dict[str, Any]]:
    """The windows in which a test send counts, as the database takes them."""
    installed, of = registry().get(account.channel), registry().kind(account.channel, account.kind)
    if installed is None or of is None:
        return []
    limits = installed.hook.limits(account=testers.seen(account), route=trying_route(of, kind), now=now)
    return [window(cap, now, account.zone) for cap in limits.caps]


def _ask(tenant: int, account: int, installed: Installed, message: Message, person: str, row: int, key: str) -> None:
    """Ask the platform, with no transaction open, and write what it said."""

    async def ask(lines: Lines) -> None:
        async with lines.pool.tenant(tenant) as connection:
            known = await lines.accounts(connection, [account])
        if account not in known:
            outcome: Outcome = Unknown("凭据无法解开 / the credentials do not open")
            state = "refused"
        else:
            outcome = await outcome_of(_call(installed, lines, tenant, known[account], message, person, key))
            state = "done" if isinstance(outcome, Receipt) else "unknown" if isinstance(outcome, Unknown) else "refused"
        await asyncio.shield(_settle(lines, tenant, row, state, outcome))

    db.session.rollback()
    run_with_lines(settings(), ask)


async def _call(
    installed: Installed, lines: Lines, tenant: int, account: ChannelAccount, message: Message, person: str, key: str
) -> Outcome:
    line = lines.of(tenant, account)
    outcome: Outcome = await installed.hook.try_out(account=account, message=message, person=person, key=key, platform=line)
    return outcome


async def _settle(lines: Lines, tenant: int, row: int, state: str, outcome: Outcome) -> None:
    code, reason = str(getattr(outcome, "code", "")), _reason(outcome)
    receipt = dict(outcome.ids) if isinstance(outcome, Receipt) else {}
    async with lines.pool.tenant(tenant) as connection:
        values = (row, clock.now(), state, code, reason, Jsonb(receipt))
        await connection.execute("SELECT settle_try_out(%s, %s, %s, %s, %s, %s)", values)


def _reason(outcome: Outcome) -> str:
    if isinstance(outcome, Exhausted) and not outcome.reason:
        return "平台说次数已用完 / the platform says that they are used up"
    detail = getattr(outcome, "detail", "")
    return str(detail or getattr(outcome, "reason", ""))[:500]


def _dispatch(campaign_id: int, key: str) -> tuple[Dispatch, Account]:
    query = select(Dispatch, Account).join(Account, Account.id == Dispatch.account_id)
    row = db.session.execute(query.where(Dispatch.campaign_id == campaign_id, Account.key == key)).first()
    if row is None:
        raise NotFound(("活动里的账号", "account in the campaign"), key)
    return row[0], row[1]


def _refusal(why: str, taken: Mapping[str, Any] | RowMapping | None = None) -> Conflict:
    free_at = taken["free_at"].isoformat() if taken and taken["free_at"] else None
    detail = {"free_at": free_at, "rule": taken["rule"]} if taken and why == "exhausted" else {}
    return Conflict(f"try_out_{why}", WHY[why], REMEDIES.get(why, ("", "")), **detail)


def _one(campaign_id: int, row: int) -> Tried:
    return _tried(db.session.execute(LISTED, {"campaign": campaign_id, "one": row}).mappings().one())


def _tried(row: RowMapping) -> Tried:
    told: Words = both_sides(row["reason"])
    if row["state"] == "unknown" and not row["reason"]:
        told = ("没有等到平台的答复，可能已经送到", "no answer of the platform: it may have arrived")
    return Tried(**{**row, "reason": told})
