"""Chats that an app makes and changes: ``appchat/create`` and ``appchat/update``, a thousand of each in their windows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from qunfa_wecom.simulator.corps import ZONE, Corp
from qunfa_wecom.simulator.gate import Ask
from qunfa_wecom.simulator.replies import Refusal
from saas.channels.simulator import Stage

A_DAY, AN_HOUR = 1_000, 1_000
FEWEST, MOST, NAME = 2, 2_000, 50
MADE, CHANGED = "chat_made", "chat_changed"


class MadeChats:
    """What was made is in the corp's record, under its chatid."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def create(self, ask: Ask) -> Mapping[str, Any]:
        """``appchat/create``: a chatid that is taken is refused (86215), a long name is cut."""
        corp, chat = ask.corp, valid(str(ask.body.get("chatid") or ""))
        members = self._members(corp, ask.body.get("userlist"))
        owner = self._owner(corp, ask.body.get("owner") or members[0], members)
        if chat in made(corp) or corp.has_app_chat(chat):
            raise Refusal(86215)
        day = self._stage.now().astimezone(ZONE).date()
        if sum(self._at(e.at).astimezone(ZONE).date() == day for e in self._stage.effects_of(corp.id, MADE)) >= A_DAY:
            raise Refusal(45009)
        self._keep(corp, chat, {"name": str(ask.body.get("name") or "群聊")[:NAME], "owner": owner, "userlist": members})
        self._stage.effect(corp.id, MADE, 0, chat, chat, members=len(members))
        return {"chatid": chat}

    async def update(self, ask: Ask) -> Mapping[str, Any]:
        """``appchat/update``: name, owner, who comes and who goes."""
        corp, chat = ask.corp, valid(str(ask.body.get("chatid") or ""))
        if chat not in made(corp):
            raise Refusal(86003)
        hour = self._stage.now()
        if sum((hour - self._at(e.at)).total_seconds() < 3_600 for e in self._stage.effects_of(corp.id, CHANGED)) >= AN_HOUR:
            raise Refusal(45009)
        known = made(corp)[chat]
        come = self._users(corp, ask.body.get("add_user_list") or [])
        gone = set(self._users(corp, ask.body.get("del_user_list") or []))
        members = [user for user in dict.fromkeys([*known["userlist"], *come]) if user not in gone]
        if not FEWEST <= len(members) <= MOST:
            raise Refusal(86006)
        owner = self._owner(corp, ask.body.get("owner") or known["owner"], members)
        name = str(ask.body.get("name") or known["name"])[:NAME]
        self._keep(corp, chat, {"name": name, "owner": owner, "userlist": members})
        self._stage.effect(corp.id, CHANGED, 0, chat, chat, members=len(members))
        return {}

    def _keep(self, corp: Corp, chat: str, told: Mapping[str, Any]) -> None:
        record = self._stage.accounts[corp.id]
        self._stage.keep(corp.id, {**record, "made": {**made(corp), chat: dict(told)}})

    def _members(self, corp: Corp, listed: object) -> list[str]:
        members = self._users(corp, listed)
        if not FEWEST <= len(members) <= MOST:
            raise Refusal(86006)
        return members

    def _users(self, corp: Corp, listed: object) -> list[str]:
        users = [corp.member(str(user)) for user in listed] if isinstance(listed, list) else []
        if None in users:
            raise Refusal(86007)
        return list(dict.fromkeys(user for user in users if user))

    def _owner(self, corp: Corp, owner: object, members: list[str]) -> str:
        known = corp.member(str(owner))
        if known is None or known not in members:
            raise Refusal(86005)
        return known

    @staticmethod
    def _at(moment: str) -> datetime:
        return datetime.fromisoformat(moment)


def made(corp: Corp) -> dict[str, Any]:
    """The chats that were made after the account was enrolled, by chatid."""
    return dict(corp.record.get("made") or {})


def valid(chat: str) -> str:
    """A chatid of at most 32 letters and digits. Refusal 86001 for any other."""
    if not chat.isalnum() or not chat.isascii() or len(chat) > 32:
        raise Refusal(86001)
    return chat
