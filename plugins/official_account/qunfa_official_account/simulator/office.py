"""The front office: token endpoints, quota, addresses, and a way to make people write, follow and leave."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from qunfa_official_account.simulator.errmsg import Err
from qunfa_official_account.simulator.pushes import push
from qunfa_official_account.simulator.tokens import LIFE, Token
from qunfa_official_account.simulator.world import DAILY, MINUTELY, Answer, Call, World, answer, parsed

CLEARS = 10
VERIFIED = ("/cgi-bin/message/", "/cgi-bin/freepublish/", "/cgi-bin/user/")
OF_SERVICES = ("/cgi-bin/message/mass/send", "/cgi-bin/message/template/send")


class Office:
    """Endpoints that need no token, and those about the account itself."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def token(self, request: web.Request) -> web.Response:
        """``/cgi-bin/token``: every call makes a new one."""
        try:
            app_id, life = self._identified(dict(request.query))
            self._world.count(app_id, "/cgi-bin/token")
            return self._given(self._world.tokens.plain(app_id, self._now(), life))
        except Err as error:
            return answer(error.answer())

    async def stable_token(self, request: web.Request) -> web.Response:
        """``/cgi-bin/stable_token``: the same until it nears its end, unless forced."""
        try:
            body = await parsed(request)
            app_id, life = self._identified(body)
            return self._given(self._world.tokens.stable(app_id, self._now(), bool(body.get("force_refresh")), life))
        except Err as error:
            return answer(error.answer())

    async def rehearse(self, request: web.Request) -> web.Response:
        """Not the platform's: push any event or message, as if a person had done it."""
        app_id, fields = request.match_info["app_id"], await parsed(request)
        record = self._world.stage.accounts.get(app_id)
        if record is None:
            return answer({"errcode": 40013})
        gone = set(record.get("unfollowed", ()))
        person = str(fields.get("FromUserName", ""))
        if fields.get("Event") in ("subscribe", "unsubscribe") and person:
            gone = gone | {person} if fields["Event"] == "unsubscribe" else gone - {person}
            self._world.stage.keep(app_id, {**record, "unfollowed": sorted(gone)})
        push(self._world, app_id, fields)
        return answer({"errcode": 0})

    def addresses(self, call: Call) -> Answer:
        """``getcallbackip``."""
        return {"ip_list": ["127.0.0.1"]}

    def quota(self, call: Call) -> Answer:
        """``openapi/quota/get``."""
        path = str(call.body.get("cgi_path", ""))
        if path not in DAILY:
            raise Err(76021)
        if path.startswith(VERIFIED) and not call.record.get("verified", True):
            raise Err(48001)
        if path in OF_SERVICES and call.record.get("kind") != "service":
            raise Err(48001)
        used, limit = self._world.used(call.app_id, path), int((DAILY | (call.record.get("daily_limits") or {}))[path])
        rate: dict[str, Any] = {"call_count": MINUTELY.get(path, 10_000), "refresh_second": 60}
        daily = {"daily_limit": limit, "used": used, "remain": limit - used}
        return {"errcode": 0, "errmsg": "ok", "quota": daily, "rate_limit": rate}

    def clear(self, call: Call) -> Answer:
        """``clear_quota``: ten a month, whoever asks; ``clears`` of the record has how often by month."""
        if call.body.get("appid") != call.app_id:
            raise Err(40013)
        month, clears = self._world.local().strftime("%Y-%m"), dict(call.record.get("clears") or {})
        if int(clears.get(month, 0)) >= CLEARS:
            raise Err(48006)
        self._world.stage.keep(call.app_id, {**call.record, "clears": {**clears, month: int(clears.get(month, 0)) + 1}})
        self._world.forget_calls(call.app_id)
        return {"errcode": 0, "errmsg": "ok"}

    def _identified(self, given: dict[str, Any]) -> tuple[str, int]:
        if given.get("grant_type") != "client_credential":
            raise Err(40002)
        app_id = str(given.get("appid", ""))
        record = self._world.record(app_id)
        if given.get("secret") != record["app_secret"]:
            raise Err(40125)
        if not record.get("ip_allowed", True):
            raise Err(40164)
        return app_id, int(record.get("token_seconds", LIFE))

    def _given(self, token: Token) -> web.Response:
        return answer({"access_token": token.text, "expires_in": int(token.dies - self._now())})

    def _now(self) -> float:
        return self._world.stage.now().timestamp()
