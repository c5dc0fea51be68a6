"""The borders: who may import whom, read the environment, speak on standard output."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.conftest import Source

SPEAKERS = ("saas/cli", "saas/channels/simulator/__main__.py")
READERS = ("saas/kernel/settings.py", "saas/ops/", "saas/cli")


def imported(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module


def test_rooms_import_one_way(root: Path) -> None:
    lint = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache"]
    done = subprocess.run(lint, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_plugins_import_the_contract_alone(product: list[Source]) -> None:
    strays = [
        f"{source.name}: {name}"
        for source in product
        if source.name.startswith("plugins/")
        for name in imported(source)
        if name.split(".")[0] == "saas" and not (name == "saas.channels" or name.startswith("saas.channels."))
    ]
    assert strays == [], "import from saas.channels"


def test_the_core_never_imports_a_plugin(product: list[Source], root: Path) -> None:
    packages = {folder.name for folder in root.glob("plugins/*/qunfa_*")}
    assert packages
    core = [source for source in product if source.name.startswith("saas/")]
    assert [f"{source.name}: {name}" for source in core for name in imported(source) if name.split(".")[0] in packages] == []


def test_only_the_command_line_prints(product: list[Source]) -> None:
    prints = [
        f"{source.name}:{node.lineno}"
        for source in product
        if not source.name.startswith(SPEAKERS)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert prints == [], "give the value to the caller, or log it"


def test_only_the_settings_and_operations_read_the_environment(product: list[Source]) -> None:
    readers = [
        f"{source.name}:{node.lineno}"
        for source in product
        if not source.name.startswith(READERS)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute)
        and node.attr in ("environ", "getenv")
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    ]
    assert readers == [], "read it in saas/kernel/settings.py and pass the Settings"


def test_nothing_is_pickled(product: list[Source]) -> None:
    loaders = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}
    assert [f"{source.name}: {name}" for source in product for name in imported(source) if name.split(".")[0] in loaders] == []


def test_templates_need_nothing_the_content_policy_forbids(root: Path) -> None:
    faults = [
        f"{file.relative_to(root)}: {fault}"
        for file in root.glob("saas/web/**/*.html")
        for fault in template_faults(file.read_text())
    ]
    assert faults == [], "use classes, data attributes and files of script and style"


def test_the_template_lint_finds_what_it_looks_for() -> None:
    for bad in (
        '<p style="x">',
        '<a onclick="go()">',
        '<div hx-on:click="x">',
        "<div hx-vals='js:{a: 1}'>",
        "<script>alert(1)</script>",
        '<a href="javascript:x">',
        '<div hx-trigger="click[ctrlKey]">',
        "<style>p {}</style>",
    ):
        assert template_faults(bad), bad
    assert template_faults('<script src="/a.js" defer></script><p class="style" data-on="x">style="on"</p>') == []


def template_faults(text: str) -> list[str]:
    """What a page under a strict content policy cannot have, in a template's text."""
    import re

    rules = {
        "a style attribute": r"<[a-z][^>]*\sstyle\s*=",
        "an inline handler": r"<[a-z][^>]*\son[a-z]+\s*=",
        "hx-on": r"<[a-z][^>]*\shx-on[:-]",
        "hx-vals with js:": r"hx-vals\s*=\s*['\"]\s*(js|javascript):",
        "an hx-trigger filter": r"hx-trigger\s*=\s*\"[^\"]*\[",
        "a javascript: address": r"(href|src|action)\s*=\s*['\"]\s*javascript:",
        "an inline script": r"<script(?![^>]*\b(src|nonce)=)[^>]*>",
        "an inline style": r"<style(?![^>]*\bnonce=)[^>]*>",
    }
    return [name for name, rule in rules.items() if re.search(rule, text, re.IGNORECASE)]
