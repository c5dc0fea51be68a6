"""Steps of the set-up: run something, say something, one set-up at a time. Runs on Python 3.9."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Union

from saas.ops.set_up.inputs import ROOT

Part = Union[str, Path]  # noqa: UP007 (evaluated by Python 3.9)


class SetUpFailed(Exception):
    """Set-up cannot go on; the text says why and what to do."""


class Turn:
    """A lock file: one set-up at a time. It ends with the process, however that ends."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        """Take it, or wait."""
        try:
            import fcntl
        except ImportError:
            raise SetUpFailed(
                both("Qunfa 需要 Linux 或 macOS;在 Windows 上请使用 WSL", "Qunfa needs Linux or macOS; on Windows use WSL")
            ) from None
        self.file = self.path.open("w")
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("另一个进程正在安装，等待它完成……", "another process is setting up, waiting for it …")
            fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *error: object) -> None:
        """Let the next one in."""
        self.file.close()


def do(zh: str, en: str, command: Sequence[Part], **more: Any) -> None:
    """Run a step; its output is shown only when it fails. Raises SetUpFailed."""
    more.setdefault("cwd", ROOT)
    step = [str(part) for part in command]
    done = subprocess.run(step, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False, **more)
    if done.returncode:
        tail = "\n".join(done.stdout.decode(errors="replace").strip().splitlines()[-12:])
        raise SetUpFailed(f"{both(zh, en)}\n{tail}")


def works(command: Sequence[Part]) -> bool:
    """Whether a command runs and succeeds."""
    step = [str(part) for part in command]
    try:
        return subprocess.run(step, cwd=ROOT, capture_output=True, stdin=subprocess.DEVNULL, check=False).returncode == 0
    except OSError:
        return False


def both(zh: str, en: str) -> str:
    """A sentence in the language of the terminal."""
    spoken = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return en if spoken.lower().startswith("en") else zh


def say(zh: str, en: str) -> None:
    """Tell the person at the terminal; standard output stays the command's own."""
    sys.stderr.write(both(zh, en) + "\n")
    sys.stderr.flush()
