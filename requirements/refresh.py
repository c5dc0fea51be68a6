"""Refresh the pinned environment: ``python3 requirements/refresh.py [--upgrade]``; needs uv and npm on PATH.

Resolves pyproject.toml of the core and the plugins, and package.json, and writes what ``run.py`` installs:
runtime.txt, development.txt (every file by hash, no index addresses) and the package-lock.json of the pages and the browser.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PLAIN = ["--quiet", "--locked", "--no-header", "--no-annotate", "--all-packages", "--no-emit-workspace"]
EXPORTS = {
    "runtime.txt": ["--extra", "embedded", "--no-default-groups", "--group", "build"],
    "development.txt": ["--all-extras", "--all-groups"],
}


def main() -> int:
    """Lock, then export every set."""
    _run("uv", "lock", *(["--upgrade"] if "--upgrade" in sys.argv else []))
    for name, choice in EXPORTS.items():
        _run("uv", "export", *PLAIN, *choice, "--output-file", str(HERE / name))
    for folder in (HERE.parent, HERE / "browser"):
        _run("npm", "install", "--package-lock-only", "--ignore-scripts", "--omit-lockfile-registry-resolved", folder=folder)
    return 0


def _run(*command: str, folder: Path = HERE.parent) -> None:
    subprocess.run(command, cwd=folder, check=True)


if __name__ == "__main__":
    sys.exit(main())
