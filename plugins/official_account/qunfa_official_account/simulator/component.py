"""Third-party platforms on the stage: tickets, codes, what owners granted, and tokens in their accounts' names."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from qunfa_official_account.crypto import seal, signature
from qunfa_official_account.simulator.errmsg import Err
from qunfa_official_account.simulator.pushes import rendered
from qunfa_official_account.simulator.tokens import LIFE
from qunfa_official_account.simulator.world import Answer, World, answer, parsed

TICKET_EVERY = 600.0
TICKET_LIFE = 12 * 3600.0
AGAIN, TRIES = 8.0, 8
PRE_AUTH_LIFE = 600
CODE_LIFE = 600
MOST_LISTED = 500
RIGHTS = {"1": "消息管理权限", "2": "用户管理权限", "7": "群发与通知权限", "11": "素材管理权限"}
SERVICE_TYPES = {"subscription": 0, "service": 2}
OWN = ("callback_token", "aes_key", "callback_path")
Body = dict[str, Any]


@dataclass(slots=True)
class Code:
    """An authorisation code: for which account, and until when; it works once."""

    app_id: str
    dies: float


@dataclass(slots=True)
class Passing:
    """What lives as long as the process: pre-authorisation codes and authorisation codes."""

    pre_auth: dict[str, tuple[str, float]] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)


class Components:
    """All platforms and their grants. The grant of an account stands in its record, the platforms in a file of their own."""

    def __init__(self, world: World) -> None:
        self._world, self._passing = world, Passing()
        self._file = world.stage.data / "components.json"
        self.known: dict[str, dict[str, Any]] = json.loads(self._file.read_text()) if self._file.exists() else {}
        for component in self.known:
            self._tick(component)

    def enrol(self, name: str, path: str) -> dict[str, str]:
        """A platform whose events go to ``path``, its accounts' messages below it; the same name gives the same credentials."""
        component = "wx" + _digest(name, "component")[:16]
        key = base64.b64encode(hashlib.sha256(f"component aes:{name}".encode()).digest()).decode()[:43]
        made = {"secret": _digest(name, "component secret")[:32], "token": _digest(name, "component token")[:24], "aes_key": key}
        fresh = component not in self.known
        self.known[component] = {**self.known.get(component, {"ticket": "", "ticket_at": 0.0}), **made, "path": path}
        self._save()
        if path:
            self.push_ticket(component)
        if fresh:
            self._tick(component)
        names = ("component_appsecret", "component_token", "component_aes_key")
        return {"component_appid": component, **dict(zip(names, made.values(), strict=True))}

    def routes(self) -> list[web.RouteDef]:
        """The platform's own endpoints."""
        root, ours = "/cgi-bin/component/", self._handler
        return [
            web.post(root + "api_start_push_ticket", ours(self._start, "component_secret")),
            web.post(root + "api_component_token", ours(self._token, "component_appsecret")),
            web.post(root + "api_create_preauthcode", ours(self._pre_auth)),
            web.post(root + "api_query_auth", ours(self._query)),
            web.post(root + "api_authorizer_token", ours(self._refresh)),
            web.post(root + "api_get_authorizer_info", ours(self._info)),
            web.post(root + "api_get_authorizer_list", ours(self._list)),
            web.post(root + "api_get_authorizer_option", ours(self._option)),
            web.post(root + "api_set_authorizer_option", ours(self._set_option)),
        ]

    def push_ticket(self, component: str) -> None:
        """A new ticket, pushed now; the one before stays good for its twelve hours."""
        ticket = "ticket@@@" + secrets.token_urlsafe(48)
        self.known[component] |= {"ticket": ticket, "ticket_at": self._now()}
        self._save()
        self._insist(component, ticket, TRIES)

    def _insist(self, component: str, ticket: str, tries: int) -> None:
        """Push it until it is taken: a product that is starting shall not wait ten minutes for its first."""
        taken: list[bytes] = []

        async def again() -> None:
            if not taken and self.known[component]["ticket"] == ticket:
                self._insist(component, ticket, tries - 1)

        self.push(component, {"InfoType": "component_verify_ticket", "ComponentVerifyTicket": ticket}, taken.append)
        if tries:
            self._world.stage.later(AGAIN, again)

    def push(self, component: str, fields: Mapping[str, Any], taken: Callable[[bytes], None] | None = None) -> None:
        """Push an event of the platform, sealed with its key."""
        about = self.known[component]
        whole = {"AppId": component, "CreateTime": self._world.stage.timestamp(), **fields}
        stamp, nonce = str(int(time.time())), str(secrets.randbelow(10**9))
        sealed = seal(about["aes_key"], component, rendered(whole, "xml"), secrets.token_bytes(16))
        query = {"timestamp": stamp, "nonce": nonce, "encrypt_type": "aes"}
        query["msg_signature"] = signature(about["token"], stamp, nonce, sealed)
        body = rendered({"AppId": component, "Encrypt": sealed}, "xml")
        self._world.stage.push("", query, body, {"Content-Type": "text/xml"}, taken, about["path"])

    def pre_authorised(self, component: str, code: str) -> bool:
        """Whether the code is of this platform and still good."""
        owner, dies = self._passing.pre_auth.get(code, ("", 0.0))
        return owner == component and dies > self._now()

    def agree(self, component: str, pre_auth: str, app_id: str, rights: list[str]) -> str:
        """The owner of an account agrees; the code that the browser takes back. What was granted before is dead."""
        record = self._world.record(app_id)
        before = record.get("granted") or {}
        self._passing.pre_auth.pop(pre_auth, None)
        code = "queryauthcode@@@" + secrets.token_urlsafe(32)
        self._passing.codes[code] = Code(app_id, self._now() + CODE_LIFE)
        self._hold(component, app_id, rights)
        news = {"AuthorizerAppid": app_id, "AuthorizationCode": code, "PreAuthCode": pre_auth}
        news["AuthorizationCodeExpiredTime"] = str(int(self._now()) + CODE_LIFE)
        if before.get("component") != component:
            self.push(component, {"InfoType": "authorized", **news})
        elif sorted(before["rights"]) != sorted(rights):
            self.push(component, {"InfoType": "updateauthorized", **news})
        return code

    def withdraw(self, app_id: str) -> None:
        """The owner takes the authorisation back."""
        record = dict(self._world.record(app_id))
        granted = record.pop("granted", None)
        if granted is None:
            return
        self._world.stage.keep(app_id, {**record, **granted["own"], "push_app_id": ""})
        self._world.tokens.withdraw(app_id)
        self.push(granted["component"], {"InfoType": "unauthorized", "AuthorizerAppid": app_id})

    def granted(self) -> list[tuple[str, dict[str, Any]]]:
        """Accounts authorised now, with their records."""
        return [(app_id, record) for app_id, record in self._world.stage.accounts.items() if record.get("granted")]

    def _hold(self, component: str, app_id: str, rights: list[str]) -> None:
        """From now on pushes of the account go to the platform, sealed with the platform's key."""
        record, about = self._world.record(app_id), self.known[component]
        own = (record.get("granted") or {}).get("own") or {name: record.get(name, "") for name in OWN}
        refresh = "refreshtoken@@@" + secrets.token_urlsafe(32)
        held = {"component": component, "rights": rights, "refresh": refresh, "at": int(self._now()), "own": own, "options": {}}
        theirs = {"callback_token": about["token"], "aes_key": about["aes_key"], "callback_path": f"{about['path']}/{app_id}"}
        self._world.tokens.withdraw(app_id)
        self._world.stage.keep(app_id, {**record, **theirs, "push_app_id": component, "granted": held})

    def _start(self, component: str, body: Body) -> Answer:
        self.push_ticket(component)
        return {"errcode": 0, "errmsg": "ok"}

    def _token(self, component: str, body: Body) -> Answer:
        about = self.known[component]
        if not about["ticket"] or body.get("component_verify_ticket") != about["ticket"]:
            raise Err(61006)
        if self._now() - about["ticket_at"] > TICKET_LIFE:
            raise Err(61005)
        token = self._world.tokens.of_component(component, self._now())
        return {"component_access_token": token.text, "expires_in": LIFE}

    def _pre_auth(self, component: str, body: Body) -> Answer:
        code = "preauthcode@@@" + secrets.token_urlsafe(32)
        self._passing.pre_auth[code] = (component, self._now() + PRE_AUTH_LIFE)
        return {"pre_auth_code": code, "expires_in": PRE_AUTH_LIFE}

    def _query(self, component: str, body: Body) -> Answer:
        code = self._passing.codes.pop(str(body.get("authorization_code", "")), None)
        if code is None or code.dies <= self._now():
            raise Err(61009)
        granted = self._grant(component, code.app_id)
        return {"authorization_info": {**self._given(code.app_id, granted), "func_info": _func_info(granted)}}

    def _refresh(self, component: str, body: Body) -> Answer:
        app_id = str(body.get("authorizer_appid", ""))
        granted = self._grant(component, app_id)
        if body.get("authorizer_refresh_token") != granted["refresh"]:
            raise Err(61023)
        granted["refresh"] = "refreshtoken@@@" + secrets.token_urlsafe(32)
        self._world.stage.save()
        given = self._given(app_id, granted)
        return {name: value for name, value in given.items() if name != "authorizer_appid"}

    def _given(self, app_id: str, granted: Mapping[str, Any]) -> Answer:
        life = int(self._world.record(app_id).get("token_seconds", LIFE))
        token = self._world.tokens.of_grant(app_id, self._now(), life)
        given = {"authorizer_appid": app_id, "authorizer_access_token": token.text, "expires_in": life}
        return {**given, "authorizer_refresh_token": granted["refresh"]}

    def _info(self, component: str, body: Body) -> Answer:
        app_id = str(body.get("authorizer_appid", ""))
        granted, record = self._grant(component, app_id), self._world.record(app_id)
        info = {
            "nick_name": record["name"],
            "service_type_info": {"id": SERVICE_TYPES.get(str(record.get("kind")), 0)},
            "verify_type_info": {"id": 0 if record.get("verified", True) else -1},
            "user_name": record["gh_id"],
            "principal_name": record["name"],
            "account_status": 1,
        }
        about = {"authorizer_appid": app_id, "authorizer_refresh_token": granted["refresh"], "func_info": _func_info(granted)}
        return {"authorizer_info": info, "authorization_info": about}

    def _list(self, component: str, body: Body) -> Answer:
        mine = [(app_id, r["granted"]) for app_id, r in self.granted() if r["granted"]["component"] == component]
        offset, count = int(body.get("offset", 0)), int(body.get("count", 0))
        if not 0 < count <= MOST_LISTED:
            raise Err(40097)
        listed = [{"authorizer_appid": a, "refresh_token": g["refresh"], "auth_time": g["at"]} for a, g in mine]
        return {"total_count": len(mine), "list": listed[offset : offset + count]}

    def _option(self, component: str, body: Body) -> Answer:
        app_id, name = str(body.get("authorizer_appid", "")), str(body.get("option_name", ""))
        value = self._grant(component, app_id)["options"].get(name, "0")
        return {"authorizer_appid": app_id, "option_name": name, "option_value": value}

    def _set_option(self, component: str, body: Body) -> Answer:
        granted = self._grant(component, str(body.get("authorizer_appid", "")))
        granted["options"][str(body.get("option_name", ""))] = str(body.get("option_value", ""))
        self._world.stage.save()
        return {"errcode": 0, "errmsg": "ok"}

    def _grant(self, component: str, app_id: str) -> dict[str, Any]:
        granted: dict[str, Any] = self._world.stage.accounts.get(app_id, {}).get("granted") or {}
        if granted.get("component") != component:
            raise Err(61003)
        return granted

    def _handler(self, action: Callable[[str, Body], Answer], secret: str = "") -> Callable[[web.Request], Any]:
        """The gate: the platform's own secret where ``secret`` names its field, else its token."""

        async def handle(request: web.Request) -> web.Response:
            try:
                body = await parsed(request)
                component = str(body.get("component_appid", ""))
                if component not in self.known:
                    raise Err(61011)
                if secret and body.get(secret) != self.known[component]["secret"]:
                    raise Err(40125)
                if not secret:
                    self._allowed(request, component)
                return answer(action(component, body))
            except Err as error:
                return answer(error.answer())

        return handle

    def _allowed(self, request: web.Request, component: str) -> None:
        token = request.query.get("component_access_token") or request.query.get("access_token", "")
        if self._world.tokens.check(token, self._now()) != component:
            raise Err(61024)

    def _tick(self, component: str) -> None:
        async def push() -> None:
            if self.known[component]["path"]:
                self.push_ticket(component)
            self._tick(component)

        self._world.stage.later(TICKET_EVERY, push)

    def _save(self) -> None:
        self._file.write_text(json.dumps(self.known))

    def _now(self) -> float:
        return self._world.stage.now().timestamp()


def _func_info(granted: Mapping[str, Any]) -> list[dict[str, Any]]:
    confirm = {"need_confirm": 0, "already_confirm": 0, "can_confirm": 0}
    return [{"funcscope_category": {"id": int(right)}, "confirm_info": confirm} for right in granted["rights"]]


def _digest(key: str, what: str) -> str:
    return hashlib.sha256(f"{what}:{key}".encode()).hexdigest()
