"""The product as its user has it: the demo in a process of its own, driven by its command line, on campaign folders made here."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from psycopg.rows import dict_row

from tests.acceptance.folders import Writer

ROOT = Path(__file__).resolve().parents[2]
START, COMMAND = 120.0, 300.0
PARTS = ("delivered", "failed", "skipped", "unknown", "awaiting", "in_progress")


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its one JSON object; nothing else may stand on stdout."""
        return json.loads(self.out)


class Installation:
    """One home and the commands that work in it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        hidden = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "QUNFA_SECRET_KEY", "QUNFA_ENCRYPTION_KEYS")
        self._env = {k: v for k, v in os.environ.items() if k not in hidden} | {"QUNFA_HOME": str(home), "LC_ALL": "en_US.UTF-8"}
        self._stack: subprocess.Popen[bytes] | None = None

    def begin(self, *words: str | Path) -> subprocess.Popen[str]:
        """Start a command."""
        command = [sys.executable, "-m", "saas.cli", *map(str, words)]
        return subprocess.Popen(command, cwd=ROOT, env=self._env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finish(self, process: subprocess.Popen[str]) -> Said:
        """Wait for a command; no stack trace may reach its user."""
        out, err = process.communicate(timeout=COMMAND)
        assert "Traceback" not in err + out, err
        return Said(process.returncode, out, err)

    def run(self, *words: str | Path) -> Said:
        """A command from beginning to end."""
        return self.finish(self.begin(*words))

    def send(self, folder: Path, *words: str) -> Any:
        """Send a folder; the report, each row balanced."""
        said = self.run("send", folder, "--json", *words)
        assert said.out, said.err
        return balanced(said.json)

    def start(self) -> None:
        """Start the demo and wait until other commands find it."""
        self.home.parent.mkdir(parents=True, exist_ok=True)
        with (self.home.parent / "demo.err").open("wb") as errors:
            command = [sys.executable, "-m", "saas.cli", "demo"]
            self._stack = subprocess.Popen(command, cwd=ROOT, env=self._env, stdout=subprocess.DEVNULL, stderr=errors)
        wait_for(lambda: (self.home / "stack.json").exists(), START)

    def stop(self) -> None:
        """End the demo as Ctrl-C does."""
        if self._stack:
            self._stack.send_signal(signal.SIGINT)
            self._stack.wait(timeout=60)
            self._stack = None
        assert "Traceback" not in (self.home.parent / "demo.err").read_text()

    @property
    def running(self) -> dict[str, Any]:
        """What the stack tells other commands."""
        return dict(json.loads((self.home / "stack.json").read_text()))

    def children(self, *words: str) -> list[psutil.Process]:
        """The stack's processes whose command line has all these words."""
        assert self._stack
        below = psutil.Process(self._stack.pid).children(recursive=True)
        return [child for child in below if all(word in " ".join(_command(child)) for word in words)]

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """What the demo agency's own tables say."""
        with psycopg.connect(self.running["database_url"], row_factory=dict_row) as connection:
            connection.execute("SELECT set_config('qunfa.tenant', (SELECT id::text FROM all_tenants() LIMIT 1), false)")
            return connection.execute(query, values).fetchall()

    def effects(self, since: int = 0) -> list[dict[str, Any]]:
        """The simulators' log: the truth."""
        return list(self.run("simulators", "log", "--json").json)[since:]

    def fault(self, name: str, account: str, **options: str | int) -> None:
        """Switch a fault on for one account."""
        words = [word for key, value in options.items() for word in (f"--{key}", str(value))]
        said = self.run("simulators", "fault", name, "--account", account, *words)
        assert said.code == 0, said.err

    def stage(self, account: str, **changes: str) -> None:
        """Change what a simulator believes of an account."""
        words = [word for key, value in changes.items() for word in ("--set", f"{key}={value}")]
        assert self.run("simulators", "account", account, *words).code == 0


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def wait_for(what: Callable[[], Any], patience: float, pause: float = 0.1) -> Any:
    """What a question gives once it is true."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(pause)
    raise AssertionError(f"not within {patience:g} s")


def balanced(report: Any) -> Any:
    """The report, if each row and the totals account for everybody; those of people and of groups are never added together."""
    sums = report["totals_by_unit"]
    for row in (*report["accounts"], report["totals"], *sums.values()):
        assert row["intended"] == sum(row[part] for part in PARTS), row
    for count in ("intended", *PARTS):
        assert sum(one[count] for one in sums.values()) == sum(row[count] for row in report["accounts"]), count
        assert report["totals"][count] == sums.get("person", {}).get(count, 0), count
    return report


def by_key(report: Any) -> dict[str, Any]:
    """The accounts of a report by their key."""
    return {row["key"]: row for row in report["accounts"]}


def people_of(effects: list[dict[str, Any]]) -> Counter[str]:
    """How many people the simulators reached or asked, by account."""
    found: Counter[str] = Counter()
    for effect in effects:
        found[effect["account"]] += effect["people"]
    return found


@pytest.fixture(scope="module")
def demo() -> Iterator[Installation]:
    """A running demo of this module's own, in a home with a space in its path."""
    folder = Path(tempfile.mkdtemp(prefix="qunfa "))
    installation = Installation(folder / "the home")
    try:
        installation.start()
        yield installation
        installation.stop()
    finally:
        _end(installation)
        shutil.rmtree(folder, ignore_errors=True)


def _end(installation: Installation) -> None:
    if installation._stack and installation._stack.poll() is None:
        installation._stack.kill()
        installation._stack.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Writer:
    """Writes campaign folders."""
    return Writer(tmp_path / "campaign")
