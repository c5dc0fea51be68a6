"""Mass jobs: their keys, ids, caps and counts. What went out is read back from the log of effects after a restart."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from qunfa_official_account.simulator.errmsg import Err
from qunfa_official_account.simulator.followers import members, muted
from qunfa_official_account.simulator.world import ZONE, Call, World
from saas.channels.simulator import Effect

KEY_WINDOW = timedelta(hours=24)
KEY_BYTES = 32
A_MONTH = 4
A_DAY = 1


@dataclass(slots=True)
class Job:
    """One accepted mass job. ``reach``: all, list, or the tag's number."""

    app_id: str
    msg_id: int
    key: str
    at: datetime
    reach: str
    total: int
    filtered: int
    sent: int
    errors: int = 0
    status: str = "SENDING"
    titles: list[str] = field(default_factory=list)
    data_id: int = 0


class Jobs:
    """All jobs by account, by id and by key."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._folder: Path = world.stage.data / "lists"
        self.of: defaultdict[str, list[Job]] = defaultdict(list)
        self._by_id: dict[tuple[str, int], Job] = {}
        self._by_key: dict[tuple[str, str], Job] = {}
        self._received: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self._last = 3_000_000_000
        self._reload()

    def repeated(self, call: Call, key: str) -> None:
        """Refuse a key that is too long, or that a job of the last 24 hours carries. Raises Err."""
        if len(key.encode()) > KEY_BYTES:
            raise Err(45067)
        known, now = self._by_key.get((call.app_id, key)), self._world.stage.now()
        if not key or known is None or now - known.at > KEY_WINDOW:
            return
        if (now - known.at).total_seconds() < float(call.record.get("repeat_pause", 0)):
            raise Err(45066)
        raise Err(45065, msg_id=known.msg_id)

    def check_cap(self, call: Call, reach: str) -> None:
        """A job a day on a subscription account; four to all a month on a service account. Raises Err."""
        outside = [datetime.fromisoformat(moment).astimezone(ZONE) for moment in call.record.get("console_sends", ())]
        done = [j.at.astimezone(ZONE) for j in self.of[call.app_id] if self._counts(call, j)] + outside
        today = self._world.local()
        if call.record["kind"] == "subscription" and sum(m.date() == today.date() for m in done) >= A_DAY:
            raise Err(45028)
        monthly = sum((m.year, m.month) == (today.year, today.month) for m in done)
        if call.record["kind"] == "service" and reach == "all" and monthly >= A_MONTH:
            raise Err(45028)

    def open(self, call: Call, key: str, reach: str, people: Iterable[str], titles: list[str]) -> Job:
        """Take a job on: who gets it, who has switched messages off, who has had four this month."""
        everybody, now = tuple(people), self._world.stage.now()
        full = self._full(call, now)
        gone = set(call.record.get("unfollowed", ()))
        able = [o for o in everybody if not muted(o) and o not in gone and not (full and full(o))]
        errors = min(int(call.record.get("errors", 0)), len(able))
        self._last += 1
        job = Job(call.app_id, self._last, key, now, reach, len(everybody), len(able), len(able) - errors, errors, titles=titles)
        job.data_id = self._last - 793_000_000 if titles else 0
        self._add(job)
        if reach == "list":
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / f"{job.msg_id}.txt").write_text("\n".join(everybody), encoding="utf-8")
        return job

    def settle(self, job: Job) -> None:
        """The job went out: its recipients have one more this month."""
        month = _month(job.at)
        if job.reach == "all":
            self._received[job.app_id, month]["all"] += 1
        else:
            self._received[job.app_id, month].update(self._listed(job))

    def restore(self, job: Job) -> None:
        """Take up a job that waited when the simulator stopped, unless it went out in the very last moment."""
        if (job.app_id, job.msg_id) not in self._by_id:
            self._add(job)
            self._last = max(self._last, job.msg_id)

    def find(self, app_id: str, msg_id: int) -> Job:
        """A job by its id. Raises Err."""
        found = self._by_id.get((app_id, msg_id))
        if found is None:
            raise Err(40059)
        return found

    def _counts(self, call: Call, job: Job) -> bool:
        return job.status != "SEND_FAIL" and (call.record["kind"] == "subscription" or job.reach == "all")

    def _full(self, call: Call, now: datetime) -> Callable[[str], bool] | None:
        received = self._received[call.app_id, _month(now)]
        if call.record["kind"] != "service" or not received:
            return None
        return lambda openid: received["all"] + received[openid] >= A_MONTH

    def _listed(self, job: Job) -> Iterable[str]:
        if job.reach == "list":
            path = self._folder / f"{job.msg_id}.txt"
            return path.read_text(encoding="utf-8").split("\n") if path.exists() else ()
        return members(job.app_id, self._world.record(job.app_id), int(job.reach))

    def _add(self, job: Job) -> None:
        self.of[job.app_id].append(job)
        self._by_id[job.app_id, job.msg_id] = job
        if job.key:
            self._by_key[job.app_id, job.key] = job

    def _reload(self) -> None:
        for effect in self._world.stage.effects:
            if effect.kind == "mass":
                job = _restored(effect)
                self._add(job)
                self.settle(job)
                self._last = max(self._last, job.msg_id)
            elif effect.kind == "take_down":
                self._by_id[str(effect.detail["app_id"]), int(effect.platform_id)].status = "DELETE"


def _month(moment: datetime) -> str:
    return moment.astimezone(ZONE).strftime("%Y-%m")


def _restored(effect: Effect) -> Job:
    detail, at = effect.detail, datetime.fromisoformat(effect.at)
    counts = (int(detail["total"]), int(detail["filtered"]), effect.people, int(detail["errors"]))
    job = Job(str(detail["app_id"]), int(effect.platform_id), effect.key, at, str(detail["reach"]), *counts)
    job.status, job.titles, job.data_id = "SEND_SUCCESS", list(detail["titles"]), int(detail["msg_data_id"])
    return job
