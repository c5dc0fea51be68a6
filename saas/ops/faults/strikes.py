"""What else goes wrong in a trial: servers die, Valkey forgets, platforms drop answers, repeat themselves, throttle."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from saas.ops.rehearsal import Rehearsal
from saas.ops.running import Running
from saas.ops.stack import Stack

SERVERS = ("flushall", "postgres", "valkey", "web", "scheduler")
THROTTLED = "45011"
CALLS = (
    ("official_account", "message/mass/send"),
    ("official_account", "template/send"),
    ("official_account", "draft/add"),
    ("wecom", "message/send"),
    ("wecom", "add_msg_template"),
    ("wecom", "add_moment_task"),
    ("wecom", "webhook/send"),
    ("wecom", "appchat/send"),
    ("qq_group", "/messages"),
    ("qq_group", "send_group_msg"),
    ("webhook", "/own/"),
    ("webhook", "/bot/v2/hook/"),
    ("webhook", "/robot/send"),
)
PLATFORM_FAULTS: tuple[tuple[str, str], ...] = (
    ("drop_after", ""),
    ("drop_after", ""),
    ("drop_before", ""),
    ("http", "502"),
    ("delay", "0.5"),
    ("token", ""),
    ("callback_lost", ""),
    ("callback_doubled", ""),
    ("callback_late", "2"),
)


class Strikes:
    """Strikes at servers and platforms, each when it is asked for, drawn from the trial's seed."""

    def __init__(self, stack: Stack, rng: random.Random) -> None:
        self._stack, self._rng = stack, rng
        self._rehearsal = Rehearsal(stack.running.simulators)
        self.done: Counter[str] = Counter()

    @property
    def _running(self) -> Running:
        return self._stack.running

    def server(self, name: str) -> bool:
        """One server dies, or forgets everything. False when it is down already, and no successor there yet."""
        if name == "flushall":
            self._flush()
        else:
            try:
                os.kill(self._stack.pid_of(name), signal.SIGKILL)
            except ProcessLookupError:
                return False
        self.done[name] += 1
        return True

    def _flush(self) -> None:
        try:
            with Redis.from_url(self._running.redis_url) as valkey:
                valkey.flushall()
        except RedisError:
            return  # it is just being started again, and has forgotten everything anyway

    def platform(self) -> None:
        """Some platform misbehaves once, on one of the calls that matter."""
        (channel, path), (name, value) = self._rng.choice(CALLS), self._rng.choice(PLATFORM_FAULTS)
        fault: dict[str, Any] = {"name": name, "value": value, "path": "" if name.startswith("callback") else path, "times": 1}
        self.done[name] += 1
        self._rehearsal.add_fault(channel, fault)

    def throttle(self) -> None:
        """A platform says that it is too much just now."""
        self.done["throttle"] += 1
        fault = {"name": "error", "value": THROTTLED, "path": "template/send", "times": 1}
        self._rehearsal.add_fault("official_account", fault)

    def end(self) -> None:
        """From now on everything behaves."""
        self._rehearsal.clear_faults()
