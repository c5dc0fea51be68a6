"""An agency of one's own: made whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from saas.cli.installation import init
from saas.kernel.errors import Invalid


@pytest.mark.parametrize(("owner", "password"), [("owner@agency.example", "short"), ("nobody", "four words in a row")])
def test_an_owner_who_cannot_be_is_refused_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: str, password: str
) -> None:
    monkeypatch.setenv("QUNFA_HOME", str(tmp_path / "home"))
    words = ["--name", "某某", "--slug", "moumou", "--owner", owner, "--password", password]
    result = CliRunner().invoke(init, words, standalone_mode=False)
    assert isinstance(result.exception, Invalid)
    assert not (tmp_path / "home").exists()
