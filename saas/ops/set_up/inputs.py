"""Where set-up puts things, and whether what is there was made from the inputs as they are now."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
TOOLS = ROOT / ".tools"
VENV = Path(os.environ.get("QUNFA_VENV") or ROOT / ".venv").absolute()
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "qunfa-set-up.json"
VENDOR = ROOT / "saas" / "web" / "static" / "vendor"
VENDOR_STAMP = VENDOR / "set-up.json"


def environment_is_current(wanted: str) -> bool:
    """Whether the environment holds what ``wanted`` asks for, from the inputs as they are now."""
    stamp = read_json(STAMP)
    have = str(stamp.get("set"))
    enough = have == wanted or have == "development"
    return enough and os.access(PYTHON, os.X_OK) and stamp.get("digest") == environment_digest(have)


def pages_are_current() -> bool:
    """Whether the prebuilt parts of the pages were made from the inputs as they are now."""
    return read_json(VENDOR_STAMP).get("digest") == pages_digest()


def environment_digest(name: str) -> str:
    """Editable packages point into the checkout, so its place counts too."""
    projects = [ROOT / "pyproject.toml", *sorted(ROOT.glob("plugins/*/pyproject.toml"))]
    return digest([ROOT / "requirements" / f"{name}.txt", *projects], str(ROOT))


def pages_digest() -> str:
    """The inputs of the vendor folder."""
    assets = ROOT / "saas" / "ops" / "assets"
    return digest([ROOT / "package.json", ROOT / "package-lock.json", assets / "icons.txt", assets / "__init__.py"])


def digest(files: list[Path], salt: str = "") -> str:
    """One hash over the contents of files that may be missing."""
    total = hashlib.sha256(salt.encode())
    for file in files:
        content = file.read_bytes() if file.exists() else b""
        total.update(f"{file.name} {len(content)}\n".encode() + content)
    return total.hexdigest()


def read_json(file: Path) -> dict[str, Any]:
    """The stamp in a file; nothing when it is missing or broken."""
    try:
        stamp: dict[str, Any] = json.loads(file.read_text())
        return stamp
    except (OSError, ValueError):
        return {}
