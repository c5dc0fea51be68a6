"""Many machines on one PostgreSQL and one Redis: one is cut off and comes back, clocks differ, rates are shared. Nothing twice,
nothing lost, nothing too fast."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from saas.delivery import alive
from tests.conftest import House
from tests.delivery.books import balance
from tests.ops.hosts import Backstage, Machine, TimedPlatform, until

OPEN = "SELECT coalesce(sum(open_rows), 0) FROM dispatches"
STANDING = """
  SELECT d.id, d.open_rows, d.wake_at, now(), e.state, e.code, count(*), min(e.due_at) FROM dispatches d
  JOIN deliveries e ON e.dispatch_id = d.id GROUP BY 1, 2, 3, 5, 6"""
NETWORK = "10.213"


@pytest.fixture
def backstage() -> Iterator[Backstage]:
    backstage = Backstage()
    yield backstage
    backstage.close()


@pytest.fixture
def platform(backstage: Backstage) -> Iterator[TimedPlatform]:
    platform = TimedPlatform()
    backstage.run(platform.start())
    yield platform
    backstage.run(platform.stop())


@pytest.fixture
def machines(house: House, environment: dict[str, str], backstage: Backstage, tmp_path: Path) -> Iterator[list[Machine]]:
    """Three machines with nothing in common but the two servers; a scheduler on the first."""
    with Redis.from_url(environment["REDIS_URL"]) as redis:
        redis.flushdb()
    machines = [Machine(tmp_path / f"host-{number}", backstage, environment) for number in range(3)]
    machines[0].scheduler()
    yield machines
    for machine in machines:
        machine.stop()


@pytest.fixture
def ready(house: House, platform: TimedPlatform) -> Callable[..., int]:
    """A released dispatch of so many recipients on an account of its own with that rate."""

    def make(rows: int, kind: str = "keyed", rate: tuple[int, float, int] = (60, 1.0, 8), **campaign: str) -> int:
        repeat = {"keyed": ("key", 3600), "blind": ("none", 0)}[kind]
        number = house.one("SELECT count(*) FROM accounts")
        account = house.account(f"a{number}", kind=kind, address=platform.address, rate=rate, caps={"day": 10_000})
        return house.dispatch(house.campaign(**campaign), account, rows=rows, repeat=repeat)  # type: ignore[arg-type]

    return make


def leases_of(house: House, process: subprocess.Popen[bytes]) -> int:
    return int(house.one("SELECT count(*) FROM leases WHERE worker LIKE %s", f"%:{process.pid}:%"))


def nothing_twice_nothing_lost(house: House, platform: TimedPlatform, rows: int, in_doubt: bool = False) -> None:
    assert len(platform.effects) == len(set(platform.effects))
    keys = {key for key, _ in platform.effects}
    states = {row["key"]: row["state"] for row in house.rows("SELECT key, state FROM deliveries")}
    assert len(states) == rows
    assert {key for key, state in states.items() if state == "sent"} <= keys
    assert keys <= {key for key, state in states.items() if state in ("sent", "unknown")}
    assert set(states.values()) <= ({"sent", "unknown"} if in_doubt else {"sent"})
    balance(house)


def test_one_of_three_machines_is_cut_off_in_the_middle_and_comes_back(
    house: House, platform: TimedPlatform, machines: list[Machine], ready: Callable[..., int]
) -> None:
    platform.delay = 0.05
    platform.dedupes = True
    for kind in ("keyed", "keyed", "keyed", "blind"):
        ready(500, kind)
    workers = [machine.worker() for machine in machines]
    until(lambda: all(leases_of(house, worker) > 0 for worker in workers), 40, machines)
    machines[1].cut()
    before, open_rows = leases_of(house, workers[1]), house.one(OPEN)
    until(lambda: house.one(OPEN) < open_rows - 300, 40, machines)
    assert leases_of(house, workers[1]) == before
    machines[1].mend()
    ready(500)
    until(lambda: house.one(OPEN) == 0, 240, machines, told=lambda: house.rows(STANDING))
    assert leases_of(house, workers[1]) > before
    assert all(worker.poll() is None for worker in workers)
    assert house.one("SELECT count(*) FROM deliveries WHERE state = 'unknown' AND account_id <> %s", 4) == 0
    nothing_twice_nothing_lost(house, platform, 2500, in_doubt=True)


def test_machines_whose_clocks_are_an_hour_off_agree_on_leases_windows_and_schedules(
    house: House, platform: TimedPlatform, machines: list[Machine], ready: Callable[..., int]
) -> None:
    platform.delay = 0.05
    later = ready(5, due="now() + interval '30 minutes'")
    ready(400)
    ready(400)
    workers = [machine.worker(hours) for machine, hours in zip(machines, (1.0, -1.0, 0.0), strict=True)]
    until(lambda: all(leases_of(house, worker) > 0 for worker in workers), 40, machines)
    workers[0].send_signal(signal.SIGKILL)
    query = "SELECT count(*) FROM deliveries WHERE dispatch_id <> %s AND state <> 'sent'"
    until(lambda: house.one(query, later) == 0, 60, machines)
    off = """SELECT count(*) FROM leases
      WHERE abs(extract(epoch FROM taken_at - now())) > 120 OR until - taken_at > interval '90 seconds'"""
    assert house.one(off) == 0
    assert house.one("SELECT count(DISTINCT starts_at) FROM quota_windows") == 1
    assert house.rows("SELECT DISTINCT state, attempts FROM deliveries WHERE dispatch_id = %s", later) == [
        {"state": "due", "attempts": 0}
    ]
    assert len(platform.effects) == len(set(platform.effects)) == 800
    balance(house)


def test_three_workers_share_one_accounts_rate(
    house: House, platform: TimedPlatform, machines: list[Machine], ready: Callable[..., int]
) -> None:
    ready(300, rate=(40, 1.0, 16))
    workers = [machine.worker() for machine in machines]
    until(lambda: house.one(OPEN) == 0, 60, machines)
    assert sum(leases_of(house, worker) > 0 for worker in workers) >= 2
    assert platform.busiest(1.0) <= 40
    assert len(platform.effects) == 300
    assert platform.times[-1] - platform.times[0] < 300 / 40 * 2
    nothing_twice_nothing_lost(house, platform, 300)


def test_workers_and_schedulers_are_known_to_live_and_missed_when_they_end(
    environment: dict[str, str], machines: list[Machine]
) -> None:
    worker = machines[1].worker()
    with Redis.from_url(environment["REDIS_URL"]) as redis:
        until(lambda: alive.present(redis) == {"worker": 1, "scheduler": 1}, 40, machines)
        worker.terminate()
        until(lambda: alive.present(redis) == {"worker": 0, "scheduler": 1}, alive.GONE_AFTER * 2, machines)


@pytest.fixture
def networks() -> Iterator[list[str]]:
    """Three networks of their own, each joined to this one by a cable; gives the addresses of our ends."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("networks of their own need root and the command ip")
    mark, made = f"q{os.getpid() % 10000}", []
    try:
        for n in range(3):
            name = f"{mark}-{n}"
            made.append(name)
            ours, theirs = f"{NETWORK}.{os.getpid() % 250}.{4 * n + 1}", f"{NETWORK}.{os.getpid() % 250}.{4 * n + 2}"
            for line in (
                f"netns add {name}",
                f"link add {name}a type veth peer name {name}b",
                f"link set {name}b netns {name}",
                f"addr add {ours}/30 dev {name}a",
                f"link set {name}a up",
                f"-n {name} addr add {theirs}/30 dev {name}b",
                f"-n {name} link set {name}b up",
                f"-n {name} link set lo up",
                f"-n {name} route add default via {ours}",
            ):
                done = subprocess.run(["ip", *line.split()], capture_output=True, text=True)
                if done.returncode:
                    pytest.skip(f"ip {line}: {done.stderr.strip()}")
        yield [f"{NETWORK}.{os.getpid() % 250}.{4 * n + 1}" for n in range(3)]
    finally:
        for name in made:
            subprocess.run(["ip", "link", "del", f"{name}a"], capture_output=True)
            subprocess.run(["ip", "netns", "del", name], capture_output=True)


def test_a_machine_in_a_network_of_its_own_whose_cable_is_pulled_loses_and_doubles_nothing(
    house: House, environment: dict[str, str], backstage: Backstage, networks: list[str], tmp_path: Path
) -> None:
    """Nobody says goodbye here: packets simply stop, for longer than the lines are waited for."""
    with Redis.from_url(environment["REDIS_URL"]) as redis:
        redis.flushdb()
    mark = f"q{os.getpid() % 10000}"
    machines = [Machine(tmp_path / f"net-{n}", backstage, environment, address) for n, address in enumerate(networks)]
    for n, machine in enumerate(machines):
        machine.inside("ip", "netns", "exec", f"{mark}-{n}")
        machine.env["QUNFA_PRIVATE_HOSTS"] = networks[0]  # where the platform is
    platform = TimedPlatform(delay=0.05)
    backstage.run(platform.start(networks[0]))
    try:
        for n in range(3):
            account = house.account(f"n{n}", kind="keyed", address=platform.address, rate=(50, 1.0, 8))
            house.dispatch(house.campaign(), account, rows=400, repeat=("key", 3600))
        machines[0].scheduler()
        workers = [machine.worker() for machine in machines]
        until(lambda: all(leases_of(house, worker) > 0 for worker in workers), 60, machines)
        subprocess.run(["ip", "link", "set", f"{mark}-1a", "down"], check=True)
        until(lambda: house.one(OPEN) < 700, 60, machines)
        subprocess.run(["ip", "link", "set", f"{mark}-1a", "up"], check=True)
        until(lambda: house.one(OPEN) == 0, 120, machines)
        nothing_twice_nothing_lost(house, platform, 1200)
    finally:
        for machine in machines:
            machine.stop()
        backstage.run(platform.stop())
