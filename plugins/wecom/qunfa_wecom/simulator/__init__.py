"""A rehearsal stand-in for WeCom: tokens, members who confirm, customers by the ten-thousand, caps, moments and robots.

State lives in the stage's accounts and effects, and in a journal of tasks of its own; all of it survives a restart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from qunfa_wecom.simulator import replies
from qunfa_wecom.simulator.consent import INSTALL
from qunfa_wecom.simulator.corps import enrolled
from qunfa_wecom.simulator.gate import Gate
from qunfa_wecom.simulator.world import World
from saas.channels.simulator import Enrolled, Enrolment, Simulator, Stage

__all__ = ["WecomSimulator"]


class WecomSimulator(Simulator):
    """The platform's endpoints under ``/cgi-bin/``, and ``/people/`` where customers are made to come and go."""

    name = "wecom"
    knobs = frozenset({"accounts"})

    def __init__(self) -> None:
        self._world: World | None = None

    def routes(self, stage: Stage) -> Sequence[web.AbstractRouteDef]:
        """The platform's endpoints."""
        self._world = World(stage)
        return self._world.routes()

    def enrol(self, enrolment: Enrolment, address: str) -> Enrolled:
        """Credentials derived from the account's key alone, so that the same enrolment gives the same answer."""
        return enrolled(enrolment, address)

    def enrol_portal(self, stage: Stage, name: str, path: str) -> Mapping[str, Any]:
        """A provider's app, and two corps whose admins have not agreed to anything yet."""
        assert self._world is not None
        credentials = self._world.suites.enrol(name, path)
        for called in ("示例新客户企业", "示例另一家企业"):
            made = enrolled(Enrolment(f"{name} {called}", "corp", called, 1_200, ""), stage.address)
            if made.id not in stage.accounts:
                stage.keep(made.id, {**made.record, "members": 40, "key": made.id, "callback_path": ""})
        own = {"api_url": stage.address, "page_url": stage.address + INSTALL, "simulated": True}
        return {"credentials": credentials, "settings": own}

    def error(self, code: str) -> web.Response:
        """The platform's error ``code``."""
        return replies.refusal(int(code or -1))

    def account_of(self, request: web.Request) -> str:
        """The corp (or the robot's key) the request speaks for."""
        return self._gate.account_of(request) if self._world else ""

    def drop_tokens(self, stage: Stage, account: str) -> None:
        """Invalidate the corp's tokens; "" means every corp's."""
        if self._world:
            self._gate.drop(account)

    @property
    def _gate(self) -> Gate:
        assert self._world is not None
        return self._world.gate
