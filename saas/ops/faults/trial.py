"""A whole trial: campaigns on all channels, children that die, servers that die, platforms that misbehave; then peace, and books.

::

    report = conduct(Setting(seed=1, seconds=60), home, say=print)
    assert not report.faults
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from saas.accounts.channels import registry
from saas.kernel.database import db
from saas.kernel.migrate import upgrade
from saas.kernel.settings import settings, sqlalchemy_url
from saas.ops.faults.audit import audit, unsettled
from saas.ops.faults.cast import Agency, engage
from saas.ops.faults.children import Children, Ended
from saas.ops.faults.members import Members
from saas.ops.faults.report import Report
from saas.ops.faults.roles import Order
from saas.ops.faults.strikes import SERVERS, Strikes
from saas.ops.faults.wishes import Wishes
from saas.ops.rehearsal import Rehearsal
from saas.ops.running import Running
from saas.ops.stack import Stack

STEP = 0.05
SLEEPERS, SLEEP = 0.3, 5.0
RARE = 3  # points that a short trial may miss: a turn must grow long for one, a recall must find something for another
LONGEST_LIFE = 6.0  # seconds after which a child that has not met its end is killed wherever it stands
DIES_WHEREVER = {"worker": 0.2, "scheduler": 0.8}  # how many have no point in particular, and a short life
PEACE = 300.0  # how long everything may take to settle
FOREIGN = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "QUNFA_SECRET_KEY", "QUNFA_ENCRYPTION_KEYS", "QUNFA_BASE_URL")


@dataclass(frozen=True, slots=True)
class Setting:
    """How hard a trial is. It strikes for ``seconds``; or only until ``kills`` have died, on every point and route."""

    seed: int
    seconds: float
    kills: int = 0
    agencies: int = 8
    workers: int = 4
    servers_every: float = 7.0
    platforms_every: float = 0.7
    agency_every: float = 25.0


def conduct(setting: Setting, home: Path, say: Callable[[str], None]) -> Report:
    """One trial in a fresh ``home``; nothing outside it is touched. Raises CannotStart."""
    for name in FOREIGN:
        os.environ.pop(name, None)
    settings.cache_clear()
    with Stack(home, prepare=_prepare, workers=0) as stack:
        os.environ.update(stack.running.environment())
        settings.cache_clear()
        children = Children(home, {**os.environ})
        try:
            with _database():
                return _Trial(setting, stack, children, say).run()
        finally:
            children.close()
            settings.cache_clear()


def _prepare(running: Running) -> None:
    upgrade(running.owner_url)


@contextmanager
def _database() -> Iterator[None]:
    app = Flask("trial")
    app.config["SQLALCHEMY_DATABASE_URI"] = sqlalchemy_url(settings().database_url)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": 1, "pool_pre_ping": True}
    db.init_app(app)
    with app.app_context():
        try:
            yield
        finally:
            db.engine.dispose()


class _Trial:
    """The trial while it runs."""

    def __init__(self, setting: Setting, stack: Stack, children: Children, say: Callable[[str], None]) -> None:
        self._setting, self._stack, self._children, self._say = setting, stack, children, say
        self._rng = random.Random(setting.seed)  # noqa: S311 - a trial that can be repeated
        self._rehearsal = Rehearsal(stack.running.simulators)
        self._agencies: list[Agency] = [engage(n, self._rehearsal) for n in range(1, setting.agencies + 1)]
        self._wishes = Wishes(registry(), self._rng)
        self._strikes = Strikes(stack, self._rng)
        self._members = Members(Path(stack.home), children, self._wishes, self._rng, self._agencies)
        self._ends: dict[int, float] = {}
        self._asleep: set[int] = set()
        self._report = Report(setting.seed)
        self._began = time.monotonic()
        self._next = dict.fromkeys(("server", "platform", "throttle", "agency", "word"), 0.0)
        self._servers = 0

    def run(self) -> Report:
        """Strike, make peace, compare."""
        while not self._struck_enough():
            self._step(at_war=True)
            self._strike()
        self._say(f"{self._report.died} died; now everything may settle")
        self._strikes.end()
        for id in self._ends:
            self._children.kill(id)
        quiet = self._settle()
        self._report.quiet_after = quiet
        self._report.servers = dict(self._strikes.done)
        self._report.unmet = self._wishes.unmet
        self._report.campaigns = self._members.campaigns
        audit(self._report, self._agencies, self._rehearsal.effects(), self._stack.running)
        self._report.seconds = time.monotonic() - self._began
        return self._report

    def _struck_enough(self) -> bool:
        if time.monotonic() - self._began > self._setting.seconds:
            return True
        most, wishes = self._setting.kills, self._wishes
        return bool(most) and self._report.died >= most and len(wishes.points_left) <= RARE and not wishes.routes_left

    def _step(self, at_war: bool) -> None:
        """One look at everything; about twenty a second."""
        self._stack.tend()
        for ended in self._children.ended(STEP):
            self._bury(ended)
        self._people("worker", self._setting.workers if at_war else 3, at_war)
        self._people("scheduler", 1, at_war)
        self._members.step(at_war)
        if time.monotonic() > self._next["word"]:
            self._next["word"] = time.monotonic() + 2.0
            self._say(f"{self._report.died} died · {self._members.campaigns} campaigns · {len(self._wishes.unmet)} points to go")

    def _people(self, role: str, many: int, at_war: bool) -> None:
        """Keep so many alive; at war each has its wishes, and nobody grows old."""
        alive = [id for id, order in self._children.alive.items() if order.role == role]
        for _ in range(many - len(alive)):
            dies = self._wishes.some(role) if at_war and self._rng.random() > DIES_WHEREVER[role] else ()
            id = self._children.order(Order(role, dies, self._rng.randint(1, 4)))
            self._ends[id] = time.monotonic() + (LONGEST_LIFE if dies else self._rng.uniform(0.3, LONGEST_LIFE / 2))
        for id in alive:
            if at_war and time.monotonic() > self._ends[id]:
                self._end(id)

    def _end(self, id: int) -> None:
        """Kill one; or let it sleep first until its leases are lost, so that it wakes as one who must not send any more."""
        if self._rng.random() < SLEEPERS and id not in self._asleep:
            self._strikes.done["asleep"] += 1
            self._asleep.add(id)
            self._ends[id] = time.monotonic() + SLEEP
            self._children.freeze(id)
        elif id in self._asleep:
            self._asleep.discard(id)
            self._ends[id] = time.monotonic() + LONGEST_LIFE / 4
            self._children.thaw(id)
        else:
            self._ends[id] = time.monotonic() + LONGEST_LIFE
            self._children.kill(id)

    def _bury(self, ended: Ended) -> None:
        self._ends.pop(ended.id, None)
        self._asleep.discard(ended.id)
        if ended.at:
            self._wishes.fulfil(ended.order.role, ended.at)
        self._report.bury(ended)
        self._members.hear(ended)

    def _strike(self) -> None:
        now, setting = time.monotonic() - self._began, self._setting
        if now > self._next["server"] + setting.servers_every:
            self._next["server"] = now
            self._servers += self._strikes.server(SERVERS[self._servers % len(SERVERS)])
        if now > self._next["platform"] + setting.platforms_every:
            self._next["platform"] = now
            self._strikes.platform()
        if now > self._next["throttle"] + 6.0:
            self._next["throttle"] = now
            self._strikes.throttle()
        if now > self._next["agency"] + setting.agency_every:
            self._next["agency"] = now
            self._engage()

    def _engage(self) -> None:
        """One more agency: the caps of the others are used up in time."""
        try:
            self._agencies.append(engage(len(self._agencies) + 1, self._rehearsal))
        except Exception as error:  # the database may just be away; another one comes along
            self._say(f"no new agency: {type(error).__name__}")

    def _settle(self) -> float:
        """Nobody dies any more: wait until nothing is left to do. How long it took."""
        began = time.monotonic()
        while time.monotonic() - began < PEACE:
            self._step(at_war=False)
            if time.monotonic() > self._next["agency"]:
                self._next["agency"] = time.monotonic() + 1.0
                if not self._members.busy and not unsettled(self._agencies, self._stack.running):
                    break
        return time.monotonic() - began
