"""Bring the environment and the pages' parts up to date; ``run.py`` calls this when something changed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from saas.ops.set_up.channels import install_again, remembered
from saas.ops.set_up.inputs import (
    PYTHON,
    ROOT,
    STAMP,
    TOOLS,
    VENV,
    environment_digest,
    environment_is_current,
    pages_are_current,
    read_json,
)
from saas.ops.set_up.pages import build_pages
from saas.ops.set_up.steps import Part, Turn, do, say, works
from saas.ops.set_up.uv import find_uv

OLDEST = (3, 11)


def set_up(wanted: str) -> None:
    """Bring environment and pages up to date; a second set-up at the same time waits for the first."""
    TOOLS.mkdir(exist_ok=True)
    with Turn(TOOLS / "lock"):
        if not environment_is_current(wanted):
            # What somebody's tests run on is never taken away, even after a set-up that broke off.
            if read_json(STAMP).get("set") == "development" or (VENV / "bin" / "pytest").exists():
                wanted = "development"
            build_environment(wanted)
        if not pages_are_current():
            build_pages()
    say("准备就绪", "set up")


def build_environment(wanted: str) -> None:
    """Make the virtual environment hold exactly the pinned packages and the local ones."""
    uv = find_uv()
    say("安装 Python 依赖……", "installing Python packages …")
    make_venv(uv)
    STAMP.unlink(missing_ok=True)
    requirements = ROOT / "requirements" / f"{wanted}.txt"
    sync: list[Part] = [uv, "pip", "sync", "--quiet", "--compile-bytecode", "--python", PYTHON, "--require-hashes"]
    do("Python 依赖安装失败", "installing the Python packages failed", [*sync, requirements])
    local: list[Part] = [part for folder in [ROOT, *local_plugins()] for part in ("--editable", folder)]
    install: list[Part] = [uv, "pip", "install", "--quiet", "--python", PYTHON, "--no-deps", "--no-build-isolation", *local]
    do("本项目的包安装失败", "installing the project itself failed", install)
    install_again(uv, requirements, remembered())
    # The first start shall not wait for what can be done now.
    subprocess.run([PYTHON, "-m", "compileall", "-q", ROOT / "saas", *local_plugins()], check=False, capture_output=True)
    STAMP.write_text(json.dumps({"set": wanted, "digest": environment_digest(wanted)}))


def local_plugins() -> list[Path]:
    """The channel plugins of the checkout."""
    return [file.parent for file in sorted(ROOT.glob("plugins/*/pyproject.toml"))]


def make_venv(uv: str) -> None:
    """Create the environment, or create it again where its Python is gone or too old."""
    if works([PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]):
        return
    python = sys.executable if sys.version_info >= OLDEST else ">=3.11"
    clear = ["--clear"] if (VENV / "pyvenv.cfg").exists() else []
    do(
        f"需要 Python 3.11 或更新版本，当前是 {sys.version.split()[0]}",
        f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}",
        [uv, "venv", "--quiet", "--no-project", *clear, "--python", python, VENV],
    )
