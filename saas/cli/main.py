"""The commands, and what their exit codes mean: 0 all went out, 1 something did not, 2 bad input, 3 cannot start."""

from __future__ import annotations

import sys

import click

from saas.cli import accounts, campaigns, demo, installation, processes, rehearsals, sending, waiting
from saas.cli.saying import BAD_INPUT, CANNOT_START, NOT_ALL, say, show_problem
from saas.kernel.errors import Forbidden, NotFound, Problem


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """群发 Qunfa: one campaign to every client account, under every cap, exactly once."""


for module in (demo, sending, campaigns, accounts, rehearsals, waiting, installation, processes):
    for command in module.COMMANDS:
        cli.add_command(command)


def main() -> int:
    """Run one command; no stack trace reaches a user."""
    from saas.channels.registry import BadChannel
    from saas.kernel.settings import BadSettings
    from saas.ops.embedded import CannotStart

    try:
        result = cli.main(standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        error.show(sys.stderr)
        return BAD_INPUT
    except click.Abort:
        return NOT_ALL
    except Problem as problem:
        show_problem(problem)
        return NOT_ALL if isinstance(problem, Forbidden | NotFound) or problem.status == 409 else BAD_INPUT
    except (CannotStart, BadChannel, BadSettings) as error:
        say(getattr(error, "zh", str(error)), getattr(error, "en", str(error)))
        return CANNOT_START
    except KeyboardInterrupt:
        return NOT_ALL
