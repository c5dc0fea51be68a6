"""Where a plugin's code lies."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any


def module_of(plugin: Any) -> Any:
    """The module a plugin is, or comes from."""
    return plugin if hasattr(plugin, "__file__") else sys.modules[type(plugin).__module__]


def folder_of(plugin: Any) -> str:
    """Its package's folder, or the file itself where it is a single one."""
    file = Path(str(module_of(plugin).__file__))
    return str(file.parent) if (file.parent / "__init__.py").exists() else str(file)
