#!/usr/bin/env python3
"""Qunfa on a machine with nothing but Python: ``python3 run.py demo``, ``python3 run.py test``.

Sets up an environment of its own in the checkout when something changed, then hands over to it. Any other word is a
command of the product: ``python3 run.py send FOLDER``. QUNFA_VENV names another place for the environment.
"""

from __future__ import annotations

import os
import sys

from saas.ops.set_up.inputs import PYTHON, ROOT, environment_is_current, pages_are_current

CANNOT_START = 3
SPREAD = ["-n", "3", "--dist", "worksteal"]  # on two cores: many tests wait for leases, platforms and pages


def main(words: list[str]) -> int:
    """Set up what the command needs, then become it."""
    wanted = "development" if words[:1] == ["test"] else "runtime"
    if not (environment_is_current(wanted) and pages_are_current()) and not set_up(wanted):
        return CANNOT_START
    if words[:1] == ["test"]:
        return test(words[1:])
    command = [str(PYTHON), "-P", "-m", "saas.cli", *words]
    os.execv(command[0], command)


def set_up(wanted: str) -> bool:
    """Install what is missing; False, with the reason told, when that cannot be."""
    from saas.ops.set_up.environment import set_up
    from saas.ops.set_up.steps import SetUpFailed

    try:
        set_up(wanted)
    except SetUpFailed as error:
        print(error, file=sys.stderr)
        return False
    return True


def test(arguments: list[str]) -> int:
    """Run pytest with a home of its own; gives its exit status."""
    import subprocess
    import tempfile

    from saas.ops.set_up.browsers import find_browser

    browser = find_browser()
    spread = [] if any(word.startswith(("-n", "--numprocesses", "--dist")) for word in arguments) else SPREAD
    with tempfile.TemporaryDirectory(prefix="qunfa-test-") as home:
        env = dict(os.environ, QUNFA_HOME=home, QUNFA_CHROMIUM=browser)
        run = subprocess.Popen([str(PYTHON), "-P", "-m", "pytest", *spread, *arguments], cwd=ROOT, env=env)
        while True:
            try:
                return run.wait()
            except KeyboardInterrupt:  # pytest got it too and is ending in order
                continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
