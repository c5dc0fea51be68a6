"""Why a server or the stack does not start, in words its user can act on."""

from __future__ import annotations


class CannotStart(Exception):
    """Something needed is missing or wrong: ``zh`` and ``en`` say what, and what to do."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


class AlreadyRunning(CannotStart):
    """Another process uses this data folder."""

    def __init__(self, folder: object) -> None:
        super().__init__(
            f"数据目录 {folder} 正在被另一个进程使用；请先停止它，或用 QUNFA_HOME 指定别的目录",
            f"the data folder {folder} is in use by another process; stop it, or name another folder in QUNFA_HOME",
        )
        self.folder = folder
