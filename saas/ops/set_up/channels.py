"""Channels that others wrote, in a checkout's environment: installed, and again when it is made anew. Runs on Python 3.9."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from saas.ops.set_up.inputs import PYTHON, ROOT, TOOLS, VENV, read_json
from saas.ops.set_up.steps import Part, SetUpFailed, do, say

REMEMBERED = TOOLS / "channels.json"
CONTRACT = ROOT / "contract"


def install_channel(uv: str, place: str, python: Path, pinned: Path) -> None:
    """Install a channel beside the product; nothing the product needs changes its version. SetUpFailed.

    ``place``: the folder of a distribution, a wheel, or what a package index is asked for. The contract comes along as a
    distribution of its own: a checkout has its modules, which no installer can see.
    """
    contract: list[Part] = [CONTRACT] if CONTRACT.is_dir() else []
    wanted: list[Part] = ["--editable", place] if Path(place).is_dir() else [place]
    limits: list[Part] = ["--constraint", pinned] if pinned.is_file() else []
    step: list[Part] = [uv, "pip", "install", "--quiet", "--python", python, *limits, *contract, *wanted]
    do("渠道安装失败", "installing the channel failed", step)


def remember(place: str) -> None:
    """Have the set-up install it again whenever it makes this environment anew."""
    kept = read_json(REMEMBERED)
    kept[str(VENV)] = sorted({*remembered(), place})
    TOOLS.mkdir(exist_ok=True)
    REMEMBERED.write_text(json.dumps(kept))


def remembered() -> list[str]:
    """What was installed into this environment."""
    return [str(place) for place in read_json(REMEMBERED).get(str(VENV), ())]


def install_again(uv: str, pinned: Path, places: Iterable[str]) -> None:
    """After a set-up that left nothing but what is pinned. One that cannot be is told and left out."""
    for place in places:
        try:
            install_channel(uv, place, PYTHON, pinned)
        except SetUpFailed as error:
            say(f"渠道 {place} 没有装回：{error}", f"the channel {place} was not installed again: {error}")
