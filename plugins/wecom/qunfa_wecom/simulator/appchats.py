"""Chats an app has made (应用群聊). What a member gets too much of is dropped without a word."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from qunfa_wecom.simulator.corps import ZONE, Corp
from qunfa_wecom.simulator.gate import Ask
from qunfa_wecom.simulator.made_chats import made, valid
from qunfa_wecom.simulator.messages import Messages
from qunfa_wecom.simulator.pages import words
from qunfa_wecom.simulator.replies import Refusal
from saas.channels.simulator import Stage

MINUTE, HOUR, MEMBER_MINUTE, MEMBER_DAY = 20_000, 150_000, 200, 10_000
EFFECT = "appchat"


class AppChats:
    """The chats; what was posted to them is in the log of effects."""

    def __init__(self, stage: Stage, messages: Messages) -> None:
        self._stage, self._messages = stage, messages

    async def get(self, ask: Ask) -> Mapping[str, Any]:
        """``appchat/get``: who is in a chat that this app has made."""
        return {"chat_info": self._chat(ask)}

    async def send(self, ask: Ask) -> Mapping[str, Any]:
        """``appchat/send``: no message id, no repeat refused."""
        corp, chat = ask.corp, self._chat(ask)
        self._messages.content(corp, ask.body)
        if self._allowed(corp, len(chat["userlist"])):
            shown = {"target": chat["chatid"], "members": len(chat["userlist"]), "text": words(ask.body[ask.body["msgtype"]])}
            self._stage.effect(corp.id, EFFECT, 1, "", "", **shown)
        return {}

    def _chat(self, ask: Ask) -> dict[str, Any]:
        chat = valid(str(ask.body.get("chatid", "")))
        if told := made(ask.corp).get(chat):
            return {"chatid": chat, **told}
        if not ask.corp.has_app_chat(chat):
            raise Refusal(86003)
        members = list(ask.corp.members)
        return {"chatid": chat, "name": f"示例群 {chat[-4:]}", "owner": members[0], "userlist": members}

    def _allowed(self, corp: Corp, size: int) -> bool:
        """Whether the members get it. 45009 when all chats together have had too much."""
        now = self._stage.now()
        minute = hour = today = 0
        for effect in reversed(self._stage.effects_of(corp.id, EFFECT)):
            at = datetime.fromisoformat(effect.at)
            passed = (now - at).total_seconds()
            minute, hour = minute + (passed < 60), hour + (passed < 3_600)
            today += at.astimezone(ZONE).date() == now.astimezone(ZONE).date()
            if passed > 86_400:
                break
        if (minute + 1) * size > MINUTE or (hour + 1) * size > HOUR:
            raise Refusal(45009)
        return minute < MEMBER_MINUTE and today < MEMBER_DAY
