"""The lines of the platform's statistics of articles: asked for one day, ours picked out of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qunfa_official_account.client import Client
from qunfa_official_account.outcomes import Refusal
from saas.channels import Delivery

NOT_YET = frozenset({61501, 61503})

Row = Mapping[str, Any]


async def rows(client: Client, endpoint: str, day: str) -> list[Row]:
    """What the platform lists for a day; nothing where it is not ready. Raises Refusal."""
    try:
        answer = await client.prepare(f"/datacube/{endpoint}", {"begin_date": day, "end_date": day})
    except Refusal as refusal:
        if refusal.code in NOT_YET:
            return []
        raise
    return list(answer.get("list") or ())


def of_delivery(delivery: Delivery, row: Row) -> bool:
    """By ``<msg_data_id>_<number>``; by the first article's address when a repeat was recognised and gave no such id."""
    data_id, url = delivery.ids.get("msg_data_id", ""), delivery.ids.get("article_url", "")
    if data_id:
        return str(row.get("msgid", "")).partition("_")[0] == data_id
    return bool(url) and row.get("content_url") == url


def latest(details: object, day: str) -> Row | None:
    """Of an article's totals by day the newest that is not after ``day``."""
    known = [d for d in (details if isinstance(details, list) else ()) if str(d.get("stat_date", "")) <= day]
    return max(known, key=lambda d: str(d.get("stat_date", "")), default=None)
