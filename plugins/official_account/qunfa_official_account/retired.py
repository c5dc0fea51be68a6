"""The statistics that the platform has stopped keeping up (``getarticletotal``, ``getarticlesummary``): they track an article for
seven days and know neither likes nor comments. Asked where those of 2025-11 are not to be had."""

from __future__ import annotations

from collections.abc import Sequence

from qunfa_official_account.client import Client
from qunfa_official_account.cube import Row, latest, of_delivery, rows
from saas.channels import Delivery

TOTAL, SUMMARY = "getarticletotal", "getarticlesummary"
READERS = "int_page_read_user"
SUMS = {"share_user": "shared", "add_to_fav_user": "collected"}
SCENES = {
    "int_page_from_session_read_user": "from_message",
    "int_page_from_friends_read_user": "from_chat",
    "int_page_from_feed_read_user": "from_moments",
    "int_page_from_hist_msg_read_user": "from_profile",
    "int_page_from_other_read_user": "from_other",
}
FROM_MESSAGE = "int_page_from_session_read_user"


async def retired_figures(client: Client, delivery: Delivery, published: str, asked: str) -> dict[str, int]:
    """Totals since publication as far as they were tracked; the first day's summary while there is no total. Raises Refusal."""
    totals = [r for r in await rows(client, TOTAL, published) if of_delivery(delivery, r)]
    known = [d for d in (latest(row.get("details"), asked) for row in totals) if d]
    if not known and asked == published:  # a summary is of one day alone: on any later one it is less than the total
        known = [r for r in await rows(client, SUMMARY, published) if of_delivery(delivery, r)]
    return _summed(known) if known else {}


def _summed(details: Sequence[Row]) -> dict[str, int]:
    """Of several articles as ``figures`` has it; who opened from the message only where that is told."""
    most_read = max(details, key=lambda d: _number(d, READERS))
    opened = [_number(d, FROM_MESSAGE) for d in details if FROM_MESSAGE in d]
    found = {"opened_all": _number(most_read, READERS)} | ({"opened": max(opened)} if opened else {})
    found |= {ours: sum(_number(d, theirs) for d in details) for theirs, ours in SUMS.items()}
    return found | {ours: _number(most_read, theirs) for theirs, ours in SCENES.items() if theirs in most_read}


def _number(detail: Row, name: str) -> int:
    return int(detail.get(name) or 0)
