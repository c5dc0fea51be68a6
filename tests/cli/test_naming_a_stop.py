"""``stop`` and ``resume`` at a shell: an empty name never widens what is meant to the whole agency."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from saas.cli.stopping import resume_one, stop_one
from saas.kernel.errors import Invalid


@pytest.mark.parametrize("command", [stop_one, resume_one])
@pytest.mark.parametrize("named", [("--client", ""), ("--account", "  "), ("--channel", ""), ("--plugin", "")])
def test_an_empty_name_stops_nothing(command: click.Command, named: tuple[str, str]) -> None:
    result = CliRunner().invoke(command, ["--tenant", "house", *named, "--reason", "asked for"])
    assert isinstance(result.exception, Invalid)
    assert result.exception.code == "nothing_named"
