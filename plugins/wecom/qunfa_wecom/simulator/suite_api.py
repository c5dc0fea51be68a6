"""What a provider's server asks: tokens of suites, providers and corps, codes, and what corps have granted."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from qunfa_wecom.simulator.gate import LIFE, Gate, body_of
from qunfa_wecom.simulator.replies import Refusal, granted, refusal
from qunfa_wecom.simulator.suites import Suites

TICKET_LIFE = 1_800.0
PRE_AUTH_LIFE = 1_200
OF_SUITE, OF_PROVIDER = "suite_access_token", "provider_access_token"
Body = Mapping[str, Any]
Answer = dict[str, Any]


class SuiteApi:
    """``/cgi-bin/service/``."""

    def __init__(self, suites: Suites, gate: Gate) -> None:
        self._suites, self._gate, self._stage = suites, gate, suites.stage

    def routes(self) -> list[web.RouteDef]:
        """The platform's own endpoints."""
        root, ours = "/cgi-bin/service/", self._handler
        return [
            web.post(root + "get_suite_token", ours(self._suite_token, "")),
            web.post(root + "get_provider_token", ours(self._provider_token, "")),
            web.get(root + "get_pre_auth_code", ours(self._pre_auth)),
            web.post(root + "set_session_info", ours(self._session)),
            web.post(root + "get_permanent_code", ours(self._permanent_code)),
            web.post(root + "v2/get_permanent_code", ours(self._permanent_code_v2)),
            web.post(root + "get_auth_info", ours(self._auth_info)),
            web.post(root + "v2/get_auth_info", ours(self._auth_info)),
            web.post(root + "get_corp_token", ours(self._corp_token)),
            web.post(root + "get_customized_auth_url", ours(self._customised_link, OF_PROVIDER)),
        ]

    def _suite_token(self, _: str, body: Body) -> Answer:
        suite = str(body.get("suite_id", ""))
        about = self._suites.known.get(suite)
        if about is None:
            raise Refusal(40083)
        if body.get("suite_secret") != about["suite_secret"]:
            raise Refusal(40080)
        good = [ticket for ticket, at in about["tickets"] if self._now() - at <= TICKET_LIFE]
        if body.get("suite_ticket") not in good:
            raise Refusal(40085)
        return {"suite_access_token": self._token(suite), "expires_in": LIFE}

    def _provider_token(self, _: str, body: Body) -> Answer:
        corp = body.get("corpid")
        suite = next((suite for suite, about in self._suites.known.items() if about["provider_corp_id"] == corp), None)
        if suite is None:
            raise Refusal(40013)
        if body.get("provider_secret") != self._suites.known[suite]["provider_secret"]:
            raise Refusal(40001)
        return {"provider_access_token": self._token(f"provider {suite}"), "expires_in": LIFE}

    def _token(self, whose: str) -> str:
        token = secrets.token_urlsafe(96)
        self._suites.passing.tokens[token] = (whose, self._now() + LIFE)
        return token

    def _pre_auth(self, suite: str, body: Body) -> Answer:
        code = secrets.token_urlsafe(48)
        self._suites.passing.pre_auth[code] = (suite, self._now() + PRE_AUTH_LIFE)
        return {"pre_auth_code": code, "expires_in": PRE_AUTH_LIFE}

    def _session(self, suite: str, body: Body) -> Answer:
        if not self._suites.pre_authorised(suite, str(body.get("pre_auth_code", ""))):
            raise Refusal(40077)
        if (body.get("session_info") or {}).get("auth_type") not in (0, 1):
            raise Refusal(40058)
        return {}

    def _customised_link(self, whose: str, body: Body) -> Answer:
        suite, state = whose.removeprefix("provider "), str(body.get("state", ""))
        if body.get("templateid_list") != [suite] or not self._suites.known[suite]["customised"]:
            raise Refusal(40083)
        if not state.isalnum() or len(state) > 128:
            raise Refusal(40058)
        link = f"{self._stage.address}/3rdapp/customized?template={suite}&state={state}"
        return {"qrcode_url": link, "expires_in": PRE_AUTH_LIFE}

    def _permanent_code_v2(self, suite: str, body: Body) -> Answer:
        owner, corp, state, dies = self._suites.passing.codes.pop(str(body.get("auth_code", "")), ("", "", "", 0.0))
        if owner != suite or dies <= self._now():
            raise Refusal(40078)
        held = self._held(suite, corp)
        told = {"permanent_code": held["code"], "auth_corp_info": self._about(corp), "auth_user_info": {"userid": "Member0001"}}
        return told | ({"state": state} if state else {})

    def _permanent_code(self, suite: str, body: Body) -> Answer:
        told = self._permanent_code_v2(suite, body)
        corp = told["auth_corp_info"]["corpid"]
        token, seconds = self._gate.give(corp, suite)
        return {**told, "access_token": token, "expires_in": seconds, "auth_info": self._agents(self._held(suite, corp))}

    def _auth_info(self, suite: str, body: Body) -> Answer:
        corp, held = self._authorised(suite, body)
        return {"auth_corp_info": self._about(corp), "auth_info": self._agents(held)}

    def _corp_token(self, suite: str, body: Body) -> Answer:
        corp, _ = self._authorised(suite, body)
        token, seconds = self._gate.give(corp, suite)
        return {"access_token": token, "expires_in": seconds}

    def _authorised(self, suite: str, body: Body) -> tuple[str, dict[str, Any]]:
        corp = str(body.get("auth_corpid", ""))
        held = self._held(suite, corp)
        if body.get("permanent_code") != held["code"]:
            raise Refusal(40084)
        return corp, held

    def _held(self, suite: str, corp: str) -> dict[str, Any]:
        held: dict[str, Any] | None = (self._stage.accounts.get(corp, {}).get("granted") or {}).get(suite)
        if held is None:
            raise Refusal(40084)
        return held

    def _about(self, corp: str) -> Answer:
        record = self._stage.accounts[corp]
        return {"corpid": corp, "corp_name": record["name"], "corp_full_name": record["name"], "corp_user_max": 200}

    def _agents(self, held: Mapping[str, Any]) -> Answer:
        agent = {"agentid": int(held["agent_id"]), "name": "群发", "auth_mode": 0, "is_customized_app": held["customised"]}
        return {"agent": [{**agent, "privilege": {"level": 1, "allow_party": [1], "allow_user": [], "allow_tag": []}}]}

    def _handler(self, action: Callable[[str, Body], Answer], by: str = OF_SUITE) -> Callable[[web.Request], Any]:
        """The gate: ``by`` names the parameter with the caller's token; "" where the body itself carries the secret."""

        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                whose = self._caller(request.query.get(by, ""), by) if by else ""
                return granted(action(whose, await body_of(request)))
            except Refusal as no:
                return refusal(no.code)

        return handle

    def _caller(self, given: str, name: str) -> str:
        provider = name == OF_PROVIDER
        whose, dies = self._suites.passing.tokens.get(given, ("", 0.0))
        if not whose or whose.startswith("provider ") is not provider:
            raise Refusal(40014 if provider else 40082)
        if dies <= self._now():
            raise Refusal(42001 if provider else 42009)
        return whose

    def _now(self) -> float:
        return self._stage.now().timestamp()
