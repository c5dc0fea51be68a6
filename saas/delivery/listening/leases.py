"""Who listens to an account: a row with an end that is moved on every few seconds. What nobody heard is a gap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import LiteralString

from saas.kernel.pool import Pool

HOLD: LiteralString = "interval '30 seconds'"
CLAIM = f"""
  INSERT INTO listeners AS l (account_id, holder, until) SELECT x, %(holder)s, now() + {HOLD}
    FROM unnest(%(accounts)s::bigint[]) x
  ON CONFLICT (account_id, tenant_id) DO UPDATE SET holder = excluded.holder, until = excluded.until, connected_at = NULL
    WHERE l.until < now() RETURNING l.account_id, l.beat"""  # noqa: S608 - constants
SEIZE = f"""
  INSERT INTO listeners AS l (account_id, holder, until) VALUES (%s, %s, now() + {HOLD})
  ON CONFLICT (account_id, tenant_id) DO UPDATE SET holder = excluded.holder, until = excluded.until, connected_at = NULL
  RETURNING l.beat"""  # noqa: S608
RENEW = f"""
  UPDATE listeners l SET until = now() + {HOLD}, beat = x.beat,
    heard_at = greatest(l.heard_at, now() - make_interval(secs => x.ago))
  FROM unnest(%s::bigint[], %s::float8[], %s::float8[]) x (account, ago, beat)
  WHERE l.account_id = x.account AND l.holder = %s RETURNING l.account_id"""  # noqa: S608
GAP = """
  INSERT INTO listening_gaps (account_id, from_at, until_at, fault)
  SELECT account_id, heard_at, greatest(now(), heard_at), fault FROM listeners
  WHERE account_id = %s AND holder = %s AND heard_at IS NOT NULL"""
UP = """
  UPDATE listeners SET connected_at = now(), heard_at = greatest(heard_at, now()), fault = ''
  WHERE account_id = %s AND holder = %s"""
DOWN = """
  UPDATE listeners SET connected_at = NULL, fault = %s, beat = %s,
    heard_at = CASE WHEN %s THEN greatest(heard_at, now() - make_interval(secs => %s)) ELSE heard_at END
  WHERE account_id = %s AND holder = %s"""
LEAVE = """
  UPDATE listeners l SET until = now(), connected_at = NULL, heard_at = greatest(l.heard_at, now() - make_interval(secs => x.ago))
  FROM unnest(%s::bigint[], %s::float8[]) x (account, ago) WHERE l.account_id = x.account AND l.holder = %s"""
FORGET = "DELETE FROM listeners WHERE account_id = ANY (%s) AND holder = %s"
SILENT = """
  SELECT stop_at_risk(account_id, %s) FROM listeners
  WHERE account_id = %s AND connected_at IS NULL AND beat > 0 AND heard_at <= now() - make_interval(secs => %s)"""
RISK = "SELECT stop_at_risk(%s, %s)"


@dataclass(frozen=True, slots=True)
class Sign:
    """When an account was heard last: ``ago`` seconds (None: not on this line), and every so many seconds it promises to be."""

    ago: float | None
    beat: float


class Leases:
    """The rows of one process, under its name."""

    def __init__(self, pool: Pool, holder: str) -> None:
        self._pool, self.holder = pool, holder

    async def claim(self, tenant: int, accounts: Sequence[int]) -> dict[int, float]:
        """Of these accounts, those that nobody listens to now: ours from now on, each with what it promised before."""
        async with self._pool.tenant(tenant) as connection:
            rows = await connection.execute(CLAIM, {"holder": self.holder, "accounts": sorted(accounts)})
            return {row["account_id"]: float(row["beat"]) for row in await rows.fetchall()}

    async def seize(self, tenant: int, account: int) -> float:
        """A server has come to us, so nobody else hears it: ours from now on; what it promised before."""
        async with self._pool.tenant(tenant) as connection:
            row = await (await connection.execute(SEIZE, (account, self.holder))).fetchone()
            return float(row["beat"]) if row else 0.0

    async def renew(self, tenant: int, signs: Mapping[int, Sign]) -> set[int]:
        """Keep ours; those that still are."""
        told = sorted(signs.items())
        values = ([id for id, _ in told], [sign.ago for _, sign in told], [sign.beat for _, sign in told], self.holder)
        async with self._pool.tenant(tenant) as connection:
            return {row["account_id"] for row in await (await connection.execute(RENEW, values)).fetchall()}

    async def up(self, tenant: int, account: int) -> None:
        """The line is open. Since it was heard last nobody listened: that is a gap."""
        async with self._pool.tenant(tenant) as connection:
            await connection.execute(GAP, (account, self.holder))
            await connection.execute(UP, (account, self.holder))

    async def down(self, tenant: int, account: int, fault: str, sign: Sign) -> None:
        """The line is closed, or did not open; ``sign`` as it was last."""
        async with self._pool.tenant(tenant) as connection:
            values = (fault[:200], sign.beat, sign.ago is not None, sign.ago or 0.0, account, self.holder)
            await connection.execute(DOWN, values)

    async def leave(self, tenant: int, signs: Mapping[int, Sign]) -> None:
        """We end: whoever comes may listen at once."""
        told = sorted(signs.items())
        async with self._pool.tenant(tenant) as connection:
            await connection.execute(LEAVE, ([id for id, _ in told], [sign.ago for _, sign in told], self.holder))

    async def forget(self, tenant: int, accounts: Sequence[int]) -> None:
        """Nobody wants to hear them any more: no gap is counted for them."""
        async with self._pool.tenant(tenant) as connection:
            await connection.execute(FORGET, (list(accounts), self.holder))

    async def silent(self, tenant: int, account: int, seconds: float, reason: str) -> None:
        """Stop an account that promised to be heard and has not been for so long, by anybody."""
        async with self._pool.tenant(tenant) as connection:
            await connection.execute(SILENT, (reason, account, seconds))

    async def at_risk(self, tenant: int, account: int, reason: str) -> None:
        """Stop the account for a sign of risk; once, until a person lets it go on."""
        async with self._pool.tenant(tenant) as connection:
            await connection.execute(RISK, (account, reason))
