"""OneBot over WebSockets, as servers offer it: ``/onebot/{account}`` (with or without a slash) for both ways, ``…/api`` for
actions, ``…/event`` for events. A record's ``lost`` closes a connection when an action is done and nobody has heard of it; its
``beat`` is the time between two heartbeats in seconds, 0 for none.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

from saas.channels.simulator import Stage

LARGEST = 64 * 1024 * 1024
Perform = Callable[[str, dict[str, Any], str, Any], dict[str, Any]]
WRONG_TOKEN = {
    "status": "failed",
    "retcode": 1403,
    "data": None,
    "message": "token验证失败",
    "wording": "token验证失败",
    "echo": None,
}


class Lines:
    """Every open connection, by account; those of ``/api`` hear no events."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._open: dict[str, set[web.WebSocketResponse]] = defaultdict(set)

    async def tell(self, account: str, event: dict[str, Any]) -> None:
        """An event to all that listen."""
        for line in tuple(self._open[account]):
            if not line.closed:
                await line.send_str(json.dumps(event, ensure_ascii=False))

    async def refuse(self, request: web.Request) -> web.WebSocketResponse:
        """As NapCat turns a wrong token away: with a word, then the end."""
        line = web.WebSocketResponse()
        await line.prepare(request)
        await line.send_str(json.dumps(WRONG_TOKEN, ensure_ascii=False))
        await line.close()
        return line

    async def hold(self, request: web.Request, account: str, record: dict[str, Any], perform: Perform) -> web.WebSocketResponse:
        """One connection, until the other side leaves."""
        line = web.WebSocketResponse(max_msg_size=LARGEST)
        await line.prepare(request)
        beating = None
        if request.match_info.get("action") != "api":
            self._open[account].add(line)
            await line.send_str(json.dumps(_meta(account, {"meta_event_type": "lifecycle", "sub_type": "connect"})))
            beating = asyncio.get_running_loop().create_task(self._beat(line, account))
        try:
            await self._listen(line, account, record, perform)
        finally:
            self._open[account].discard(line)
            if beating:
                beating.cancel()
        return line

    async def _beat(self, line: web.WebSocketResponse, account: str) -> None:
        """Heartbeats, as often as the record says now."""
        with contextlib.suppress(ConnectionError):
            while not line.closed:
                record = self._stage.accounts.get(account, {})
                if seconds := float(record.get("beat") or 0):
                    status = {"online": bool(record.get("online", True)), "good": bool(record.get("online", True))}
                    told = {"meta_event_type": "heartbeat", "status": status, "interval": int(seconds * 1000)}
                    await line.send_str(json.dumps(_meta(account, told)))
                await asyncio.sleep(seconds or 0.2)

    async def leave(self, account: str) -> None:
        """Every connection of the account ends."""
        for line in tuple(self._open[account]):
            await line.close()

    async def _listen(self, line: web.WebSocketResponse, account: str, record: dict[str, Any], perform: Perform) -> None:
        async for heard in line:
            if heard.type != WSMsgType.TEXT:
                continue
            told = _object(heard.data)
            answer = perform(account, record, str(told.get("action", "")), told.get("params"))
            if record.get("lost"):
                await line.close()
                return
            await line.send_str(json.dumps({**answer, "echo": told.get("echo")}, ensure_ascii=False))


def _meta(account: str, told: dict[str, Any]) -> dict[str, Any]:
    return {"time": int(time.time()), "self_id": int(account), "post_type": "meta_event", **told}


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
