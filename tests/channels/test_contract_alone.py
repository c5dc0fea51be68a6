"""The contract is a distribution of its own: with it and what it declares, and nothing of the product, a channel's tests pass."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DECLARED = ("aiohttp", "orjson", "pluggy")
RUN = "import sys; sys.path[:0] = {paths!r}; {work}"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the contract's wheel, what it declares, and pytest."""
    folder = tmp_path_factory.mktemp("alone")
    built = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "wheels")]
    subprocess.run(built, cwd=ROOT / "contract", check=True, capture_output=True, timeout=120)
    (wheel,) = (folder / "wheels").glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    for name in closure("aiohttp", "orjson", "pluggy", "pytest"):
        link(name, folder / "site")
    return folder / "site"


def closure(*names: str) -> set[str]:
    """The distributions these need, and theirs."""
    found: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name in found:
            continue
        found.add(name)
        needs = distribution(name).requires or []
        left += [re.split(r"[^A-Za-z0-9._-]", need)[0] for need in needs if "extra ==" not in need and applies(need)]
    return found


def applies(need: str) -> bool:
    """Whether a requirement is meant for this machine: it is installed then."""
    try:
        distribution(re.split(r"[^A-Za-z0-9._-]", need)[0])
    except ModuleNotFoundError:
        return False
    return True


def link(name: str, site: Path) -> None:
    """Make a distribution's packages importable from there."""
    for file in distribution(name).files or ():
        top = file.parts[0]
        if top not in ("..", "__pycache__") and not (site / top).exists():
            (site / top).symlink_to(Path(str(distribution(name).locate_file(top))))


def python(alone: Path, work: str, *more: Path) -> subprocess.CompletedProcess[str]:
    code = RUN.format(paths=[str(alone), *map(str, more)], work=work)
    return subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, timeout=180, check=False)


def test_the_wheel_declares_exactly_what_it_needs(alone: Path) -> None:
    (metadata,) = alone.glob("qunfa_channels-*.dist-info/METADATA")
    needs = re.findall(r"^Requires-Dist: ([A-Za-z0-9-]+)", metadata.read_text(), re.MULTILINE)
    assert tuple(sorted(needs)) == DECLARED


def test_nothing_of_the_product_is_there(alone: Path) -> None:
    work = "import saas.channels, saas.channels.conformance, saas.channels.skeleton, saas.channels.simulator.server"
    assert python(alone, work).returncode == 0
    for module in ("saas.kernel", "saas.delivery", "flask", "sqlalchemy", "click"):
        done = python(alone, f"import {module}")
        assert "ModuleNotFoundError" in done.stderr, module


def typed(alone: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """``python -m saas.channels`` with those words, in that folder."""
    work = f"import os, runpy; os.chdir({str(folder)!r}); sys.argv = {['saas.channels', *words]!r}; "
    return python(alone, work + "runpy.run_module('saas.channels', run_name='__main__')")


def test_a_stranger_begins_and_verifies_a_channel_with_the_contract_alone(alone: Path, tmp_path: Path) -> None:
    new = typed(alone, tmp_path, "new", "village_board")
    assert new.returncode == 0 and "python -m saas.channels verify village_board" in new.stderr
    good = typed(alone, tmp_path, "verify", "village_board", "--check", "caps", "--json")
    assert good.returncode == 0 and "used up: messages_day" in good.stdout
    rules = tmp_path / "village_board/qunfa_village_board/rules.toml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("amount = 60", "amount = 40"), encoding="utf-8")
    bad = typed(alone, tmp_path, "verify", "village_board", "--check", "caps")
    assert bad.returncode == 1
    assert "✗ village_board  caps" in bad.stdout and "messages_day declares 40, and the platform took more" in bad.stdout


def test_what_cannot_be_done_with_the_contract_alone_is_said_in_a_sentence(alone: Path, tmp_path: Path) -> None:
    for words, said in (
        (("new", "wecom"), "'wecom' is a channel the product comes with"),
        (("verify", "."), "the folder '.' has no pyproject.toml"),
        (("verify", "--all"), "no channel is installed"),
    ):
        done = typed(alone, tmp_path, *words)
        assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr, done.stderr


def test_a_plugins_own_tests_pass_with_the_contract_alone(alone: Path) -> None:
    folder = ROOT / "plugins" / "webhook"
    words = ["-q", "-p", "no:cacheprovider", "--import-mode=importlib", "--rootdir", str(folder), "-c", "/dev/null"]
    chosen = [str(folder / "tests"), "-k", "test_webhook or content or repeat or import"]
    done = python(alone, f"import pytest; sys.exit(pytest.main({[*words, *chosen]!r}))", folder)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert "passed" in done.stdout
