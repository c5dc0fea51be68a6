"""Providers' apps on the stage: tickets, codes, which corps have authorised, and tokens in their names."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from qunfa_wecom.simulator.corps import Corp
from qunfa_wecom.simulator.gate import Gate
from qunfa_wecom.simulator.pushes import sealed
from qunfa_wecom.simulator.replies import Refusal
from saas.channels.simulator import Stage

TICKET_EVERY = 600.0
AGAIN, TRIES = 8.0, 8
CODE_LIFE = 1_200
FIRST_AGENT = 1_000_030
OWN = ("callback_token", "aes_key", "callback_path")


@dataclass(slots=True)
class Passing:
    """What lives as long as the process: tokens of suites and providers, pre-authorisation codes, authorisation codes."""

    tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    pre_auth: dict[str, tuple[str, float]] = field(default_factory=dict)
    codes: dict[str, tuple[str, str, str, float]] = field(default_factory=dict)


class Suites:
    """All suites. What a corp has granted stands in its record, the suites in a file of their own."""

    def __init__(self, stage: Stage, gate: Gate) -> None:
        self.stage, self._gate, self.passing = stage, gate, Passing()
        self._file = stage.data / "suites.json"
        self.known: dict[str, dict[str, Any]] = json.loads(self._file.read_text()) if self._file.exists() else {}
        for suite in self.known:
            self._tick(suite)

    def enrol(self, name: str, path: str) -> dict[str, str]:
        """A suite whose commands go to ``path`` and data below it; a name with 代开发 makes a template. Same name, same keys."""
        customised = "代开发" in name
        suite = ("dk" if customised else "ww") + _digest(name, "suite")[:16]
        made = {
            "suite_secret": _digest(name, "secret")[:43],
            "suite_token": _digest(name, "token")[:24],
            "suite_aes_key": _aes(f"suite {name}"),
            "provider_corp_id": "ww" + _digest(name, "provider")[:16],
            "provider_secret": _digest(name, "provider secret")[:43],
        }
        if customised:
            made |= {"data_token": _digest(name, "data token")[:24], "data_aes_key": _aes(f"data {name}")}
        fresh = suite not in self.known
        self.known[suite] = {"tickets": [], "agents": 0, **self.known.get(suite, {}), **made, "path": path, "name": name}
        self.known[suite]["customised"] = customised
        self._save()
        if path:
            self.push_ticket(suite)
        if fresh:
            self._tick(suite)
        return {"suite_id": suite, **made}

    def push_ticket(self, suite: str) -> None:
        """A new ticket, pushed now; those before stay good for their half hour."""
        ticket = secrets.token_urlsafe(48)
        about = self.known[suite]
        about["tickets"] = [*about["tickets"][-3:], [ticket, self._now()]]
        self._save()
        self._insist(suite, ticket, TRIES)

    def push(self, suite: str, fields: Mapping[str, str], taken: Callable[[bytes], None] | None = None) -> None:
        """Push a command, meant for the suite and sealed with its key."""
        about = self.known[suite]
        receiver = Corp(suite, {"aes_key": about["suite_aes_key"], "callback_token": about["suite_token"]})
        whole = {"SuiteId": suite, "TimeStamp": str(self.stage.timestamp()), **fields}
        query, body = sealed(receiver, whole, str(int(time.time())))
        self.stage.push("", query, body, {"Content-Type": "text/xml"}, taken, about["path"])

    def pre_authorised(self, suite: str, code: str) -> bool:
        """Whether the code is of this suite and still good."""
        owner, dies = self.passing.pre_auth.get(code, ("", 0.0))
        return owner == suite and dies > self._now()

    def agree(self, suite: str, corp: str, rights: list[str], state: str = "", push: bool = False) -> str:
        """A corp's admin installs the app, or changes what it may do: the code that tells of it. Refusal for no such corp."""
        known, about = self._gate.corp(corp), self.known[suite]
        if known is None:
            raise Refusal(40013)
        held = dict(known.record.get("granted") or {})
        if suite not in held:
            about["agents"] += 1
            self._save()
            agent = str(FIRST_AGENT + about["agents"])
            held[suite] = {"code": secrets.token_urlsafe(32), "agent_id": agent, "at": self.stage.timestamp()}
        held[suite] = {**held[suite], "rights": rights, "customised": about["customised"]}
        self._hold(known, held, about)
        code = self._code(suite, corp, state)
        if push:
            self.push(suite, {"InfoType": "create_auth", "AuthCode": code, **({"State": state} if state else {})})
        return code

    def change(self, suite: str, corp: str, rights: list[str]) -> None:
        """The admin changes what the app may do."""
        record = self.stage.accounts[corp]
        granted_to = {**record["granted"], suite: {**record["granted"][suite], "rights": rights}}
        self.stage.keep(corp, {**record, "granted": granted_to})
        self.push(suite, {"InfoType": "change_auth", "AuthCorpId": corp})

    def reset(self, suite: str, corp: str) -> None:
        """The provider asks for another secret of a customised app: the one before is dead, a code for the next is pushed."""
        record = self.stage.accounts[corp]
        anew = {**record["granted"][suite], "code": secrets.token_urlsafe(32)}
        self.stage.keep(corp, {**record, "granted": {**record["granted"], suite: anew}})
        self._gate.withdraw(corp, suite)
        self.push(suite, {"InfoType": "reset_permanent_code", "AuthCode": self._code(suite, corp, "")})

    def withdraw(self, suite: str, corp: str) -> None:
        """The admin deletes the app."""
        record = dict(self.stage.accounts.get(corp, {}))
        held = dict(record.get("granted") or {})
        if held.pop(suite, None) is None:
            return
        own = record.pop("own", {}) if not held else {}
        self.stage.keep(corp, {**record, **own, "granted": held})
        self._gate.withdraw(corp, suite)
        self.push(suite, {"InfoType": "cancel_auth", "AuthCorpId": corp})

    def tell_of(self, corp: str, fields: dict[str, str]) -> bool:
        """What happens in a corp that has authorised third-party apps is a command to each of them. False: there is none."""
        held = self.stage.accounts.get(corp, {}).get("granted") or {}
        told = [suite for suite, one in held.items() if not one["customised"]]
        for suite in told:
            self.push(suite, {name: value for name, value in fields.items() if name not in ("ToUserName", "MsgType", "Event")})
        return bool(told)

    def granted(self) -> list[tuple[str, str, dict[str, Any]]]:
        """(corp, suite, what was granted), of all corps."""
        accounts = self.stage.accounts.items()
        return [(corp, suite, held) for corp, known in accounts for suite, held in (known.get("granted") or {}).items()]

    def _hold(self, corp: Corp, held: dict[str, Any], about: Mapping[str, Any]) -> None:
        """From now on what happens in the corp goes to the app as well; the stage has one address for it."""
        own = corp.record.get("own") or {name: corp.record.get(name, "") for name in OWN}
        keys = (about.get("data_token") or about["suite_token"], about.get("data_aes_key") or about["suite_aes_key"])
        theirs = {"callback_token": keys[0], "aes_key": keys[1], "callback_path": f"{about['path']}/{corp.id}"}
        self.stage.keep(corp.id, {**corp.record, **theirs, "own": own, "granted": held})

    def _code(self, suite: str, corp: str, state: str) -> str:
        code = secrets.token_urlsafe(64)
        self.passing.codes[code] = (suite, corp, state, self._now() + CODE_LIFE)
        return code

    def _insist(self, suite: str, ticket: str, tries: int) -> None:
        """Push it until it is taken: a product that is starting shall not wait ten minutes for its first."""
        taken: list[bytes] = []

        async def again() -> None:
            if not taken and self.known[suite]["tickets"][-1][0] == ticket:
                self._insist(suite, ticket, tries - 1)

        self.push(suite, {"InfoType": "suite_ticket", "SuiteTicket": ticket}, taken.append)
        if tries:
            self.stage.later(AGAIN, again)

    def _tick(self, suite: str) -> None:
        async def push() -> None:
            if self.known[suite]["path"]:
                self.push_ticket(suite)
            self._tick(suite)

        self.stage.later(TICKET_EVERY, push)

    def _save(self) -> None:
        self._file.write_text(json.dumps(self.known))

    def _now(self) -> float:
        return self.stage.now().timestamp()


def _digest(name: str, what: str) -> str:
    return hashlib.sha256(f"wecom {what}:{name}".encode()).hexdigest()


def _aes(name: str) -> str:
    return base64.b64encode(hashlib.sha256(name.encode()).digest()).decode()[:43]
