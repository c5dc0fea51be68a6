"""A portal as its channel sees it, and its line to the platform: the ticket, and its own token with one refresher."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from saas.accounts.one_at_a_time import one_at_a_time
from saas.channels.portal import Portal
from saas.kernel import clock
from saas.kernel.sealing import Sealer

if TYPE_CHECKING:
    from saas.accounts.line import Lines

EARLY = 300.0
KEEP = """INSERT INTO portal_tokens (portal_id, name, sealed, expires_at) VALUES (%s, %s, %s, %s)
  ON CONFLICT (portal_id, name) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at"""


def record(portal: int) -> str:
    """What a portal's secrets are sealed under."""
    return f"portal:{portal}"


def ticket_record(portal: int) -> str:
    """The same for its ticket."""
    return f"portal_ticket:{portal}"


def opened(sealer: Sealer, row: Mapping[str, Any]) -> Portal:
    """A portal from its row. CannotOpen when the seal is of another row."""
    secrets = sealer.open(row["tenant_id"], record(row["id"]), row["credentials"]) if row["credentials"] else {}
    return Portal(row["id"], row["channel"], row["name"], secrets if isinstance(secrets, dict) else {}, row["settings"])


@dataclass(frozen=True, slots=True)
class LineOfPortal:
    """Satisfies ``saas.channels.PortalLine``."""

    lines: Lines
    tenant: int
    portal: int

    @property
    def http(self) -> Any:
        """The session that all lines share."""
        return self.lines.http

    def now(self) -> datetime:
        """The current time."""
        return clock.now()

    async def ticket(self) -> tuple[str, datetime] | None:
        """The last ticket, read anew each time: it is needed once in two hours."""
        async with self.lines.pool.tenant(self.tenant) as connection:
            query = "SELECT ticket, ticket_at FROM portals WHERE id = %s"
            row = await (await connection.execute(query, (self.portal,))).fetchone()
        if row is None or row["ticket"] is None:
            return None
        return str(self.lines.sealer.open(self.tenant, ticket_record(self.portal), row["ticket"])), row["ticket_at"]

    async def token(self, name: str, fetch: Callable[[], Awaitable[tuple[str, float]]], stale: str = "") -> str:
        """The shared token, or a new one, fetched by one process at a time."""
        found = await self._stored(name, stale)
        if found:
            return found
        async with one_at_a_time(self.lines.redis, f"portal:{self.portal}:{name}"):
            return await self._stored(name, stale) or await self._fetched(name, fetch)

    async def _stored(self, name: str, stale: str) -> str | None:
        async with self.lines.pool.tenant(self.tenant) as connection:
            query = "SELECT sealed FROM portal_tokens WHERE portal_id = %s AND name = %s AND expires_at > %s"
            row = await (await connection.execute(query, (self.portal, name, clock.now()))).fetchone()
        token = str(self.lines.sealer.open(self.tenant, self._record(name), row["sealed"])) if row else None
        return None if token == stale else token

    async def _fetched(self, name: str, fetch: Callable[[], Awaitable[tuple[str, float]]]) -> str:
        token, seconds = await fetch()
        expires = clock.now() + timedelta(seconds=max(seconds - EARLY, seconds / 2))
        sealed = self.lines.sealer.seal(self.tenant, self._record(name), token)
        async with self.lines.pool.tenant(self.tenant) as connection:
            await connection.execute(KEEP, (self.portal, name, sealed, expires))
        return token

    def _record(self, name: str) -> str:
        return f"portal_token:{self.portal}:{name}"
