"""The commands, and what their exit codes mean: 0 all went out, 1 something did not, 2 bad input, 3 cannot start."""

from __future__ import annotations

import traceback
from importlib import import_module

import click

from saas.cli.faults import show_problem, show_usage
from saas.cli.saying import BAD_INPUT, CANNOT_START, NOT_ALL, say
from saas.kernel.errors import Forbidden, NotFound, Problem

PROGRAM = "python3 run.py"
PLACES = {
    "accounts": "accounts:accounts",
    "alerts": "alerts:alerts",
    "amend": "reviewing:amend_one",
    "approve": "campaigns:approve_one",
    "assisted": "waiting:assisted",
    "bench": "bench:bench",
    "campaigns": "campaigns:campaigns",
    "cancel": "campaigns:cancel_one",
    "channel": "channel:channel",
    "channels": "accounts:channels",
    "check": "sending:check",
    "dashboard": "alerts:dashboard",
    "demo": "demo:demo",
    "evidence": "evidence:evidence",
    "experiments": "experiments:experiments",
    "figures": "figures:figures",
    "inbox": "inbox:inbox",
    "init": "installation:init",
    "library": "library:library",
    "members": "members:members",
    "migrate": "installation:migrate",
    "orders": "orders:orders",
    "portals": "portals:portals",
    "preview": "previewing:preview",
    "quota": "quota:quota",
    "recall": "recalling:recall_one",
    "reject": "campaigns:reject_one",
    "release": "campaigns:release_one",
    "report": "campaigns:report_of",
    "reports": "reports:reports",
    "resume": "stopping:resume_one",
    "review": "reviewing:review",
    "revise": "reviewing:revise",
    "rules": "rules:rules",
    "scheduler": "processes:scheduler",
    "send": "sending:send",
    "signoff": "reviewing:signoff",
    "simulators": "rehearsals:simulators",
    "stop": "stopping:stop_one",
    "stops": "stopping:stops",
    "tenants": "tenants:tenants",
    "soak": "soak:soak",
    "tokens": "tokens:tokens",
    "unknowns": "waiting:unknowns",
    "waiting": "awaiting:waiting",
    "worker": "processes:worker",
}
"""Where each command lives: it is imported when it is asked for, so that none waits for the others' rooms."""


class Commands(click.Group):
    """The commands of ``PLACES``."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Every name, in order."""
        return sorted(PLACES)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if name not in PLACES:
            return None
        module, attribute = PLACES[name].split(":")
        command: click.Command = getattr(import_module(f"saas.cli.{module}"), attribute)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """群发 Qunfa: one campaign to every client account, under every cap, exactly once."""


def main() -> int:
    """Run one command; no stack trace reaches a user."""
    try:
        result = cli.main(prog_name=PROGRAM, standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        show_usage(error)
        return BAD_INPUT
    except (click.Abort, KeyboardInterrupt):
        return NOT_ALL
    except Problem as problem:
        show_problem(problem)
        return NOT_ALL if isinstance(problem, Forbidden | NotFound) or problem.status == 409 else BAD_INPUT
    except Exception as error:
        if _cannot_start(error):
            return CANNOT_START
        if _no_such_number(error):
            return NOT_ALL
        _report(error)
        return NOT_ALL


def _report(error: Exception) -> None:
    """A fault nobody foresaw: its trace goes to a log, a sentence goes to the person."""
    from saas.ops.home import home

    log = home() / "logs" / "command.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as out:
        out.write("".join(traceback.format_exception(error)))
    say(
        f"发生了没有预料到的错误（{type(error).__name__}），详情已写入 {log}；已发送的内容不会重复发送",
        f"an unforeseen error ({type(error).__name__}), written to {log}; nothing that went out goes out again",
    )


def _no_such_number(error: Exception) -> bool:
    """Whether a number was given that is too large for any id; then it is said."""
    from psycopg.errors import NumericValueOutOfRange
    from sqlalchemy.exc import DataError

    if not (isinstance(error, DataError) and isinstance(error.orig, NumericValueOutOfRange)):
        return False
    show_problem(NotFound(("编号", "number")))
    return True


def _cannot_start(error: Exception) -> bool:
    """Whether it is one of the reasons for which nothing can start; then it is said."""
    from sqlalchemy.exc import OperationalError

    from saas.channels.registry import BadChannel
    from saas.kernel.settings import BadSettings
    from saas.ops.embedded import CannotStart

    if isinstance(error, OperationalError):
        say("数据库没有应答；已发送的内容不会重复发送", "the database does not answer; nothing that went out goes out again")
        return True
    if not isinstance(error, CannotStart | BadChannel | BadSettings):
        return False
    say(getattr(error, "zh", str(error)), getattr(error, "en", str(error)))
    return True
