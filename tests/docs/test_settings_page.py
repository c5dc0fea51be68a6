"""The settings page names every environment variable that is read, and no other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from saas.kernel.settings import Settings
from tests.docs.conftest import page, rows, spans

VARIABLE = re.compile(r"^(QUNFA_[A-Z_]+|DATABASE_(OWNER_)?URL|REDIS_URL|LC_ALL|LC_MESSAGES|LANG)$")
SETTINGS = {
    "database_url": "DATABASE_URL",
    "redis_url": "REDIS_URL",
    "secret_key": "QUNFA_SECRET_KEY",
    "encryption_keys": "QUNFA_ENCRYPTION_KEYS",
    "owner_url": "DATABASE_OWNER_URL",
    "home": "QUNFA_HOME",
    "base_url": "QUNFA_BASE_URL",
    "simulators": "QUNFA_SIMULATORS",
    "proxies": "QUNFA_PROXIES",
    "worker_memory": "QUNFA_WORKER_MEMORY",
    "link_check": "QUNFA_LINK_CHECK",
    "smtp": "QUNFA_SMTP",
    "mail_from": "QUNFA_MAIL_FROM",
    "lines": "QUNFA_LINES",
    "private_hosts": "QUNFA_PRIVATE_HOSTS",
}


def on_the_page() -> set[str]:
    table = rows(page("docs/architecture.md").section("Settings"))
    return {name for row in table for name in spans(row[0])}


def in_the_code(root: Path) -> set[str]:
    files = [root / "run.py", *(file for folder in ("saas", "bench", "tests") for file in (root / folder).rglob("*.py"))]
    constants = (node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    return {node.value for node in constants if isinstance(node, ast.Constant) and VARIABLE.match(str(node.value))}


def test_the_settings_page_names_every_variable_the_code_reads(root: Path) -> None:
    assert on_the_page() == in_the_code(root)


def test_every_field_of_the_settings_comes_from_a_variable_of_the_page() -> None:
    derived = {"secure_cookies"}
    assert set(Settings.__dataclass_fields__) - derived == set(SETTINGS)
    assert set(SETTINGS.values()) <= on_the_page()


def test_the_settings_of_the_readme_stand_on_the_settings_page() -> None:
    for name in ("README.md", "README.zh-CN.md"):
        named = {word for row in rows(page(name).text) for word in spans(row[0]) if VARIABLE.match(word)}
        assert len(named) >= 8
        assert named <= on_the_page()
