"""Taking back what went out, by campaign, client, account or channel: what would happen, and doing it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from saas.accounts.channels import registry
from saas.accounts.line import Lines
from saas.accounts.opening import run_with_lines
from saas.channels.channel import Route
from saas.channels.platform import Account as PlatformAccount
from saas.delivery.recall_scope import Meant, Scope, meant, route_of, since
from saas.delivery.recalling import ROWS, Recalling
from saas.delivery.taking_back import FATES, FORESEEN, NOBODY, REMAINS, fate, unsent, window
from saas.kernel import clock, failpoints
from saas.kernel.database import db, transaction
from saas.kernel.errors import Words, both_sides
from saas.kernel.settings import settings
from saas.tenants import audit
from saas.tenants.actor import Actor

IN_FLIGHT_SECONDS, IN_FLIGHT_GAP = 10.0, 0.25
SOON = timedelta(seconds=5)
"""A question that may be asked again within this time is, before the answer is given; the rest is a worker's."""
MOST_ITEMS = 1000
FLYING = """
  INSERT INTO recalls (delivery_id, kind, outcome, member_id, again_at)
  SELECT id, :kind, 'later', :member, :at FROM deliveries WHERE dispatch_id = :id AND state = 'sending'
  ON CONFLICT (delivery_id, tenant_id) DO NOTHING"""
BEFOREHAND = {"done": "possible", "refused": "undecided"}
"""Outcomes of what nobody has asked for yet."""


@dataclass(frozen=True, slots=True)
class Item:
    """One delivery: ``fate`` is a key of FATES."""

    id: int
    target: str
    people: int
    fate: str
    reason: Words


@dataclass(frozen=True, slots=True)
class Part:
    """Deliveries of one account that share a fate; ``remains`` says what stays on phones."""

    fate: str
    words: Words
    remains: Words
    deliveries: int
    people: int


@dataclass(frozen=True, slots=True)
class Recalled:
    """One account of one campaign: ``outcome`` done, partly, refused, too_late, impossible or nothing_out, beforehand possible
    instead of done and undecided instead of refused; ``kind`` as the route calls it; ``deliveries``: how many were taken back."""

    account: str
    outcome: str
    kind: str
    deliveries: int
    reason: Words
    campaign: int = 0
    parts: list[Part] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)


def recall(actor: Actor, campaign_id: int | None = None, account_key: str | None = None, **more: Any) -> list[dict[str, Any]]:
    """Stop what is due and take back what is out. Nothing is promised that the platform cannot do.

    ``more``: client, channel, since, as in ``Scope``.
    """
    actor.need("recall")
    scope = Scope(campaign_id, account_key, **more)
    with transaction():
        found = meant(scope)
        for dispatch in found:
            db.session.execute(text("SELECT close_due(:id, 'cancelled', 'cancelled', '')"), {"id": dispatch.id})
            db.session.execute(text("UPDATE dispatches SET stopped_at = now() WHERE id = :id"), {"id": dispatch.id})
            _when_it_lands(actor, dispatch)
        said = {name: str(value) for name, value in asdict(scope).items() if value and name != "campaign"}
        audit.note(actor, "campaigns.recall", str(campaign_id or ""), account=account_key or "", **_but_account(said))
        failpoints.reach("in_recall")

    async def take_back(lines: Lines) -> list[Recalled]:
        recalling = Recalling(lines, registry(), actor.tenant_id)
        return list(await asyncio.gather(*(_Recall(lines, actor, recalling, one, since(scope)).run() for one in found)))

    return [asdict(one) for one in run_with_lines(settings(), take_back)] if found else []


def _when_it_lands(actor: Actor, dispatch: Meant) -> None:
    """What is on its way is taken back once it is out, by a worker, however long that takes and whoever is gone by then."""
    route = route_of(dispatch)
    if route is not None and route.recall.kind != "none":
        values = {"id": dispatch.id, "kind": route.recall.kind, "member": actor.member_id, "at": clock.now() + SOON}
        db.session.execute(text(FLYING), values)


def preview(actor: Actor, campaign_id: int | None = None, account_key: str | None = None, **more: Any) -> list[dict[str, Any]]:
    """What ``recall`` would do now: how many, of which kind, and what stays on phones. Asks no platform, changes nothing."""
    actor.need("recall")
    scope = Scope(campaign_id, account_key, **more)
    return [asdict(_foreseen(one, since(scope))) for one in meant(scope)]


def _but_account(said: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in said.items() if name != "account"}


def _foreseen(dispatch: Meant, after: datetime | None) -> Recalled:
    route, found = route_of(dispatch), registry().get(dispatch.channel)
    account = PlatformAccount(dispatch.account, dispatch.key, dispatch.channel, dispatch.kind, dispatch.key)
    limits = found.hook.limits(account=account, route=route, now=clock.now()) if found and route else None
    rows = db.session.execute(text(f"{ROWS} WHERE e.dispatch_id = :id ORDER BY e.id"), {"id": dispatch.id}).mappings()
    seconds, now = window(route, limits) if route and limits else 0, clock.now()
    known = [dict(row) for row in rows]
    fates = [(row, fate(row, route, seconds, now)) for row in known if _within(row, after)]
    items = [item for row, word in fates for item in _items(row, word, words=FORESEEN)]
    told = _summed(dispatch, route, items, FORESEEN)
    return replace(told, outcome=BEFOREHAND.get(told.outcome, told.outcome))


def _within(row: Mapping[str, Any], after: datetime | None) -> bool:
    return after is None or row["accepted_at"] is None or row["accepted_at"] >= after


def _items(row: Mapping[str, Any], word: str, reason: str = "", words: Mapping[str, Words] = FATES) -> list[Item]:
    """The line of a delivery. Where only what is unsent is stopped, those who have it are a line of their own."""
    if not word:
        return []
    told = both_sides(reason) if reason else words.get(word, NOBODY)
    people = unsent(row) if word == "stopped" else row["delivered"] if word == "all_sent" else row["people"]
    rest = _items(row, "all_sent", words=words) if word == "stopped" and row["delivered"] else []
    return [Item(row["id"], row["target"], people, word, told), *rest]


def _summed(dispatch: Meant, route: Route | None, items: Sequence[Item], words: Mapping[str, Words] = FATES) -> Recalled:
    """The account's line: what became of its deliveries, by fate, in the order of FATES."""
    by_fate: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_fate[item.fate].append(item)
    parts = [
        Part(word, words[word], REMAINS.get(word, NOBODY), len(by_fate[word]), sum(i.people for i in by_fate[word]))
        for word in FATES
        if word in by_fate
    ]
    kind = route.recall.kind if route else "none"
    done = [i for i in items if i.fate in ("recalled", "taken_down", "stopped")]
    out = [i for i in items if i.fate != "cancelled"]
    outcome, reason = _in_a_word(items, out, done, words)
    return Recalled(dispatch.key, outcome, kind, len(done), reason, dispatch.campaign, parts, list(items[:MOST_ITEMS]))


def _in_a_word(items: Sequence[Item], out: Sequence[Item], done: Sequence[Item], words: Mapping[str, Words]) -> tuple[str, Words]:
    if not out:
        return "nothing_out", words["cancelled"] if items else ("没有已发出的内容", "nothing is out")
    rest = [item for item in out if item not in done]
    if not rest:
        return "done", words[done[0].fate]
    if done:
        return "partly", rest[0].reason
    fates = {item.fate for item in rest}
    word = "too_late" if fates == {"too_late"} else "impossible" if fates <= {"impossible", "all_sent"} else "refused"
    return word, rest[0].reason


class _Recall:
    """One account's part of a recall."""

    def __init__(self, lines: Lines, actor: Actor, recalling: Recalling, dispatch: Meant, after: datetime | None) -> None:
        self._lines, self._tenant, self._member = lines, actor.tenant_id, actor.member_id
        self._recalling, self._dispatch, self._after = recalling, dispatch, after

    async def run(self) -> Recalled:
        """Wait for what is just being sent, then ask for all that is inside the window."""
        await self._landed()
        route, found = route_of(self._dispatch), registry().get(self._dispatch.channel)
        query = f"{ROWS} WHERE e.dispatch_id = %s ORDER BY e.id"
        async with self._lines.pool.tenant(self._tenant) as connection:
            rows = await (await connection.execute(query, (self._dispatch.id,))).fetchall()
            account = (await self._lines.accounts(connection, [self._dispatch.account])).get(self._dispatch.account)
        within = [row for row in rows if _within(row, self._after)]
        if account is None or found is None or route is None:
            return _summed(self._dispatch, route, [item for row in within for item in _items(row, self._stays(row))])
        limits = found.hook.limits(account=account, route=route, now=clock.now())
        seconds, now = window(route, limits), clock.now()

        async def one(row: dict[str, Any]) -> list[Item]:
            word = "cancelled" if row["state"] == "cancelled" else fate(row, route, seconds, now)
            if word not in ("recalled", "taken_down", "stopped"):
                return _items(row, word)
            answer = await self._recalling.ask(row, account, found, route, self._member)
            while answer.again and answer.again <= clock.now() + SOON:
                await asyncio.sleep(max((answer.again - clock.now()).total_seconds(), 0.05))
                answer = await self._recalling.ask(row, account, found, route, self._member)
            if answer.outcome != "done":
                return _items(row, answer.outcome, answer.reason)
            return _items(await self._reached(row) if word == "stopped" else row, word)

        found_items = await asyncio.gather(*(one(row) for row in within))
        return _summed(self._dispatch, route, [item for items in found_items for item in items])

    async def _reached(self, row: dict[str, Any]) -> dict[str, Any]:
        """The delivery as it was, with those whom it reached as the platform counted them when it stopped."""
        async with self._lines.pool.tenant(self._tenant) as connection:
            query = "SELECT delivered FROM deliveries WHERE id = %s"
            return {**row, **(await (await connection.execute(query, (row["id"],))).fetchone() or {})}

    def _stays(self, row: Mapping[str, Any]) -> str:
        return "cancelled" if row["state"] == "cancelled" else fate(row, None, 0, clock.now())

    async def _landed(self) -> None:
        """Wait a while for what is just being sent: it can be taken back once it is out."""
        query = "SELECT EXISTS (SELECT 1 FROM deliveries WHERE dispatch_id = %s AND state = 'sending') AS flying"
        for _ in range(int(IN_FLIGHT_SECONDS / IN_FLIGHT_GAP)):
            async with self._lines.pool.tenant(self._tenant) as connection:
                row = await (await connection.execute(query, (self._dispatch.id,))).fetchone()
            if not row or not row["flying"]:
                return
            await asyncio.sleep(IN_FLIGHT_GAP)
