"""Files that commands write: whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from saas.kernel.errors import Invalid


def written(path: Path, fill: Callable[[BinaryIO], object]) -> None:
    """Write beside the file and put it in its place when it is whole. Invalid where its folder is not there."""
    if not path.absolute().parent.is_dir():
        words = (f"没有这个文件夹：{path.absolute().parent}", f"there is no folder {path.absolute().parent}")
        raise Invalid("no_folder", words, ("先建立它，或换一个位置", "make it first, or name another place"), "--out")
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with part.open("wb") as file:
            fill(file)
        part.replace(path)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()
