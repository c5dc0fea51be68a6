"""What people do: ``POST /play/say`` {account, person, text}, ``/play/follow`` and ``/play/unfollow`` {account, person}, and
``/play/click`` {account, person, key}. What the account answers to the push itself is an effect: the person saw it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from qunfa_official_account.callback import Refuse, parse
from qunfa_official_account.crypto import BadSecret, signed, unseal
from qunfa_official_account.simulator.pushes import push
from qunfa_official_account.simulator.world import World

NOTHING = (b"", b"success")
Fields = dict[str, Any]
Scene = Callable[[Mapping[str, Any]], Fields]


class People:
    """The people's side of the stage."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """The play endpoints."""
        scenes: dict[str, Scene] = {"say": self._say, "follow": self._follow, "unfollow": self._leave, "click": self._click}
        return [web.post(f"/play/{name}", self._played(scene)) for name, scene in scenes.items()]

    def tell(self, app_id: str, fields: Mapping[str, Any]) -> None:
        """Push what a person did; what comes back in answer is seen by that person."""
        person = str(fields.get("FromUserName", ""))
        push(self._world, app_id, fields, lambda body: self._seen(app_id, person, str(fields.get("MsgId", "")), body))

    def _seen(self, app_id: str, person: str, number: str, body: bytes) -> None:
        if body.strip() in NOTHING:
            return
        try:
            said = self._opened(self._world.record(app_id), app_id, parse(body))
        except (Refuse, BadSecret, KeyError):
            return  # the platform shows the person a fault of the account
        card = (said.get("Articles") or {}).get("item") or {}
        shown = {"text": str(said.get("Content", ""))[:200]} if not card else {"title": card["Title"], "url": card["Url"]}
        if said.get("ToUserName") == person:
            self._world.stage.effect(app_id, "reply", 1, person, number, **shown)

    def _opened(self, record: Mapping[str, Any], app_id: str, fields: Fields) -> Fields:
        if record.get("push_mode", "safe") == "plain":
            return fields
        parts = (str(fields["TimeStamp"]), str(fields["Nonce"]), str(fields["Encrypt"]))
        if not signed(str(fields["MsgSignature"]), str(record["callback_token"]), *parts):
            raise Refuse
        return parse(unseal(str(record["aes_key"]), str(record.get("push_app_id") or app_id), parts[2]))

    def _say(self, told: Mapping[str, Any]) -> Fields:
        return {"MsgType": "text", "Content": str(told["text"]), "MsgId": str(secrets.randbelow(2**62))}

    def _click(self, told: Mapping[str, Any]) -> Fields:
        return {"MsgType": "event", "Event": "CLICK", "EventKey": str(told["key"])}

    def _follow(self, told: Mapping[str, Any]) -> Fields:
        self._gone(told, False)
        return {"MsgType": "event", "Event": "subscribe", "EventKey": ""}

    def _leave(self, told: Mapping[str, Any]) -> Fields:
        self._gone(told, True)
        return {"MsgType": "event", "Event": "unsubscribe", "EventKey": ""}

    def _gone(self, told: Mapping[str, Any], left: bool) -> None:
        app_id, person = str(told["account"]), str(told["person"])
        record = self._world.stage.accounts[app_id]
        others = set(record.get("unfollowed", ())) - {person}
        self._world.stage.keep(app_id, {**record, "unfollowed": sorted(others | {person} if left else others)})

    def _played(self, scene: Scene) -> Callable[[web.Request], Any]:
        """A scene of an account that exists; 422 names what is missing."""

        async def played(request: web.Request) -> web.Response:
            told = await request.json()
            if str(told.get("account")) not in self._world.stage.accounts:
                return web.json_response({"error": "no such account"}, status=422)
            try:
                fields = {"FromUserName": str(told["person"]), **scene(told)}
            except KeyError as missing:
                return web.json_response({"error": f"{missing} is missing"}, status=422)
            self.tell(str(told["account"]), fields)
            return web.json_response({})

        return played
