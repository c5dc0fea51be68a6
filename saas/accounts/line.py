"""The line to a platform that hooks are given: tokens with one refresher, memory, pictures, HTTP."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from redis.asyncio import Redis

from saas.accounts import credentials
from saas.accounts.gathering import Gathering
from saas.accounts.one_at_a_time import one_at_a_time
from saas.accounts.portals.renewing import look_whether_withdrawn, renewed
from saas.channels.http import Http
from saas.channels.platform import Account
from saas.channels.turnstile import ask_leave
from saas.kernel import clock
from saas.kernel.pool import Connection, Pool
from saas.kernel.sealing import CannotOpen, Sealer

Fetch = Callable[[], Awaitable[tuple[str, float]]]
Memory = tuple[int, str, str, datetime | None]  # account, key, value, until when

EARLY = 300.0  # a token is taken for dead this long before the platform says so, or at half its life
PICTURES_AT_ONCE = 8
REMEMBERED = """SELECT q.account_id, q.key, m.value FROM unnest(%s::bigint[], %s::text[]) q (account_id, key) CROSS JOIN LATERAL (
    SELECT value FROM account_memory m
    WHERE m.account_id = q.account_id AND m.key = q.key AND (m.expires_at IS NULL OR m.expires_at > now()) LIMIT 1) m"""
REMEMBER = """INSERT INTO account_memory (account_id, key, value, expires_at)
  SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[]) AS q (account_id, key, value, expires_at)
  ORDER BY account_id, key
  ON CONFLICT (account_id, key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at"""
EXCHANGE = """INSERT INTO account_memory AS m (account_id, key, value, expires_at)
  SELECT %(account)s::bigint, %(key)s, %(new)s, %(until)s::timestamptz WHERE %(old)s = '' OR EXISTS (
    SELECT FROM account_memory k WHERE k.account_id = %(account)s AND k.key = %(key)s)
  ON CONFLICT (account_id, key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at
  WHERE CASE WHEN m.expires_at <= now() THEN '' ELSE m.value END = %(old)s RETURNING true AS done"""
TOKENS = """SELECT q.account_id, q.name, t.sealed, t.expires_at FROM unnest(%s::bigint[], %s::text[]) q (account_id, name)
  CROSS JOIN LATERAL (SELECT sealed, expires_at FROM account_tokens t
    WHERE t.account_id = q.account_id AND t.name = q.name AND t.expires_at > now() LIMIT 1) t"""
GRANTED = "granted"


class Lines:
    """What all lines of a worker share. Open inside the event loop; lives as long as the worker."""

    def __init__(self, pool: Pool, redis: Redis, sealer: Sealer, http: Http) -> None:
        self.pool, self.redis, self.sealer, self.http = pool, redis, sealer, http
        self.tokens: dict[tuple[int, str], tuple[str, datetime]] = {}
        self.pictures: dict[tuple[int, str], bytes] = {}
        self._locks: dict[tuple[int, str], asyncio.Lock] = {}
        self.opened = Gathering(self._opened)
        self.recalled = Gathering(self._recalled)
        self.remembered = Gathering(self._remembered)
        self.stored_tokens = Gathering(self._stored_tokens)
        self.stored_pictures = Gathering(self._stored_pictures, PICTURES_AT_ONCE)

    def of(self, tenant: int, account: Account) -> Line:
        """The line of one account."""
        return Line(self, tenant, account.id)

    def lock(self, account: int, name: str) -> asyncio.Lock:
        """This process's own lock in front of the shared one."""
        return self._locks.setdefault((account, name), asyncio.Lock())

    async def accounts(self, connection: Connection, ids: list[int]) -> dict[int, Account]:
        """Accounts with opened credentials, by id; one whose seal does not open is left out."""
        rows = await (
            await connection.execute(f"SELECT {credentials.COLUMNS} FROM accounts WHERE id = ANY (%s)", (ids,))  # noqa: S608
        ).fetchall()
        opened: dict[int, Account] = {}
        for row in rows:
            with contextlib.suppress(CannotOpen):
                opened[row["id"]] = credentials.opened(self.sealer, row)
        return opened

    async def _opened(self, tenant: int, ids: Sequence[int]) -> dict[int, Account]:
        async with self.pool.tenant(tenant) as connection:
            return await self.accounts(connection, list(ids))

    async def _recalled(self, tenant: int, keys: Sequence[tuple[int, str]]) -> dict[tuple[int, str], str]:
        accounts, names = [account for account, _ in keys], [name for _, name in keys]
        async with self.pool.tenant(tenant) as connection:
            rows = await (await connection.execute(REMEMBERED, (accounts, names), prepare=True)).fetchall()
        return {(row["account_id"], row["key"]): row["value"] for row in rows}

    async def _remembered(self, tenant: int, things: Sequence[Memory]) -> Mapping[Memory, None]:
        """Written when this returns. Of two values for one key the later stays."""
        latest = {(account, key): (value, expires) for account, key, value, expires in things}
        columns = zip(*((account, key, *what) for (account, key), what in latest.items()), strict=True)
        async with self.pool.tenant(tenant) as connection:
            await connection.execute(REMEMBER, [list(column) for column in columns], prepare=True)
        return {}

    async def _stored_tokens(self, tenant: int, keys: Sequence[tuple[int, str]]) -> dict[tuple[int, str], tuple[bytes, datetime]]:
        accounts, names = [account for account, _ in keys], [name for _, name in keys]
        async with self.pool.tenant(tenant) as connection:
            rows = await (await connection.execute(TOKENS, (accounts, names), prepare=True)).fetchall()
        return {(row["account_id"], row["name"]): (row["sealed"], row["expires_at"]) for row in rows}

    async def _stored_pictures(self, tenant: int, hashes: Sequence[str]) -> dict[str, bytes]:
        async with self.pool.tenant(tenant) as connection:
            query = "SELECT sha256, data FROM blobs WHERE sha256 = ANY (%s)"
            rows = await (await connection.execute(query, (list(hashes),), prepare=True)).fetchall()
        return {row["sha256"]: bytes(row["data"]) for row in rows}


class Line:
    """One account's line; satisfies ``saas.channels.Platform``."""

    def __init__(self, lines: Lines, tenant: int, account: int) -> None:
        self._lines, self._tenant, self._account = lines, tenant, account
        self.http = lines.http

    def now(self) -> datetime:
        return clock.now()

    async def go_ahead(self) -> None:
        await ask_leave()

    async def token(self, name: str, fetch: Fetch, stale: str = "") -> str:
        if known := self._known(name, stale):
            return known
        async with self._lines.lock(self._account, name):
            # Several calls of one account begin together: the first to come finds the token for all of them.
            return self._known(name, stale) or await self._stored(name, stale) or await self._refreshed(name, fetch, stale)

    async def granted_token(self, stale: str = "") -> str:
        return await self.token(GRANTED, lambda: renewed(self._lines, self._tenant, self._account), stale)

    async def withdrawn(self, code: str, detail: str) -> None:
        await look_whether_withdrawn(self._lines, self._tenant, self._account)

    def _known(self, name: str, stale: str) -> str | None:
        known = self._lines.tokens.get((self._account, name))
        return known[0] if known and known[1] > clock.now() and known[0] != stale else None

    async def _stored(self, name: str, stale: str) -> str | None:
        """The shared token, unless it is due for replacement or is the one just refused."""
        found = await self._lines.stored_tokens.ask(self._tenant, (self._account, name))
        if found is None:
            return None
        sealed, expires = found
        token = str(self._lines.sealer.open(self._tenant, self._record(name), sealed))
        if token == stale:
            return None
        self._lines.tokens[self._account, name] = (token, expires)
        return token

    async def _refreshed(self, name: str, fetch: Fetch, stale: str) -> str:
        async with one_at_a_time(self._lines.redis, f"token:{self._account}:{name}"):
            found = await self._stored(name, stale)
            return found or await self._fetched(name, fetch)

    async def _fetched(self, name: str, fetch: Fetch) -> str:
        token, seconds = await fetch()
        expires = clock.now() + timedelta(seconds=max(seconds - EARLY, seconds / 2))
        sealed = self._lines.sealer.seal(self._tenant, self._record(name), token)
        async with self._lines.pool.tenant(self._tenant) as connection:
            await connection.execute(
                "INSERT INTO account_tokens (account_id, name, sealed, expires_at) VALUES (%s, %s, %s, %s)"
                " ON CONFLICT (account_id, name) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at",
                (self._account, name, sealed, expires),
            )
        self._lines.tokens[self._account, name] = (token, expires)
        return token

    def _record(self, name: str) -> str:
        return f"token:{self._account}:{name}"

    async def recall_memory(self, key: str) -> str | None:
        return await self._lines.recalled.ask(self._tenant, (self._account, key))

    async def remember(self, key: str, value: str, seconds: float | None = None) -> None:
        expires = clock.now() + timedelta(seconds=seconds) if seconds is not None else None
        await self._lines.remembered.ask(self._tenant, (self._account, key, value, expires))

    async def exchange(self, key: str, old: str, new: str, seconds: float | None = None) -> bool:
        until = clock.now() + timedelta(seconds=seconds) if seconds is not None else None
        values = {"account": self._account, "key": key, "old": old, "new": new, "until": until}
        async with self._lines.pool.tenant(self._tenant) as connection:
            return await (await connection.execute(EXCHANGE, values)).fetchone() is not None

    async def picture(self, sha256: str) -> bytes:
        known = self._lines.pictures.get((self._tenant, sha256))
        if known is None:
            known = await self._lines.stored_pictures.ask(self._tenant, sha256)
            if known is None:
                raise KeyError(sha256)
            self._keep(sha256, known)
        return known

    def _keep(self, sha256: str, data: bytes) -> None:
        """Twelve accounts send the same pictures: keep the last few in memory, bounded."""
        kept = self._lines.pictures
        kept[self._tenant, sha256] = data
        while len(kept) > 1 and sum(map(len, kept.values())) > 32 * 1024 * 1024:
            kept.pop(next(iter(kept)))
