"""A channel that holds the loop or eats memory harms its own send: the loop goes on, or the worker ends and says why."""

from __future__ import annotations

import asyncio
import importlib.util
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from saas.channels import Unknown
from saas.delivery.asking import answered
from saas.ops.watchdog import HELD_EXIT, MEMORY_EXIT, Limits, Watchdog, resident

FAULTY = """
import time

async def spins():
    while True:
        pass

async def hoards():
    kept = []
    while True:
        kept.append(bytearray(1 << 20))

async def raises():
    raise KeyError("nothing")

async def sleeps():
    time.sleep(60)

async def well():
    return 7
"""
PROCESS = """
import asyncio, sys, threading
sys.path.insert(0, sys.argv[1])
import faulty
from saas.ops.watchdog import Limits, Watchdog
loop = asyncio.new_event_loop()
thread = threading.Thread(target=loop.run_forever, daemon=True)
thread.start()
Watchdog(loop, thread.ident, [sys.argv[1]], Limits(float(sys.argv[4]), 2 * float(sys.argv[4]), int(sys.argv[3]))).start()
asyncio.run_coroutine_threadsafe(getattr(faulty, sys.argv[2])(), loop).result()
"""
Run = Callable[[Any], Any]


@pytest.fixture
def faulty(tmp_path: Path) -> ModuleType:
    """A module of a channel, with hooks that misbehave."""
    (tmp_path / "faulty.py").write_text(FAULTY)
    found = importlib.util.spec_from_file_location("faulty", tmp_path / "faulty.py")
    assert found and found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Run on a loop in a thread of its own that a watchdog looks at, as a worker's is."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    assert thread.ident
    guard = Watchdog(loop, thread.ident, [str(tmp_path)], Limits(0.4, 30.0))
    guard.start()
    yield lambda work: asyncio.run_coroutine_threadsafe(work, loop).result(30)
    guard.stop()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def alone(tmp_path: Path, hook: str, memory: int, patience: float) -> subprocess.CompletedProcess[str]:
    (tmp_path / "faulty.py").write_text(FAULTY)
    asked = [sys.executable, "-c", PROCESS, str(tmp_path), hook, str(memory), str(patience)]
    return subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)


def test_a_hook_that_spins_is_interrupted_and_its_own_send_is_unknown(run: Run, faulty: ModuleType) -> None:
    async def both() -> Any:
        other = asyncio.create_task(answered_later(0.01))
        return await answered(faulty.spins()), await other

    outcome, other = run(both())
    assert isinstance(outcome, Unknown)
    assert other == "sent"
    assert run(faulty.well()) == 7


def test_a_hook_that_raises_is_unknown_and_the_loop_goes_on(run: Run, faulty: ModuleType) -> None:
    assert isinstance(run(answered(faulty.raises())), Unknown)
    assert run(faulty.well()) == 7


def test_what_is_not_a_channels_own_code_is_never_interrupted(run: Run) -> None:
    async def busy() -> str:
        until = time.monotonic() + 1.2
        while time.monotonic() < until:
            sum(range(1000))
        return "done"

    assert run(busy()) == "done"


def test_a_hook_that_sleeps_in_the_loop_ends_the_worker_and_is_named(tmp_path: Path) -> None:
    done = alone(tmp_path, "sleeps", 0, 0.5)
    assert done.returncode == HELD_EXIT
    assert "faulty.py:" in done.stdout + done.stderr


def test_a_hook_that_hoards_is_interrupted_before_the_machine_is_full(tmp_path: Path) -> None:
    done = alone(tmp_path, "hoards", resident() + (300 << 20), 60)
    assert done.returncode in (1, MEMORY_EXIT)
    assert "MemoryError" in done.stderr or "MiB of memory" in done.stdout + done.stderr


async def answered_later(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "sent"
