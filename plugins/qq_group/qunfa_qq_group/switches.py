"""Whether owners let the bot speak unasked (bot_state): asked whenever an account is checked, told as a note."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from qunfa_qq_group.line import Declined, Line
from saas.channels import MaybeSent, NotSent

ASKED, TOGETHER, NAMED = 60, 20, 5


async def closed_words(line: Line, groups: Sequence[Mapping[str, Any]]) -> str:
    """Which of the groups (sixty are asked) take no message unasked, in both languages; "" when all do or nobody tells."""
    closed: list[str] = []
    for start in range(0, min(len(groups), ASKED), TOGETHER):
        page = groups[start : start + TOGETHER]
        told = await asyncio.gather(*(_closed(line, str(group["id"])) for group in page))
        closed += [
            str(group.get("title") or group["id"]).replace("/", "／") for group, shut in zip(page, told, strict=True) if shut
        ]
    if not closed:
        return ""
    more = len(closed) - NAMED
    zh = "、".join(closed[:NAMED]) + (f" 等 {len(closed)} 个群" if more > 0 else "")
    en = ", ".join(closed[:NAMED]) + (f" and {more} more" if more > 0 else "")
    return (
        f"群主没有打开“机器人主动在群聊内发言”，平台会拒绝（40034105）：{zh}；请群主在群机器人设置里打开 / "
        f"owners have not let the bot speak unasked and the platform will refuse (40034105): {en}; ask them to turn it on"
    )


async def _closed(line: Line, group: str) -> bool:
    try:
        reply = await line.ask("GET", f"/v2/groups/{quote(group, safe='')}/bot_state")
    except (Declined, NotSent, MaybeSent):
        return False
    return reply.good and reply.body.get("allow_proactive_msg") is False
