"""Where worker processes come from: a process that has imported the product forks one for each wish, in milliseconds.

A wish is a JSON line ``{"call": "module:function", "args": […]}``; the answer is the child's number. Children die with it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("saas.ops.worker", "saas.delivery.scheduling", "bench.correctness.processes", "bench.correctness.peers")


class Nursery:
    """The forking process as a ``with`` block; whatever it started is dead afterwards."""

    def __init__(self, env: Mapping[str, str], log: Path) -> None:
        self._env, self._log = dict(env), log

    def __enter__(self) -> Self:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", __file__],
                cwd=ROOT,
                env=os.environ | self._env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def start(self, call: str, *args: Any) -> int:
        """A process of its own that runs ``module:function`` with these arguments (JSON); its number."""
        wish = json.dumps({"call": call, "args": args})
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(wish + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, self._log.read_text()[-2000:]
        return int(answer)

    @staticmethod
    def kill(number: int) -> None:
        """End a child as a power cut would."""
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)

    @staticmethod
    def lives(number: int) -> bool:
        """Whether a child still runs; the dead are buried at once."""
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            return False
        return True


def serve() -> None:
    """Fork for each line until the lines end."""
    for name in PRODUCT:
        import_module(name)
    import_module("saas.accounts.channels").registry()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        number = os.fork()
        if not number:
            _become(json.loads(line))
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


def _become(wish: dict[str, Any]) -> None:
    """In the child: do it, and never come back."""
    import_module("saas.ops.embedded.process").die_with_parent()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    module, _, name = wish["call"].partition(":")
    code = 1
    try:
        getattr(import_module(module), name)(*wish["args"])
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    serve()
