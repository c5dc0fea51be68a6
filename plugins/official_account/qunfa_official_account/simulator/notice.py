"""Notices (订阅通知): each person's consents to a template are counted and used up; the platform takes no key of the sender's."""

from __future__ import annotations

from collections import Counter
from typing import Any

from qunfa_official_account.simulator import catalogue
from qunfa_official_account.simulator.errmsg import Err
from qunfa_official_account.simulator.followers import OPENID
from qunfa_official_account.simulator.pushes import push
from qunfa_official_account.simulator.template import DELAY, check_values
from qunfa_official_account.simulator.world import Answer, Call, World

KIND = "notice"


class Notices:
    """``message/subscribe/bizsend`` with its memory of what was used up."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._used: Counter[tuple[str, str, str]] = Counter()
        self._last = 1_700_000_000_000_000_000
        for effect in world.stage.effects:
            if effect.kind == KIND:
                self._last = max(self._last, int(effect.platform_id))
                self._used[tuple(str(effect.detail[name]) for name in ("app_id", "openid", "template_id"))] += 1  # type: ignore[index]

    def send(self, call: Call) -> Answer:
        """To one subscriber, for one of the consents."""
        openid, template = str(call.body.get("touser", "")), str(call.body.get("template_id", ""))
        if not OPENID.match(openid):
            raise Err(40003)
        catalogue.look_into(call)
        check_values(call.body.get("data"))
        if openid in call.record.get("unfollowed", ()):
            raise Err(43004)
        whose = (call.app_id, openid, template)
        if openid in call.record.get("blocked", ()) or self._used[whose] >= self._consents(call, openid):
            raise Err(43101)
        self._used[whose] += 1
        self._last += 1
        about = {"app_id": call.app_id, "openid": openid, "template_id": template}
        self._world.stage.effect(call.app_id, KIND, 1, openid, str(self._last), **about)
        self._tell(call, openid, template, self._last)
        return {"errcode": 0, "errmsg": "ok", "msgid": self._last}

    def _consents(self, call: Call, openid: str) -> int:
        """How often the person has subscribed to each template."""
        own = call.record.get("subscribers", {})
        return int(own.get(openid, call.record.get("subscribed", 1)))

    def _tell(self, call: Call, openid: str, template: str, msg_id: int) -> None:
        if not self._world.stage.callbacks or not call.record.get("template_push", True):
            return
        status = str(call.record.get("notice_status", "success"))
        item: dict[str, Any] = {"TemplateId": template, "MsgID": msg_id, "ErrorCode": 0 if status == "success" else 1}
        sent = {"SubscribeMsgSentEvent": {"List": {**item, "ErrorStatus": status}}}
        event = {"FromUserName": openid, "MsgType": "event", "Event": "subscribe_msg_sent_event", **sent}

        async def tell() -> None:
            push(self._world, call.app_id, event)

        self._world.stage.later(float(call.record.get("template_delay", DELAY)), tell)
