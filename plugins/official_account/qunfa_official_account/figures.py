"""What the platform's statistics say of an article job: people who opened and shared, and where they came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from qunfa_official_account.client import Client
from qunfa_official_account.kinds import ONE_BY_ONE
from qunfa_official_account.outcomes import Refusal
from saas.channels import Delivery

FROM_MESSAGE, FROM_ALL = "公众号消息", "全部"
NOT_YET = frozenset({61501, 61503})
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
    totals = [r for r in await _rows(client, TOTAL, published) if _ours(delivery, r)]
    latest = [d for d in (_latest(row, asked) for row in totals) if d]
    found = _summed(latest) if latest else await _of_one_day(client, delivery, asked)
    if delivery.route == "publish":
        found.pop("opened", None)  # nobody was sent a message to open
    return found


async def _of_one_day(client: Client, delivery: Delivery, day: str) -> dict[str, int]:
    """The day's own figures, when there is no total yet."""
    found: dict[str, dict[str, Any]] = {}
    for endpoint in (READ, SHARE):
        for row in await _rows(client, endpoint, day):
            if _ours(delivery, row):
                found.setdefault(str(row["msgid"]), {}).update(row.get("detail") or {})
    return _summed(list(found.values())) if found else {}


async def _rows(client: Client, endpoint: str, day: str) -> list[Mapping[str, Any]]:
    try:
        answer = await client.prepare(f"/datacube/{endpoint}", {"begin_date": day, "end_date": day})
    except Refusal as refusal:
        if refusal.code in NOT_YET:
            return []
        raise
    return list(answer.get("list") or ())


def _ours(delivery: Delivery, row: Mapping[str, Any]) -> bool:
    """By ``<msg_data_id>_<number>``; by the first article's address when a repeat was recognised and gave no such id."""
    data_id, url = delivery.ids.get("msg_data_id", ""), delivery.ids.get("article_url", "")
    if data_id:
        return str(row.get("msgid", "")).partition("_")[0] == data_id
    return bool(url) and row.get("content_url") == url


def _latest(row: Mapping[str, Any], day: str) -> Mapping[str, Any] | None:
    known = [d for d in row.get("detail_list") or () if str(d.get("stat_date", "")) <= day]
    return max(known, key=lambda d: str(d.get("stat_date", "")), default=None)


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
