"""Credentials at rest: sealed per account, opened only to talk to the platform."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from saas.channels.platform import Account as ChannelAccount
from saas.kernel.sealing import Sealer

COLUMNS = (
    "id, tenant_id, key, channel, kind, name, zone, settings, credentials, status, trouble, audience_size, risk_accepted_at,"
    " portal_id, rights"
)


def seal(sealer: Sealer, tenant: int, account: int, credentials: Mapping[str, str]) -> bytes:
    """Seal an account's credentials for its row."""
    return sealer.seal(tenant, f"account:{account}", dict(credentials))


def opened(sealer: Sealer, row: Mapping[str, Any]) -> ChannelAccount:
    """An account as its channel sees it, from a row with ``COLUMNS``. CannotOpen when the seal is of another row."""
    sealed = row["credentials"]
    credentials = sealer.open(row["tenant_id"], f"account:{row['id']}", sealed) if sealed else {}
    return ChannelAccount(
        id=row["id"],
        key=row["key"],
        channel=row["channel"],
        kind=row["kind"],
        name=row["name"],
        credentials=credentials if isinstance(credentials, dict) else {},
        settings=row["settings"],
        zone=row["zone"],
        portal=row.get("portal_id") or 0,
        rights=None if row.get("rights") is None else frozenset(row["rights"]),
    )
