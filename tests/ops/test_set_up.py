"""``run.py``: it picks the right installer, sets up only what changed, one at a time, and says why it cannot."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from saas.ops.set_up import browsers, channels, environment, inputs, node, steps, uv
from saas.ops.set_up.steps import SetUpFailed

ROOT = Path(__file__).resolve().parents[2]
STAMP = """
import json, sys
from saas.ops.set_up import inputs
inputs.VENDOR.mkdir(parents=True, exist_ok=True)
inputs.STAMP.write_text(json.dumps({"set": sys.argv[1], "digest": inputs.environment_digest(sys.argv[1])}))
inputs.VENDOR_STAMP.write_text(json.dumps({"digest": inputs.pages_digest()}))
"""


def fake(folder: Path, name: str, body: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what ``run.py`` needs, in a path with a space, with a stamp that says everything is installed."""
    copy = tmp_path / "a checkout"
    shutil.copytree(ROOT / "saas" / "ops", copy / "saas" / "ops", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "requirements", copy / "requirements", ignore=shutil.ignore_patterns("node_modules"))
    for name in ("run.py", "pyproject.toml", "package.json", "package-lock.json", "saas/__init__.py"):
        shutil.copyfile(ROOT / name, copy / name)
    fake(copy / ".venv" / "bin", "python", 'echo "$@"')
    stamp(copy, "runtime")
    return copy


def stamp(copy: Path, kind: str) -> None:
    subprocess.run([sys.executable, "-c", STAMP, kind], cwd=copy, env=clean(copy), check=True)


def clean(copy: Path, **more: str) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if name not in ("QUNFA_VENV", "LC_ALL", "LC_MESSAGES", "LANG")}
    return {**env, "PYTHONPATH": str(copy), "LANG": "en_GB.UTF-8", **more}


def run(copy: Path, *words: str, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(copy / "run.py"), *words]
    return subprocess.run(command, cwd=cwd or copy, env=clean(copy, **more), capture_output=True, text=True, check=False)


def test_any_word_is_handed_to_the_product_from_the_folder_of_the_caller(checkout: Path, tmp_path: Path) -> None:
    fake(checkout / ".venv" / "bin", "python", 'pwd; echo "$@"; exit 7')
    done = run(checkout, "send", "a folder", "--json", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (7, f"{tmp_path}\n-P -m saas.cli send a folder --json\n", "")


def test_a_start_with_everything_installed_takes_no_time(checkout: Path) -> None:
    run(checkout, "x")
    times = []
    for _ in range(5):
        begun = time.monotonic()
        assert run(checkout, "x").returncode == 0
        times.append(time.monotonic() - begun)
    assert min(times) < 0.3


@pytest.mark.parametrize("name", ["requirements/runtime.txt", "pyproject.toml"])
def test_a_changed_input_means_a_new_environment(name: str, checkout: Path) -> None:
    with (checkout / name).open("a") as file:
        file.write("\n# changed\n")
    done = run(
        checkout, "x", PATH=str(fake(checkout / "bin", "uv", '[ "$1" = --version ] || { echo "no index"; exit 2; }').parent)
    )
    assert done.returncode == 3
    assert done.stdout == ""
    assert "installing the Python packages failed\nno index" in done.stderr


def test_an_environment_for_tests_serves_the_product_too_but_not_the_reverse(checkout: Path) -> None:
    broken = str(fake(checkout / "bin", "uv", '[ "$1" = --version ]').parent)
    assert run(checkout, "test", PATH=broken).returncode == 3
    stamp(checkout, "development")
    assert run(checkout, "demo", PATH=broken).returncode == 0


def test_an_environment_with_test_tools_never_loses_them(checkout: Path) -> None:
    asked = fake(checkout / "bin", "uv", '[ "$1" = --version ] || { echo "$@"; exit 2; }')
    for tool, wanted in ((None, "runtime.txt"), ("pytest", "development.txt")):
        (checkout / ".venv" / "qunfa-set-up.json").unlink(missing_ok=True)
        if tool:
            fake(checkout / ".venv" / "bin", tool, "exit 0")
        assert wanted in run(checkout, "demo", PATH=str(asked.parent)).stderr


def test_an_environment_may_live_elsewhere(checkout: Path, tmp_path: Path) -> None:
    shutil.copytree(checkout / ".venv", tmp_path / "else where")
    fake(tmp_path / "else where" / "bin", "python", "echo elsewhere")
    assert run(checkout, "x", QUNFA_VENV=str(tmp_path / "else where")).stdout == "elsewhere\n"


def test_messages_follow_the_language_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert steps.both("中", "en") == "中"
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    assert steps.both("中", "en") == "en"
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert steps.both("中", "en") == "中"


def test_the_machines_uv_comes_first_then_our_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uv, "TOOLS", tmp_path / "tools")
    own = fake(tmp_path / "tools" / "uv" / "bin", "uv", "exit 0")
    machine = fake(tmp_path / "bin", "uv", "exit 0")
    monkeypatch.setenv("PATH", str(machine.parent))
    assert uv.find_uv() == str(machine)
    fake(tmp_path / "bin", "uv", "exit 127")
    assert uv.find_uv() == str(own)


def test_without_uv_and_pip_the_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uv, "TOOLS", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(fake(tmp_path, "python3", "exit 1")))
    with pytest.raises(SetUpFailed, match="apt install python3-pip python3-venv"):
        uv.find_uv()


def test_an_old_python_is_told_which_one_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "OLDEST", (9, 9))
    monkeypatch.setattr(environment, "PYTHON", tmp_path / "missing")
    asked = fake(tmp_path, "uv", 'echo "$@"; exit 2')
    with pytest.raises(SetUpFailed, match=r"Python 3\.11 (or newer is needed|或更新版本)[\s\S]*--python >=3\.11"):
        environment.make_venv(str(asked))


def test_set_up_can_be_read_by_python_three_nine() -> None:
    files = [ROOT / "run.py", ROOT / "saas/__init__.py", ROOT / "saas/ops/__init__.py", *(ROOT / "saas/ops/set_up").glob("*.py")]
    assert len(files) > 8
    for file in files:
        ast.parse(file.read_text(), feature_version=(3, 9))
        assert "import tomllib" not in file.read_text()


def test_two_set_ups_at_once_take_turns(tmp_path: Path) -> None:
    script = "import time, sys; from pathlib import Path; from saas.ops.set_up.steps import Turn\n"
    script += "with Turn(Path(sys.argv[1])):\n print('in', flush=True); time.sleep(0.4); print('out', flush=True)"
    log = tmp_path / "log"
    with log.open("w") as out:
        both = [
            subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "lock")], stdout=out, stderr=subprocess.DEVNULL)
            for _ in "ab"
        ]
        assert [child.wait(30) for child in both] == [0, 0]
    assert log.read_text().split() == ["in", "out", "in", "out"]


def test_the_named_browser_is_taken_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = fake(tmp_path, "chromium", "exit 0")
    monkeypatch.setenv("QUNFA_CHROMIUM", str(good))
    assert browsers.find_browser() == str(good)
    monkeypatch.setenv("QUNFA_CHROMIUM", str(tmp_path / "missing"))
    assert browsers.find_browser() == ""


def test_the_machines_browser_is_found_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUNFA_CHROMIUM", raising=False)
    monkeypatch.setattr(browsers, "BROWSERS", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    good = fake(tmp_path, "google-chrome", "exit 0")
    assert browsers.find_browser() == str(good)


def test_npm_of_the_machine_is_used_and_runs_no_script_of_a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(tmp_path, "npm", f'echo "$@" >> "{tmp_path}/asked"')
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    node.npm(tmp_path)
    assert "ci --ignore-scripts" in (tmp_path / "asked").read_text()


def test_a_broken_stamp_means_not_set_up(tmp_path: Path) -> None:
    assert inputs.read_json(tmp_path / "missing") == {}
    (tmp_path / "broken").write_text("{")
    assert inputs.read_json(tmp_path / "broken") == {}


def test_the_pins_fit_what_the_projects_ask_for() -> None:
    import tomllib

    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())
    names = {_name(line) for line in asked["project"]["dependencies"] + asked["project"]["optional-dependencies"]["embedded"]}
    for plugin in ROOT.glob("plugins/*/pyproject.toml"):
        names |= {_name(line) for line in tomllib.loads(plugin.read_text())["project"]["dependencies"]}
    pinned = {line.split("==")[0] for line in (ROOT / "requirements" / "runtime.txt").read_text().splitlines() if "==" in line}
    assert names - {"qunfa", "qunfa-channels"} <= pinned, "run: python3 requirements/refresh.py"
    assert (
        json.loads((ROOT / "package-lock.json").read_text())["packages"][""]["dependencies"]
        == json.loads((ROOT / "package.json").read_text())["dependencies"]
    ), "run: python3 requirements/refresh.py"


def _name(requirement: str) -> str:
    import re

    return re.split(r"[\[<>=~!; ]", requirement)[0].lower().replace("_", "-")


def test_a_strangers_channel_is_installed_with_the_contract_in_versions_the_product_is_pinned_to(tmp_path: Path) -> None:
    asked = fake(tmp_path / "bin", "uv", f'[ "$1" = --version ] || echo "$@" >> "{tmp_path}/asked"')
    board = tmp_path / "a board"
    board.mkdir()
    (board / "pyproject.toml").touch()
    env = {
        "PATH": f"{asked.parent}:{os.environ['PATH']}",
        "QUNFA_VENV": str(tmp_path / "venv"),
        "LANG": "en_GB.UTF-8",
        "LC_ALL": "",
    }
    for place, code in ((str(board), 0), ("qunfa-board==1.2", 0), (str(tmp_path / "bin"), 2), ("--index-url=x", 2), ("a/b", 2)):
        words = [sys.executable, "-m", "saas.cli", "channel", "install", "--", place]
        done = subprocess.run(words, cwd=tmp_path, env={**os.environ, **env}, capture_output=True, text=True, check=False)
        assert done.returncode == code and "Traceback" not in done.stderr, done.stderr
    folder, package = (tmp_path / "asked").read_text().splitlines()
    beside = f"--python {sys.executable} --constraint {ROOT / 'requirements' / 'runtime.txt'} {ROOT / 'contract'}"
    assert folder == f"pip install --quiet {beside} --editable {board}"
    assert package == f"pip install --quiet {beside} qunfa-board==1.2"


def test_a_new_environment_gets_the_channels_of_strangers_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(channels, "TOOLS", tmp_path)
    monkeypatch.setattr(channels, "REMEMBERED", tmp_path / "channels.json")
    monkeypatch.setattr(environment, "STAMP", tmp_path / "stamp.json")
    monkeypatch.setattr(environment, "make_venv", lambda uv: None)
    monkeypatch.setattr(environment, "PYTHON", fake(tmp_path / "venv", "python", "exit 0"))
    body = f'echo "$@" >> "{tmp_path}/asked"; case "$*" in *gone*) echo "no such folder"; exit 1;; esac'
    monkeypatch.setattr(environment, "find_uv", lambda: str(fake(tmp_path, "uv", body)))
    for place in ("gone", "qunfa-board"):
        channels.remember(place)
    environment.build_environment("runtime")
    assert (tmp_path / "stamp.json").exists()
    assert "gone" in capsys.readouterr().err
    assert (tmp_path / "asked").read_text().splitlines()[-1].endswith(" qunfa-board")
