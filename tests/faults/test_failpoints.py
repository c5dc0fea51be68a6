"""Points cost nothing while nobody listens, each lies somewhere, and nothing but the trial's own children can arm them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from saas.kernel import failpoints
from saas.ops.faults.wishes import ANYWHERE, ON_ROUTES

ROOT = Path(__file__).resolve().parents[2]
ARMS = "saas/ops/faults/roles.py"


def sources() -> list[Path]:
    return [file for folder in ("saas", "plugins", "bench") for file in sorted((ROOT / folder).rglob("*.py"))]


def test_every_point_lies_on_the_path_once_and_is_one_of_the_list() -> None:
    reached = [m for file in sources() for m in re.findall(r"failpoints\.(?:reach|visitor)\(\"(\w+)\"", file.read_text())]
    assert sorted(reached) == sorted(failpoints.POINTS)


def test_every_point_is_one_that_somebody_can_die_at() -> None:
    wanted = {point for points in ANYWHERE.values() for point in points} | set(ON_ROUTES)
    assert set(failpoints.POINTS) - wanted == {"after_ask", "in_lookup", "in_stand_aside"}


def test_only_the_children_of_a_trial_arm_them() -> None:
    arming = {
        file.relative_to(ROOT).as_posix()
        for file in sources()
        for node in ast.walk(ast.parse(file.read_text()))
        if (isinstance(node, ast.Attribute) and node.attr == "arm")
        or (isinstance(node, ast.Attribute) and node.attr == "visitor" and isinstance(node.ctx, ast.Store))
        or (isinstance(node, ast.ImportFrom) and node.module == "saas.kernel.failpoints")
    }
    assert arming == {ARMS}


def test_nothing_that_runs_in_production_imports_the_trial() -> None:
    importing = {
        file.relative_to(ROOT).as_posix()
        for file in sources()
        if re.search(r"^\s*(from|import) saas\.ops\.faults", file.read_text(), re.MULTILINE)
        and "saas/ops/faults/" not in file.as_posix()
    }
    assert importing == {"saas/cli/soak.py"}


def test_a_point_that_is_heard_names_itself_and_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[str, str]] = []
    monkeypatch.setattr(failpoints, "visitor", lambda point, where: heard.append((point, where)))
    failpoints.reach("before_claim", "wecom/app/app")
    monkeypatch.setattr(failpoints, "visitor", None)
    failpoints.reach("after_claim", "wecom/app/app")
    assert heard == [("before_claim", "wecom/app/app")]
