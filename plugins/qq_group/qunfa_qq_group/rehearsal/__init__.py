"""The rehearsal server of QQ groups: the official API and OneBot v11 on one port.

Official: ``POST /app/getAppAccessToken``, ``/v2/groups/…``, ``GET /gateway``. OneBot: ``/onebot/{account}/{action}``, so an
account's ``base_url`` is the address and ``/onebot/`` and its number (``ws`` for ``http``: over a WebSocket). What members and
owners do: ``POST /play/…``.

An account's record may be changed while it runs (``PATCH /_control/accounts/{id}``):
both kinds: ``muted``, ``gone`` (lists of group ids). official: ``switched_off`` (groups whose owner forbids unsolicited
messages), ``allowed_domains`` (empty: any), ``ip_list`` (empty: any), ``certified``, ``banned``, ``audit`` ("", "pass",
"reject", "silent"), ``old_answers`` (the answer as before 2026). onebot: ``profile`` (standard, go-cqhttp, napcat,
lagrange), ``online``, ``beat`` (seconds between two heartbeats on a WebSocket, 0 for none), ``silent`` (risk control swallows
what is sent), ``queued`` (the answer is async), ``lost`` (a WebSocket closes without the answer), ``role`` (an admin takes back
at any time).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiohttp import web

from qunfa_qq_group.rehearsal.enrolment import enrolled
from qunfa_qq_group.rehearsal.lines import Lines
from qunfa_qq_group.rehearsal.official_api import OfficialApi
from qunfa_qq_group.rehearsal.onebot_api import OneBotApi, failed
from qunfa_qq_group.rehearsal.play import Play
from qunfa_qq_group.rehearsal.tally import Tally
from saas.channels.simulator import Enrolled, Enrolment, Simulator, Stage

FIRST_EVENTS_AFTER = 0.3
LARGEST_RETCODE = 9999


class QqGroups(Simulator):
    """The stand-in for QQ."""

    name = "qq_group"
    knobs = frozenset()

    def __init__(self) -> None:
        self._stage: Stage | None = None
        self._official: OfficialApi | None = None
        self._play: Play | None = None

    def routes(self, stage: Stage) -> Sequence[web.AbstractRouteDef]:
        """Both protocols and the play endpoints."""
        tally = Tally(stage)
        lines = Lines(stage)
        play = Play(stage, lines)
        self._stage, self._play = stage, play
        self._official = OfficialApi(stage, tally, play)
        return [*self._official.routes(), *OneBotApi(stage, tally, lines).routes(), *play.routes()]

    def enrol(self, enrolment: Enrolment, address: str) -> Enrolled:
        """The same account for the same key. A new official bot is told of its groups, each by a signed event."""
        account = enrolled(enrolment, address)
        if enrolment.kind == "official" and self._stage and self._play and account.id not in self._stage.accounts:
            self._greet(self._stage, self._play, account.id)
        return account

    def _greet(self, stage: Stage, play: Play, account: str) -> None:
        async def tell() -> None:
            for group in stage.accounts.get(account, {}).get("groups", ()):
                play.push_group_event(account, str(group["id"]), "GROUP_ADD_ROBOT")

        if stage.callbacks and asyncio.get_running_loop():
            stage.later(FIRST_EVENTS_AFTER * stage.rate, tell)

    def error(self, code: str) -> web.Response:
        """A number over 9999 is an official code; any other code or word fails the OneBot way."""
        if code.isdigit() and int(code) > LARGEST_RETCODE:
            return OfficialApi.refuse(code)
        return failed(int(code), "Timeout: NTEvent sendMsg" if code == "1200" else "") if code.isdigit() else failed(100, code)

    def account_of(self, request: web.Request) -> str:
        """By the path (OneBot) or the token (official); the token endpoint itself belongs to no account."""
        parts = request.path.split("/")
        if len(parts) > 2 and parts[1] == "onebot":
            return parts[2]
        return self._official.owner(request) if self._official else ""

    def drop_tokens(self, stage: Stage, account: str) -> None:
        """Every token of the account, or of all accounts, is refused from now on."""
        for name, record in stage.accounts.items():
            if account in ("", name) and record.get("kind") == "official":
                record["tokens"] = []
        stage.save()
