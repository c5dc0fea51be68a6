"""What the platform's statistics say of an article job: people who opened and shared, and where they came from.

Two families of interfaces tell it. All figures of a delivery are of one of them: that of 2025-11, or the retired one where the
account has no other (then ``retired_statistics`` is 1). Never of both: what one has told is not added to the other's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from qunfa_official_account.client import Client
from qunfa_official_account.cube import latest, of_delivery, rows
from qunfa_official_account.kinds import ONE_BY_ONE
from qunfa_official_account.outcomes import Refusal
from qunfa_official_account.retired import retired_figures
from saas.channels import Delivery

FROM_MESSAGE, FROM_ALL = "公众号消息", "全部"
NOT_HERE = frozenset({40066, 48001, 61007})
SINCE = "2025-11-01"
MARK, FAMILY = "retired_statistics", "statistics"
CURRENT, MOVED, RETIRED = "current", "moved", "retired"
LOOK_AGAIN, LIFE = timedelta(days=1).total_seconds(), timedelta(days=40).total_seconds()
TOTAL, READ, SHARE = "getarticletotaldetail", "getarticleread", "getarticleshare"
SUMS = {
    "share_user": "shared",
    "like_user": "liked",
    "zaikan_user": "recommended",
    "collection_user": "collected",
    "comment_count": "commented",
}
SCENES = {
    FROM_MESSAGE: "from_message",
    "聊天会话": "from_chat",
    "朋友圈": "from_moments",
    "公众号主页": "from_profile",
    "推荐": "from_recommend",
    "搜一搜": "from_search",
    "其他": "from_other",
}


async def figures(client: Client, delivery: Delivery, day: datetime) -> dict[str, int]:
    """Totals since publication as known on ``day``; empty when the platform has none yet. Raises Refusal.

    ``opened``: users who opened from the message itself (the open rate's numerator); ``opened_all`` with shares and
    search. Of several articles the best one counts: the platform does not say who opened more than one. ``from_…`` and
    ``finished`` are of that article too, ``finished`` as its readers times the share that the platform gives; the rest are sums.
    """
    if not delivery.started_at or delivery.route in ONE_BY_ONE:
        return {}
    zone = ZoneInfo(client.account.zone)
    published, asked = delivery.started_at.astimezone(zone).date().isoformat(), day.astimezone(zone).date().isoformat()
    found = await _told(client, delivery, published, asked)
    if delivery.route == "publish":
        found.pop("opened", None)  # nobody was sent a message to open
    return found


async def _told(client: Client, delivery: Delivery, published: str, asked: str) -> dict[str, int]:
    """By the family of 2025-11 where the account has it. What it has told of a delivery is not followed by the retired one, which
    stops after seven days: numbers would fall."""
    line, own = client.platform, f"{FAMILY}:{delivery.id}"
    told_by = await line.recall_memory(own)
    settled = told_by in (CURRENT, MOVED)
    if published >= SINCE and (settled or not await line.recall_memory(FAMILY)):
        try:
            found = await _current(client, delivery, published, asked)
        except Refusal as refusal:
            if refusal.code not in NOT_HERE or settled:
                raise
            found = await retired_figures(client, delivery, published, asked)
            await line.remember(FAMILY, RETIRED, LOOK_AGAIN)
            return await _marked(client, own, told_by, found, RETIRED)
        return await _marked(client, own, told_by, found, MOVED if told_by in (RETIRED, MOVED) else CURRENT)
    return await _marked(client, own, told_by, await retired_figures(client, delivery, published, asked), RETIRED)


async def _marked(client: Client, own: str, before: str | None, found: dict[str, int], by: str) -> dict[str, int]:
    """The figures with their family, which is remembered of the delivery."""
    if found and before != by:
        await client.platform.remember(own, by, LIFE)
    mark = {RETIRED: {MARK: 1}, MOVED: {MARK: 0}}.get(by, {})
    return {**found, **mark} if found else {}


async def _current(client: Client, delivery: Delivery, published: str, asked: str) -> dict[str, int]:
    totals = [r for r in await rows(client, TOTAL, published) if of_delivery(delivery, r)]
    known = [d for d in (latest(row.get("detail_list"), asked) for row in totals) if d]
    return _summed(known) if known else await _of_one_day(client, delivery, asked)


async def _of_one_day(client: Client, delivery: Delivery, day: str) -> dict[str, int]:
    """The day's own figures, when there is no total yet."""
    found: dict[str, dict[str, Any]] = {}
    for endpoint in (READ, SHARE):
        for row in await rows(client, endpoint, day):
            if of_delivery(delivery, row):
                found.setdefault(str(row["msgid"]), {}).update(row.get("detail") or {})
    return _summed(list(found.values())) if found else {}


def _summed(details: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    opened = [_scene(d, FROM_MESSAGE) for d in details]
    totals = {ours: sum(int(d.get(theirs) or 0) for d in details) for theirs, ours in SUMS.items()}
    most_read = max(details, key=_readers, default={})
    return {"opened": max(opened, default=0), "opened_all": _readers(most_read), **totals, **_of_most_read(most_read)}


def _of_most_read(detail: Mapping[str, Any]) -> dict[str, int]:
    """Where the readers of the most read article came from, and how many of them read it through, where that is told."""
    told = {s.get("scene_desc"): int(s.get("user_count") or 0) for s in detail.get("read_user_source") or ()}
    found = {ours: told[theirs] for theirs, ours in SCENES.items() if theirs in told}
    rate = detail.get("read_finish_rate")
    return found if rate is None else {**found, "finished": round(_readers(detail) * float(rate))}


def _readers(detail: Mapping[str, Any]) -> int:
    return int(detail.get("read_user") or 0)


def _scene(detail: Mapping[str, Any], scene: str) -> int:
    sources = detail.get("read_user_source") or ()
    found = [int(s.get("user_count") or 0) for s in sources if s.get("scene_desc") == scene]
    return found[0] if found else int(detail.get("read_user") or 0)
