"""Which failures of the whole run are looked at again, alone, and which never are."""

from __future__ import annotations

import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

PROGRAM = Path(__file__).resolve().parents[2] / ".ci/second_look.py"
CALM, MONEY = "tests/browser/test_pages.py::test_a_page_opens", "tests/delivery/test_engine.py::test_check_06_a_hundred"


@pytest.fixture
def look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The program, reading a record of the test's own."""
    described = spec_from_file_location("second_look", PROGRAM)
    assert described and described.loader
    program = module_from_spec(described)
    described.loader.exec_module(program)
    monkeypatch.setattr(program, "RECORD", tmp_path / "lastfailed")
    return program


def command(tmp_path: Path, fails_at: int) -> list[str]:
    """A program that counts its runs, one a line, and fails at the given one."""
    lines = "import sys; from pathlib import Path; p = Path(sys.argv[1]); p.open('a').write('run\\n');"
    return [sys.executable, "-c", f"{lines} sys.exit(len(p.read_text().split()) == {fails_at})", str(tmp_path / "runs")]


@pytest.mark.parametrize(("fails_at", "status", "runs"), [(0, 0, 3), (1, 1, 1), (3, 1, 3)])
def test_a_test_is_excused_by_three_passes_alone(
    look: ModuleType, tmp_path: Path, fails_at: int, status: int, runs: int, capfd: pytest.CaptureFixture[str]
) -> None:
    look.RECORD.write_text(json.dumps({CALM: True}))
    assert look.main(command(tmp_path, fails_at)) == status
    assert (tmp_path / "runs").read_text().split() == ["run"] * runs
    assert ("passed 3 times alone" in capfd.readouterr().err) is (status == 0)


@pytest.mark.parametrize("failed", [[MONEY], [CALM, MONEY], [f"{CALM}[{n}]" for n in range(6)], []])
def test_what_touches_money_many_at_once_and_nothing_at_all_are_not_excused(
    look: ModuleType, tmp_path: Path, failed: list[str]
) -> None:
    look.RECORD.write_text(json.dumps(dict.fromkeys(failed, True)))
    assert look.main(command(tmp_path, 0)) == 1
    assert not (tmp_path / "runs").exists()
