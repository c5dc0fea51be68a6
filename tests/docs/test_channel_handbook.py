"""The tutorial works as written; every hook has the page its docstring makes; the kit's page names its checks."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from saas.channels import CONTRACT
from saas.channels.conformance import CHECKS
from saas.channels.handbook import page as hook_page
from saas.channels.registry import hook_names
from saas.channels.rehearsal import Rehearsal
from tests.docs.conftest import page, rows, spans

TUTORIAL, KIT = "docs/channels/tutorial.md", "docs/channels/kit.md"
BLOCK = re.compile(r"^```(console|diff) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
REMEDY = "python3 -m saas.channels.handbook docs/channels/hooks"


def type_in(command: str, folder: Path) -> str:
    """What a command says, on whichever stream."""
    program, script, *words = shlex.split(command)
    assert (program, script) == ("python3", "run.py")
    known = {**os.environ, "LANG": "en_US.UTF-8", "LC_ALL": ""}
    asked = [sys.executable, "-m", "saas.cli", *words]
    done = subprocess.run(asked, cwd=folder, env=known, capture_output=True, text=True, timeout=180, check=False)
    assert "Traceback" not in done.stderr
    return " ".join((done.stdout + done.stderr).split())


def change(file: Path, diff: str) -> None:
    """Put the lines with + where the lines with - stand."""
    lines = diff.splitlines()
    old = "\n".join(line[1:] for line in lines if line.startswith("-"))
    new = "\n".join(line[1:] for line in lines if line.startswith("+"))
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file.name}: {old}"
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_the_tutorial_works_as_it_is_written(tmp_path: Path) -> None:
    blocks = BLOCK.findall(page(TUTORIAL).text)
    assert len(blocks) > 10
    for kind, file, content in blocks:
        if kind == "diff":
            change(tmp_path / file, content)
            continue
        command, *shown = content.splitlines()
        said = type_in(command.removeprefix("$ "), tmp_path)
        assert [line for line in shown if " ".join(line.split()) not in said] == [], said


def test_every_hook_has_the_page_its_docstring_makes(root: Path) -> None:
    folder = root / "docs" / "channels" / "hooks"
    assert {file.stem for file in folder.glob("*.md")} == set(hook_names()), REMEDY
    stale = [name for name in hook_names() if (folder / f"{name}.md").read_text(encoding="utf-8") != hook_page(name)]
    assert stale == [], REMEDY


def test_the_page_of_the_kit_names_every_check_and_every_field_it_is_told() -> None:
    promises = [spans(row[0])[0] for row in rows(page(KIT).section("The promises")) if row[0] != "id"]
    assert promises == ["contract", *(check.id for check in CHECKS)]
    told = [spans(row[0])[0] for row in rows(page(KIT).section("What the kit must be told")) if row[0] != "field"]
    assert told == list(Rehearsal.__dataclass_fields__)


def test_the_number_of_promises_people_read_is_right() -> None:
    assert f"{len(CHECKS) + 1} promises" in page("CHANGELOG.md").text


def test_the_page_on_versions_speaks_of_the_contract_there_is() -> None:
    text = page("docs/channels/publishing.md").section("Versions")
    assert "saas.channels.CONTRACT" in text
    assert f"left out, it is {CONTRACT}" in text
