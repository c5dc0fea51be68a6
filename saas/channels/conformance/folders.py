"""A channel that is not installed yet: found in the folder of its distribution, by the entry point its pyproject names."""

from __future__ import annotations

import importlib
import sys
import tomllib
from pathlib import Path

from saas.channels.registry import GROUP, BadChannel


def plugins_in(folder: Path) -> list[tuple[str, object]]:
    """The channels a folder's ``pyproject.toml`` names, imported from there. BadChannel when there are none, or they break."""
    try:
        told = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadChannel(f"{folder}: there is no pyproject.toml that can be read ({type(error).__name__})") from error
    points = told.get("project", {}).get("entry-points", {}).get(GROUP, {})
    if not points:
        raise BadChannel(f'{folder}/pyproject.toml: there is no [project.entry-points."{GROUP}"]')
    sys.path.insert(0, str(folder.resolve()))
    return [(name, _imported(name, str(place))) for name, place in sorted(points.items())]


def _imported(name: str, place: str) -> object:
    module, _, attribute = place.partition(":")
    try:
        found: object = importlib.import_module(module)
        for part in attribute.split(".") if attribute else ():
            found = getattr(found, part)
    except Exception as error:
        raise BadChannel(f"channel '{name}': {module} cannot be imported: {type(error).__name__}: {error}") from error
    return found
