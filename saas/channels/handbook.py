"""The pages of the hooks, made from their docstrings: ``python -m saas.channels.handbook FOLDER`` writes them anew."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

from saas.channels import spec
from saas.channels.approving import OF_APPROVALS
from saas.channels.registry import hook_names

ALL = ("findings",)
"""Hooks that reach every plugin at once."""


def page(name: str) -> str:
    """The page of one hook: its signature, when it is called, what may be left out, and its docstring as it stands."""
    hook = getattr(spec, name)
    told = inspect.cleandoc(hook.__doc__ or "").replace("``", "`")
    written = inspect.signature(hook)
    kind = "async def" if inspect.iscoroutinefunction(hook) else "def"
    shown = ", ".join(f"{one.name}: {_named(one.annotation)}" for one in written.parameters.values())
    lines = [
        f"# `{name}`",
        "",
        "```python",
        "@hookimpl",
        f"{kind} {name}({shown}) -> {_named(written.return_annotation)}: ...",
        "```",
        "",
        told,
        "",
        f"Obligatory: {_obligatory(name)}. {_reach(name, list(written.parameters))}",
        "",
        "[All hooks](../README.md#hooks)",
        "",
    ]
    return "\n".join(lines)


def _named(annotation: object) -> str:
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))


def _obligatory(name: str) -> str:
    if name in OF_APPROVALS and name != "callback":
        return "with an approval"
    return "yes" if name in spec.REQUIRED else "with a portal" if name in spec.OF_PORTALS else "no"


def _reach(name: str, arguments: list[str]) -> str:
    whose = "portal" if name in spec.OF_PORTALS else "account"
    reach = "Called on every plugin." if name in ALL else f"Called on the {whose}'s own channel alone."
    return reach + (" Arguments that are not needed may be left out." if arguments else "")


def write(folder: Path) -> None:
    """Write every page, and take away those of hooks that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in hook_names():
        (folder / f"{name}.md").write_text(page(name), encoding="utf-8")
    for file in folder.glob("*.md"):
        if file.stem not in hook_names():
            file.unlink()


if __name__ == "__main__":
    write(Path(sys.argv[1]))
