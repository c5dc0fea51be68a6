"""Taking back what can be taken back, and calling it what it is: recall, take-down, or stopping what is unsent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select, text

from saas.accounts.channels import registry
from saas.accounts.line import Lines
from saas.accounts.models import Account
from saas.accounts.opening import run_with_lines
from saas.accounts.words import trouble_words
from saas.campaigns.approving import campaign_for
from saas.channels.channel import Route
from saas.channels.message import Message
from saas.channels.outcome import Outcome, Progress, Receipt
from saas.channels.rules import Limits
from saas.delivery import store
from saas.delivery.asking import as_delivery, outcome_of
from saas.delivery.models import Dispatch
from saas.delivery.policy import News
from saas.kernel import clock, failpoints
from saas.kernel.database import db, transaction
from saas.kernel.errors import both_sides
from saas.kernel.settings import settings
from saas.tenants import audit
from saas.tenants.actor import Actor

OUT = ("accepted", "awaiting", "sent", "partly_sent")
IN_FLIGHT_SECONDS, IN_FLIGHT_GAP = 10.0, 0.25
WORDS = {
    "recall": ("已撤回", "recalled"),
    "take_down": ("已删除文章页面（卡片仍留在手机上）", "page taken down (the card stays on phones)"),
    "stop_unsent": ("已停止尚未发出的部分", "what was unsent is stopped"),
    "none": ("此渠道不能撤回", "this channel cannot recall"),
}


@dataclass(frozen=True, slots=True)
class Recalled:
    """One account: ``outcome`` done, partly, refused, too_late, impossible or nothing_out; ``kind`` as the route calls it."""

    account: str
    outcome: str
    kind: str
    deliveries: int
    reason: tuple[str, str]


def recall(actor: Actor, campaign_id: int, account_key: str | None = None) -> list[dict[str, Any]]:
    """Stop what is due and take back what is out, on all accounts or one. Nothing is promised that the platform cannot do."""
    actor.need("recall")
    with transaction():
        campaign_for(campaign_id)
        found = _dispatches(campaign_id, account_key)
        for dispatch, _ in found:
            db.session.execute(text("SELECT close_due(:id, 'cancelled', 'cancelled', '')"), {"id": dispatch.id})
            db.session.execute(text("UPDATE dispatches SET stopped_at = now() WHERE id = :id"), {"id": dispatch.id})
        work = [(dispatch.id, account.id, account.key, dispatch.route, dispatch.message) for dispatch, account in found]
        audit.note(actor, "campaigns.recall", str(campaign_id), account=account_key or "")
        failpoints.reach("in_recall")

    async def take_back(lines: Lines) -> list[Recalled]:
        return list(await asyncio.gather(*(_Recall(lines, actor.tenant_id, *one).run() for one in work)))

    return [asdict(one) for one in run_with_lines(settings(), take_back)]


def _dispatches(campaign_id: int, account_key: str | None) -> list[tuple[Dispatch, Account]]:
    query = select(Dispatch, Account).join(Account, Account.id == Dispatch.account_id).where(Dispatch.campaign_id == campaign_id)
    if account_key:
        query = query.where(Account.key == account_key)
    return [(dispatch, account) for dispatch, account in db.session.execute(query.order_by(Dispatch.id))]


class _Recall:
    """One account's part of a recall."""

    def __init__(
        self, lines: Lines, tenant: int, dispatch: int, account: int, key: str, route: str, message: dict[str, Any]
    ) -> None:
        self._lines, self._tenant, self._dispatch = lines, tenant, dispatch
        self._account, self._key, self._route_name = account, key, route
        self._message = Message.from_json(message)

    async def _landed(self) -> None:
        """Wait a while for what is just being sent: it can be taken back once it is out."""
        query = "SELECT EXISTS (SELECT 1 FROM deliveries WHERE dispatch_id = %s AND state = 'sending') AS flying"
        for _ in range(int(IN_FLIGHT_SECONDS / IN_FLIGHT_GAP)):
            async with self._lines.pool.tenant(self._tenant) as connection:
                row = await (await connection.execute(query, (self._dispatch,))).fetchone()
            if not row or not row["flying"]:
                return
            await asyncio.sleep(IN_FLIGHT_GAP)

    async def run(self) -> Recalled:
        await self._landed()
        query = "SELECT * FROM deliveries WHERE dispatch_id = %s AND state = ANY (%s) ORDER BY id"
        async with self._lines.pool.tenant(self._tenant) as connection:
            account = (await self._lines.accounts(connection, [self._account])).get(self._account)
            rows = await (await connection.execute(query, (self._dispatch, list(OUT)))).fetchall()
        if account is None:
            return self._answer("refused", "none", 0, trouble_words("credentials"))
        found = registry().get(account.channel)
        kind = found.channel.kind(account.kind) if found else None
        route = next((r for r in kind.routes if r.name == self._route_name), None) if kind else None
        if found is None or route is None or route.recall.kind == "none":
            return self._answer("impossible", "none", 0, WORDS["none"])
        if not rows:
            return self._answer("nothing_out", route.recall.kind, 0, ("没有已发出的内容", "nothing is out"))
        limits: Limits = found.hook.limits(account=account, route=route, now=clock.now())
        inside = [row for row in rows if _inside(row, route, limits)]
        if not inside:
            return self._answer("too_late", route.recall.kind, 0, _too_late(route, limits))
        line = self._lines.of(self._tenant, account)
        outcomes = []
        for row in inside:
            call = found.hook.recall(account=account, delivery=as_delivery(row, route.name), message=self._message, platform=line)
            outcomes.append(await self._write(row, route, await outcome_of(call)))
        return self._sum_up(route, outcomes, len(rows))

    async def _write(self, row: dict[str, Any], route: Route, outcome: Outcome) -> Outcome:
        failpoints.reach("after_recall_call")
        if isinstance(outcome, Receipt):
            query = "SELECT * FROM deliveries WHERE id = %s AND state = ANY (%s) FOR UPDATE"
            async with self._lines.pool.tenant(self._tenant) as connection:
                current = await (await connection.execute(query, (row["id"], list(OUT)))).fetchone()
                if current:
                    await store.progress(connection, clock.now(), OUT, [_taken_back(current, route, outcome.progress)])
        return outcome

    def _sum_up(self, route: Route, outcomes: list[Outcome], out: int) -> Recalled:
        done = sum(isinstance(outcome, Receipt) for outcome in outcomes)
        if done == out:
            return self._answer("done", route.recall.kind, done, WORDS[route.recall.kind])
        reasons = [str(getattr(o, "reason", "")) or type(o).__name__ for o in outcomes if not isinstance(o, Receipt)]
        reason = both_sides(reasons[0]) if reasons else WORDS[route.recall.kind]
        return self._answer("partly" if done else "refused", route.recall.kind, done, reason)

    def _answer(self, outcome: str, kind: str, deliveries: int, reason: tuple[str, str]) -> Recalled:
        return Recalled(self._key, outcome, kind, deliveries, reason)


def _inside(row: dict[str, Any], route: Route, limits: Limits) -> bool:
    seconds = limits.recall_seconds if limits.recall_seconds is not None else route.recall.seconds
    return not seconds or row["accepted_at"] is None or clock.now() < row["accepted_at"] + timedelta(seconds=seconds)


def _too_late(route: Route, limits: Limits) -> tuple[str, str]:
    minutes = (limits.recall_seconds if limits.recall_seconds is not None else route.recall.seconds) // 60
    return (f"已超过平台的 {minutes} 分钟撤回时限", f"the platform's window of {minutes} minutes has passed")


def _taken_back(row: Mapping[str, Any], route: Route, progress: Progress) -> News:
    """Counts stay what they were (people did get it), except where unsent parts were stopped: those are skipped."""
    counts = News(
        row["id"],
        "recalled",
        "keep",
        row["accepted"],
        row["delivered"],
        row["failed"],
        row["skipped"],
        row["unknown"],
        row["awaiting"],
    )
    if route.recall.kind != "stop_unsent":
        # Who is not counted yet may still be told of by the platform: the question stays open.
        return replace(counts, code=route.recall.kind, poll=row["poll_at"])
    # Some may have got it since we last asked: the platform's word, when it has one, is newer than ours.
    known = row["failed"] + row["skipped"] + row["unknown"]
    out = min(max(row["delivered"], progress.delivered), row["people"] - known)
    stopped = row["people"] - known - out
    state = "partly_sent" if out else "skipped"
    return replace(counts, state=state, d=out, s=row["skipped"] + stopped, w=0, code="stop_unsent")
