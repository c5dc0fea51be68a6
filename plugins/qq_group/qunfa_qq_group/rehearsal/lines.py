"""OneBot over WebSockets, as servers offer it: ``/onebot/{account}`` (with or without a slash) for both ways, ``…/api`` for
actions, ``…/event`` for events. A record's ``lost`` closes a connection when an action is done and nobody has heard of it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

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

    def __init__(self) -> None:
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
        if request.match_info.get("action") != "api":
            self._open[account].add(line)
        try:
            await self._listen(line, account, record, perform)
        finally:
            self._open[account].discard(line)
        return line

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


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
