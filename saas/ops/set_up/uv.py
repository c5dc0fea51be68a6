"""The installer: uv of the machine, else one of our own."""

from __future__ import annotations

import shutil
import sys

from saas.ops.set_up.inputs import TOOLS
from saas.ops.set_up.steps import SetUpFailed, both, say, works

UV = "uv==0.13.*"


def find_uv() -> str:
    """The uv of the machine, else one of our own."""
    own = TOOLS / "uv" / "bin" / "uv"
    for candidate in (shutil.which("uv"), str(own)):
        if candidate and works([candidate, "--version"]):
            return candidate
    say("安装 uv……", "installing uv …")
    quiet = ["--quiet", "--disable-pip-version-check"]
    target = ["install", *quiet, "--target", str(TOOLS / "uv"), "--upgrade", UV]
    if works([sys.executable, "-m", "pip", *target]) and works([own, "--version"]):
        return str(own)
    venv = TOOLS / "pip"
    if works([sys.executable, "-m", "venv", venv]) and works([venv / "bin" / "python", "-m", "pip", *target]):
        return str(own)
    raise SetUpFailed(
        both(
            "找不到 uv，也无法用 pip 安装。请安装 uv，或在 Debian/Ubuntu 上：apt install python3-pip python3-venv；"
            "并确认可以访问 Python 软件源",
            "uv is missing and pip could not install it. Install uv, or on Debian/Ubuntu: apt install python3-pip python3-venv;"
            " and check that the Python package index can be reached",
        )
    )
