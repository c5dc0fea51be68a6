"""Followers and tags: made up from the account's id and size, the same after every restart."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from functools import lru_cache
from typing import Any

from qunfa_official_account.simulator.errmsg import Err
from qunfa_official_account.simulator.pushes import push
from qunfa_official_account.simulator.world import Answer, Call, World

PAGE = 10_000
OPENID = re.compile(r"^o[A-Za-z0-9_-]{27}$")
MUTED_PER_MILLE = 3
SCATTER, SPAN = 2_654_435_761, 2**32
TAGS_MOST, NAME_BYTES, BATCH = 100, 30, 50


@lru_cache(maxsize=8)
def crowd(app_id: str, size: int) -> tuple[str, ...]:
    """The openids of the first ``size`` followers of an account."""
    account = "o" + base64.urlsafe_b64encode(hashlib.sha256(app_id.encode()).digest())[:19].decode()
    return tuple(f"{account}{number * SCATTER % SPAN:08x}" for number in range(size))


def followers(app_id: str, record: dict[str, Any]) -> tuple[str, ...]:
    """Everybody who follows the account now."""
    gone, all_of_them = set(record.get("unfollowed", ())), crowd(app_id, int(record.get("audience_size", 0)))
    return tuple(openid for openid in all_of_them if openid not in gone) if gone else all_of_them


def muted(openid: str) -> bool:
    """Three in a thousand have switched the account's messages off."""
    return zlib.crc32(openid.encode()) % 1000 < MUTED_PER_MILLE


def members(app_id: str, record: dict[str, Any], tag_id: int) -> tuple[str, ...]:
    """The followers with a tag. Raises Err when there is no such tag."""
    tag = _tag(record, tag_id)
    every = int(tag.get("every", 0))
    share = followers(app_id, record)[::every] if every else ()
    return tuple(dict.fromkeys((*share, *tag.get("members", ()))))


def _tag(record: dict[str, Any], tag_id: int) -> dict[str, Any]:
    found = next((tag for tag in record.get("tags", ()) if tag["id"] == tag_id), None)
    if found is None:
        raise Err(45159)
    return dict(found)


def _page(everybody: tuple[str, ...], after: str) -> tuple[list[str], str]:
    if after and after not in everybody:
        raise Err(40003)
    start = everybody.index(after) + 1 if after else 0
    page = list(everybody[start : start + PAGE])
    return page, page[-1] if page else ""


def leave(world: World, app_id: str, job: str) -> None:
    """After a job some people stop following, as many as the record says: each is pushed."""
    record = world.record(app_id)
    many = int(record.get("leavers", 0))
    everybody = followers(app_id, record) if many else ()
    if not everybody:
        return
    start = zlib.crc32(job.encode()) % len(everybody)
    gone = [everybody[(start + n * 7) % len(everybody)] for n in range(min(many, len(everybody)))]
    world.stage.keep(app_id, {**record, "unfollowed": sorted({*record.get("unfollowed", ()), *gone})})
    for openid in dict.fromkeys(gone):
        push(world, app_id, {"FromUserName": openid, "MsgType": "event", "Event": "unsubscribe", "EventKey": ""})


class Users:
    """The endpoints for followers and tags."""

    def __init__(self, world: World) -> None:
        self._world = world

    def get(self, call: Call) -> Answer:
        """``user/get``: ten thousand at a time; the page after the last is empty."""
        everybody = followers(call.app_id, call.record)
        page, following = _page(everybody, call.query.get("next_openid", ""))
        data = {"data": {"openid": page}} if page else {}
        return {"total": len(everybody), "count": len(page), **data, "next_openid": following}

    def info(self, call: Call) -> Answer:
        """``user/info``: names and pictures have not been given since 2021."""
        openid = call.query.get("openid", "")
        if not OPENID.match(openid):
            raise Err(40003)
        if openid in call.record.get("unfollowed", ()):
            return {"subscribe": 0, "openid": openid}
        return {"subscribe": 1, "openid": openid, "language": "zh_CN", "subscribe_time": 1_700_000_000, "tagid_list": []}

    def tags(self, call: Call) -> Answer:
        """``tags/get``; a tag's own ``count`` plays a list that lags behind."""
        rows = [
            {"id": tag["id"], "name": tag["name"], "count": tag.get("count", len(members(call.app_id, call.record, tag["id"])))}
            for tag in call.record.get("tags", ())
        ]
        return {"tags": rows}

    def create(self, call: Call) -> Answer:
        """``tags/create``."""
        name, tags = str((call.body.get("tag") or {}).get("name", "")), list(call.record.get("tags", ()))
        if len(tags) >= TAGS_MOST:
            raise Err(45056)
        if not name or any(tag["name"] == name for tag in tags):
            raise Err(45157)
        if len(name.encode()) > NAME_BYTES:
            raise Err(45158)
        tag = {"id": max([99, *(tag["id"] for tag in tags)]) + 1, "name": name}
        self._world.stage.keep(call.app_id, {**call.record, "tags": [*tags, {**tag, "members": []}]})
        return {"tag": tag}

    def tagged(self, call: Call) -> Answer:
        """``user/tag/get``."""
        page, following = _page(
            members(call.app_id, call.record, int(call.body.get("tagid", -1))), str(call.body.get("next_openid", ""))
        )
        return {"count": len(page), "data": {"openid": page}, "next_openid": following}

    def batch(self, call: Call) -> Answer:
        """``tags/members/batchtagging``."""
        listed, tag_id = call.body.get("openid_list") or [], int(call.body.get("tagid", -1))
        if len(listed) > BATCH:
            raise Err(40032)
        if not all(OPENID.match(str(openid)) for openid in listed):
            raise Err(40003)
        tag = _tag(call.record, tag_id)
        tag["members"] = list(dict.fromkeys([*tag.get("members", ()), *listed]))
        tags = [tag if known["id"] == tag_id else known for known in call.record["tags"]]
        self._world.stage.keep(call.app_id, {**call.record, "tags": tags})
        return {"errcode": 0, "errmsg": "ok"}
