"""The rehearsal of a personal account: contacts, and a person who ticks off whom the message went to.

``POST /tick`` {"account", "task", "ids"}: these contacts of the account (its id here, or the product's key) got the message
of the task. Each is counted once a task, an effect for the newly ticked together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from saas.channels.simulator import Effect, Enrolled, Enrolment, Simulator, Stage


class PersonalContacts(Simulator):
    """The person with the phone."""

    name = "personal"
    knobs = frozenset()

    def __init__(self) -> None:
        self._ticked: dict[tuple[str, str], set[str]] = {}

    def routes(self, stage: Stage) -> Sequence[web.AbstractRouteDef]:
        """One endpoint: ``/tick``."""
        for effect in stage.effects:
            self._mark(effect)

        async def tick(request: web.Request) -> web.Response:
            return self._tick(stage, await request.json())

        return [web.post("/tick", tick)]

    def enrol(self, enrolment: Enrolment, address: str) -> Enrolled:
        """A contact list of ``audience_size`` neutral names; the same for the same key."""
        if enrolment.kind != "assisted":
            raise ValueError(f"personal has no account kind '{enrolment.kind}'")
        contacts = [
            {"id": f"wx_{_digest(f'{enrolment.key}:{place}')[:16]}", "title": f"顾客 {place:03d}"}
            for place in range(1, enrolment.audience_size + 1)
        ]
        name = f"wxid_{_digest(enrolment.key)[:14]}"
        return Enrolled(name, {}, {"contacts": contacts, "simulated": True, "base_url": address}, {"contacts": contacts})

    def error(self, code: str) -> web.Response:
        """A person's no, with the code as the reason."""
        return web.json_response({"error": code}, status=409)

    def _tick(self, stage: Stage, told: dict[str, Any]) -> web.Response:
        account = _named(stage, str(told.get("account", "")))
        known = {contact["id"] for contact in stage.accounts.get(account, {}).get("contacts", ())}
        task, ids = str(told.get("task", "")), [str(name) for name in told.get("ids", ())]
        strangers = [name for name in ids if name not in known]
        if not account or not task or strangers:
            return web.json_response({"error": "unknown account, task or contact", "ids": strangers}, status=422)
        done = self._ticked.get((str(stage.accounts[account].get("key", account)), task), set())
        fresh = sorted(set(ids) - done)
        total = len(done) + len(fresh)
        if fresh:
            detail = {"task": task, "targets": fresh}
            self._mark(stage.effect(account, "assisted", len(fresh), task, f"{task}:{total}", **detail))
        return web.json_response({"ticked": len(fresh), "total": total})

    def _mark(self, effect: Effect) -> None:
        task, targets = str(effect.detail.get("task", "")), effect.detail.get("targets", ())
        self._ticked.setdefault((effect.account, task), set()).update(targets)


def _named(stage: Stage, name: str) -> str:
    """The id of an account given by its id or by the product's key, or ""."""
    if name in stage.accounts:
        return name
    return next((ident for ident, record in stage.accounts.items() if record.get("key") == name), "")


def _digest(seed: str) -> str:
    return hashlib.sha256(f"personal/{seed}".encode()).hexdigest()
