"""Events of a OneBot server over a WebSocket, opened by us (forward) or by it (reverse): the same as by HTTP, and heartbeats."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any

from qunfa_qq_group.address import address, safe
from qunfa_qq_group.onebot_callback import STALE, events_of
from saas.channels import Account, Heard, Listening

NOWHERE = "none"
TURNED_AWAY = "服务端拒绝了访问令牌 / the server refused the access token"
ANOTHER = "服务端登录的是另一个号 / the server is signed in as another account"
LONGEST_BEAT = 3600.0


def listen(account: Account) -> Listening | None:
    """The address of events, or the OneBot address where that is a WebSocket; nothing over a line that could be overheard."""
    own = address(account, "events_url")
    url = own or _beside(address(account, "base_url"))
    if own == NOWHERE or not url.startswith(("ws://", "wss://")) or not safe(url, account):
        return None
    return Listening(url, {"Authorization": f"Bearer {account.credentials.get('access_token', '')}"})


def _beside(base: str) -> str:
    """Actions have an address of their own on some servers; events are beside it."""
    return base.removesuffix("/api") + "/event" if base.endswith("/api") else base


def welcome(account: Account, headers: Mapping[str, str]) -> bool:
    """A server that dials out to us (reverse): with the account's token and number, to tell events."""
    token, own = account.credentials.get("access_token", ""), headers.get("x-self-id", "")
    given = headers.get("authorization", "").removeprefix("Bearer ").removeprefix("Token ")
    if not token or not own or own != str(account.settings.get("self_id") or own):
        return False
    return headers.get("x-client-role", "").lower() != "api" and hmac.compare_digest(given.encode(), token.encode())


def heard(account: Account, frame: str, now: float) -> Heard:
    """One frame: an event of this very account, not older than pushes may be; answers to actions are not for us."""
    told = _object(frame)
    if "post_type" not in told:
        return Heard(refused=TURNED_AWAY) if told.get("retcode") in (1401, 1403) and not told.get("echo") else Heard()
    own = str(told.get("self_id", ""))
    if not own or own != str(account.settings.get("self_id") or own):
        return Heard(refused=ANOTHER)
    moment = told.get("time")
    if not isinstance(moment, int | float) or not abs(now - moment) <= STALE:
        return Heard(next_within=_beat(told))
    return Heard(events_of(account, told, own), _beat(told))


def _beat(told: Mapping[str, Any]) -> float:
    """The seconds to the next heartbeat, which the protocol writes in milliseconds."""
    interval = told.get("interval") if told.get("meta_event_type") == "heartbeat" else 0
    fits = isinstance(interval, int | float) and not isinstance(interval, bool) and 0 < interval <= LONGEST_BEAT * 1000
    return float(interval) / 1000 if fits and isinstance(interval, int | float) else 0.0


def _object(frame: str) -> dict[str, Any]:
    try:
        value = json.loads(frame)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
