"""What the architecture page says of rooms, tables, roles and times is what the code says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from saas.delivery import engine, host, policy, polling, ring, scheduling
from saas.ops.embedded import roles
from saas.tenants import tokens
from saas.tenants.actor import RIGHTS, ROLE_WORDS
from tests.docs.conftest import page, rows, spans

PAGE = "docs/architecture.md"


def sql(root: Path) -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in sorted((root / "migrations").rglob("*.sql")))


def test_the_line_of_rooms_is_the_one_the_linter_holds(root: Path) -> None:
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    line = " → ".join(re.sub(r"[()]|saas\.", "", layer) for layer in layers)
    assert line in spans(page(PAGE).section("Rooms"))


def test_every_room_is_described(root: Path) -> None:
    rooms = {path.parent.name for path in (root / "saas").glob("*/__init__.py")} | {"app"}
    described = {name for row in rows(page(PAGE).section("Rooms")) for name in spans(row[0])}
    assert described == rooms


def test_every_table_of_the_database_is_described(root: Path) -> None:
    tables = set(re.findall(r"^CREATE TABLE (\w+)", sql(root), re.MULTILINE))
    described = {name for row in rows(page(PAGE).section("Tables")) for name in spans(row[0])}
    assert len(tables) > 20
    assert described == tables


def test_every_crossing_is_named(root: Path) -> None:
    crossings = set(re.findall(r"CREATE FUNCTION (\w+)\([^)]*\)[^;]*?SECURITY DEFINER", sql(root)))
    text = page(PAGE).section("Database roles")
    assert len(crossings) >= 6
    assert crossings <= set(spans(text))


def test_the_roles_to_create_are_the_ones_the_product_uses() -> None:
    block = next(block for block in page(PAGE).blocks() if "CREATE ROLE" in block)
    assert set(re.findall(r"CREATE ROLE (\w+)", block)) == {roles.OWNER, roles.APP, roles.SYSTEM}
    assert f"CREATE DATABASE {roles.DATABASE} OWNER {roles.OWNER}" in block
    described = {name for row in rows(page(PAGE).section("Database roles")) for name in spans(row[0])}
    assert described == {roles.OWNER, roles.APP, roles.SYSTEM}


def test_the_rights_of_each_role_are_the_ones_of_the_code() -> None:
    table = [row for row in rows(page(PAGE).section("Members and rights")) if row[0].startswith("`")]
    described = {role: set(spans(row[1])) for row in table for role in spans(row[0])}
    assert described == {role: {right for right, roles in RIGHTS.items() if role in roles} for role in ROLE_WORDS}


def test_the_times_on_the_page_are_the_ones_of_the_code() -> None:
    text = page(PAGE).text
    gaps = ", ".join(f"{gap:g}" for gap in polling.LOOKUP_GAPS)
    for sentence in (
        f"A lease lives {host.LEASE.seconds} s and is moved on every {host.HEARTBEAT:g} s",
        f"no new call begins {host.CALL_MARGIN:g} s before",
        f"asked after {policy.LOOKUP_FIRST:g} s, then after {gaps} s",
        f"only within {policy.KEY_MARGIN:.0%}".replace("%", " %"),
        f"at its next tick ({scheduling.TICK:g} s)",
        f"else {policy.POLL_WITHOUT_WORD:g} s after",
    ):
        assert sentence in text, sentence
    assert (policy.REPEATS_BY_KEY, policy.BLIND_ROWS, ring.MOST_WAITING, engine.TURN_SECONDS) == (6, 4, 4, 2.0)


def test_the_scopes_of_tokens_are_the_ones_of_the_code() -> None:
    scopes = [spans(row[0])[0] for row in rows(page("docs/api.md").section("Tokens")) if row[0].startswith("`")]
    assert tuple(scopes) == tokens.SCOPES
    assert f"begins with `{tokens.PREFIX}`" in page("docs/api.md").text.replace("\n", " ")
