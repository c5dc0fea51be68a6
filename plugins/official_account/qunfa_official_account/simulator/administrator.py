"""The administrator of an account with send protection: confirms, refuses, or never answers, within half an hour.

The record's ``admin`` says which; it is looked at again and again, so that it can be changed while a job waits.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from qunfa_official_account.simulator.jobs import Job, Jobs
from qunfa_official_account.simulator.world import Call, World

SECONDS = 1800
DELAY = 0.4
LOOK = 0.1
REFUSED, TIMED_OUT = "err(40001)", "err(40002)"


@dataclass(frozen=True, slots=True)
class Asked:
    """A job that nobody has got yet, with the draft it will use up."""

    job: Job
    draft: str
    kind: str


Answered = Callable[[Asked, str], Awaitable[None]]


class Administrator:
    """Every account's administrator. Jobs that wait survive a restart."""

    def __init__(self, world: World, jobs: Jobs) -> None:
        self._world, self._jobs = world, jobs
        self._file = world.stage.data / "asked.json"
        self._asked: dict[int, Asked] = {}

    def resume(self, answered: Answered) -> None:
        """Wait on for the answers that had not come when the simulator stopped."""
        if self._file.exists():
            for line in json.loads(self._file.read_text(encoding="utf-8")):
                asked = _restored(line)
                self._jobs.restore(asked.job)
                self._wait(asked, answered)

    def must_confirm(self, call: Call, reach: str) -> bool:
        """Protection asks only for sends to everybody."""
        return reach == "all" and bool(call.record.get("admin"))

    def ask(self, asked: Asked, answered: Answered) -> None:
        """Ask on the phone."""
        self._wait(asked, answered)
        self._save()

    def _wait(self, asked: Asked, answered: Answered) -> None:
        self._asked[asked.job.msg_id] = asked

        async def look() -> None:
            verdict = self._verdict(asked.job)
            if verdict is None:
                self._world.stage.later(LOOK, look)
                return
            await answered(asked, verdict)
            del self._asked[asked.job.msg_id]
            self._save()

        self._world.stage.later(0.0, look)

    def _verdict(self, job: Job) -> str | None:
        """None while nobody has answered; "" for yes."""
        record = self._world.record(job.app_id)
        age = (self._world.stage.now() - job.at).total_seconds()
        if age >= float(record.get("admin_seconds", SECONDS)):
            return TIMED_OUT
        if age < float(record.get("admin_delay", DELAY)):
            return None
        return {"confirms": "", "refuses": REFUSED}.get(str(record.get("admin", "")))

    def _save(self) -> None:
        lines = [{**asdict(a.job), "at": a.job.at.isoformat(), "draft": a.draft, "kind": a.kind} for a in self._asked.values()]
        draft = self._file.with_suffix(".new")
        draft.write_text(json.dumps(lines, ensure_ascii=False), encoding="utf-8")
        draft.replace(self._file)


def _restored(line: dict[str, Any]) -> Asked:
    draft, kind = line.pop("draft"), line.pop("kind")
    return Asked(Job(**{**line, "at": datetime.fromisoformat(line["at"])}), draft, kind)
