"""Where both arms work: PostgreSQL, Valkey, the platforms' rehearsal servers and a nursery of processes, gone afterwards."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from bench.correctness.judge import Recipient
from bench.correctness.nursery import Nursery
from bench.stage import Stage, stage
from saas.ops.rehearsal import Rehearsal, effects_on_disk

ZONE = ZoneInfo("Asia/Shanghai")
PLATFORMS = ("official_account", "qq_group")
KINDS = {"official_account": "service", "qq_group": "official"}
SEND_PATHS = {"official_account": "/message/template/send", "qq_group": "/messages"}


@dataclass(frozen=True, slots=True)
class Actor:
    """An account on stage, and whom it is to reach. ``cap``: our own cap a day, below the platform's; 0: none."""

    key: str
    channel: str
    credentials: Mapping[str, str]
    settings: Mapping[str, Any]
    targets: Sequence[str]
    cap: int = 0

    @property
    def recipients(self) -> list[Recipient]:
        """Whom it is to reach, as the judge names them."""
        return [(self.key, target) for target in self.targets]


@dataclass(slots=True)
class Ground:
    """The running servers."""

    servers: Stage
    rehearsal: Rehearsal
    nursery: Nursery
    home: Path
    encryption_key: str
    running: list[int] = field(default_factory=list)

    def actor(self, key: str, channel: str, people: int, cap: int = 0) -> Actor:
        """Enrol an account with so many people (or groups)."""
        kind = KINDS[channel]
        enrolled = self.rehearsal.enrol(channel, key, kind, key, people, "")
        settings = dict(enrolled["settings"])
        if channel == "qq_group":
            self.rehearsal.change(channel, enrolled["id"], {"certified": True})
            settings["certified"] = "yes"
            targets = [group["id"] for group in settings["groups"]]
        else:
            targets = [f"o{key.replace('-', '_')}_{number:05d}".ljust(28, "x")[:28] for number in range(people)]
        if cap:
            settings["overrides"] = {"template_day": {"value": cap, "reason": "bench"}}
        return Actor(key, channel, enrolled["credentials"], settings, targets, cap)

    def misbehave(self, name: str, value: str = "", times: Mapping[str, int] | None = None) -> None:
        """A fault on every platform's way of sending, for ever, or so many times by channel."""
        for channel in PLATFORMS:
            fault = {"name": name, "path": SEND_PATHS[channel], "value": value, "times": times[channel] if times else 0}
            assert "error" not in self.rehearsal.add_fault(channel, fault)

    def behave(self) -> None:
        """No more faults."""
        self.rehearsal.clear_faults()

    def effects(self, actors: Iterable[Actor]) -> list[tuple[Recipient, str]]:
        """Who was reached by these accounts, and on which day of the platform: from the platforms' logs."""
        keys = {actor.key for actor in actors}
        found = [effect for effect in effects_on_disk(self.home) if effect["account"] in keys]
        return [((e["account"], e["detail"].get("openid") or e["detail"]["target"]), _day(e["at"])) for e in found]

    def reached(self, actors: Iterable[Actor]) -> Counter[Recipient]:
        """How often each recipient was reached."""
        return Counter(recipient for recipient, _ in self.effects(actors))

    def days(self, actors: Iterable[Actor]) -> dict[str, Counter[str]]:
        """By account, how many were reached on which day."""
        days: dict[str, Counter[str]] = {}
        for (account, _), day in self.effects(actors):
            days.setdefault(account, Counter())[day] += 1
        return days

    def log_size(self) -> int:
        """How much has happened so far, in bytes of the logs: cheap to ask often."""
        return sum(file.stat().st_size for file in (self.home / "simulators").glob("*/effects.jsonl"))


def _day(at: str) -> str:
    return datetime.fromisoformat(at).astimezone(ZONE).date().isoformat()


@contextmanager
def ground() -> Iterator[Ground]:
    """Everything, in a temporary home."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory(prefix="qunfa-bench-", ignore_cleanup_errors=True)))
        servers, key = stack.enter_context(stage()), secrets.token_urlsafe(48)
        addresses = {name: stack.enter_context(_simulator(name, home / "simulators" / name)) for name in PLATFORMS}
        env = {
            "DATABASE_URL": servers.database_url,
            "REDIS_URL": servers.redis_url,
            "QUNFA_SECRET_KEY": secrets.token_urlsafe(48),
            "QUNFA_ENCRYPTION_KEYS": key,
            "QUNFA_HOME": str(home),
            "QUNFA_SIMULATORS": json.dumps(addresses),
        }
        nursery = stack.enter_context(Nursery(env, home / "processes.log"))
        yield Ground(servers, Rehearsal(addresses), nursery, home, key)


@contextmanager
def _simulator(name: str, data: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "saas.channels.simulator", name, "--data", str(data)]
    data.mkdir(parents=True)
    with (data / "simulator.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert process.stdout is not None
        yield str(json.loads(process.stdout.readline())["address"])
    finally:
        process.terminate()
        process.communicate()
