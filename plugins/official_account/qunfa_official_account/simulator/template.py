"""Template messages: typed values checked, one message a key within ten minutes, a result pushed for each."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from qunfa_official_account.simulator import catalogue
from qunfa_official_account.simulator.errmsg import Err
from qunfa_official_account.simulator.followers import OPENID
from qunfa_official_account.simulator.pushes import push
from qunfa_official_account.simulator.world import Answer, Call, World

KEY_WINDOW = timedelta(minutes=10)
DELAY = 0.2
TYPED = re.compile(r"^([a-z_]+?)\d+$")
RULES = {
    "thing": re.compile(r"^.{1,20}$", re.DOTALL),
    "const": re.compile(r"^.{1,20}$", re.DOTALL),
    "character_string": re.compile(r"^[\x20-\x7e]{1,32}$"),
    "number": re.compile(r"^-?[\d.,]{1,32}$"),
    "letter": re.compile(r"^[A-Za-z]{1,32}$"),
    "symbol": re.compile(r"^\W{1,5}$"),
    "phrase": re.compile(r"^.{1,5}$"),
    "phone_number": re.compile(r"^[\d+()\- ]{1,17}$"),
    "car_number": re.compile(r"^.{1,8}$"),
    "name": re.compile(r"^.{1,20}$"),
    "amount": re.compile(r"^\S{0,3}[\d.,]{1,13}\S{0,2}$"),
    "time": re.compile(r"^[\d年月日时分秒:：/.~\- ]{1,40}$"),
    "date": re.compile(r"^[\d年月日时分秒:：/.~\- ]{1,40}$"),
}


class Templates:
    """``message/template/send`` with its memory of keys."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._keys: dict[tuple[str, str, str], tuple[int, datetime]] = {}
        self._last = 4_000_000_000_000_000_000
        for effect in world.stage.effects:
            if effect.kind == "template":
                self._last = max(self._last, int(effect.platform_id))
                where = (str(effect.detail["app_id"]), str(effect.detail["openid"]), effect.key)
                self._keys[where] = (int(effect.platform_id), datetime.fromisoformat(effect.at))

    def send(self, call: Call) -> Answer:
        """To one follower."""
        openid, key, now = str(call.body.get("touser", "")), str(call.body.get("client_msg_id", "")), self._world.stage.now()
        if not OPENID.match(openid):
            raise Err(40003)
        catalogue.look_into(call)
        known = self._keys.get((call.app_id, openid, key)) if key else None
        if known and now - known[1] < KEY_WINDOW:
            return {"errcode": 0, "errmsg": "ok", "msgid": known[0]}
        check_values(call.body.get("data"))
        if openid in call.record.get("unfollowed", ()):
            raise Err(43004)
        self._last += 1
        self._keys[call.app_id, openid, key] = (self._last, now)
        self._world.stage.effect(call.app_id, "template", 1, key, str(self._last), app_id=call.app_id, openid=openid)
        self._tell(call, openid, 0 if key else self._last)
        return {"errcode": 0, "errmsg": "ok", "msgid": self._last}

    def _tell(self, call: Call, openid: str, msg_id: int) -> None:
        """The id in the event is 0 when the message carried a key."""
        if not self._world.stage.callbacks or not call.record.get("template_push", True):
            return
        blocked = openid in call.record.get("blocked", ())
        event = {
            "FromUserName": openid,
            "MsgType": "event",
            "Event": "TEMPLATESENDJOBFINISH",
            "MsgID": msg_id,
            "Status": "failed:user block" if blocked else "success",
        }

        async def tell() -> None:
            push(self._world, call.app_id, event)

        self._world.stage.later(float(call.record.get("template_delay", DELAY)), tell)


def check_values(data: Any) -> None:
    """Every value must be there, and fit the type its name tells. Raises Err."""
    if not isinstance(data, dict) or not data:
        raise Err(47003, "data is empty")
    for name, field in data.items():
        value = str(field.get("value", "")) if isinstance(field, dict) else ""
        typed = TYPED.match(str(name))
        rule = RULES.get(typed[1]) if typed else None
        if not value.strip() or (rule and not rule.match(value)):
            raise Err(47003, f"data.{name}.value")
