"""A few tests that failed while others kept both cores busy are run again by themselves: ``second_look.py COMMAND…``.

The whole run drives browsers, databases and platforms four at a time; a wait in there can be longer than a test allows, and such
a test says nothing about the product. It is excused when it passes three times in a row, alone, and it is listed. Never excused
are the tests of what the product may never do (see ``MONEY``), nor more than a handful at once. Reads pytest's own record of what
failed last; COMMAND is what runs the tests. Exit status 0: all are excused.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / ".pytest_cache/v/cache/lastfailed"
MOST, TIMES = 5, 3
# Nothing twice, over a cap or unapproved; nothing of another agency or client.
MONEY = re.compile(r"check_\d|tests/(faults|architecture)/|test_engine_machine|\[C\d\]|access|twice|once|isolation|leak")


def refused(failed: Sequence[str]) -> str:
    """Why these tests get no second look; empty when they do."""
    if not failed:
        return "pytest recorded no test that failed"
    if len(failed) > MOST:
        return f"{len(failed)} tests failed, which is no matter of pace"
    if never := [test for test in failed if MONEY.search(test)]:
        return f"never excused: {', '.join(never)}"
    return ""


def main(command: list[str]) -> int:
    """Look again; the exit status."""
    failed = sorted(json.loads(RECORD.read_text())) if RECORD.exists() else []
    if reason := refused(failed):
        print(f"no second look: {reason}", file=sys.stderr)
        return 1
    for time in range(1, TIMES + 1):
        print(f"== second look {time} of {TIMES}, one test at a time: {', '.join(failed)}", file=sys.stderr)
        if subprocess.run([*command, "-n", "0", "-p", "no:cacheprovider", *failed], cwd=ROOT, check=False).returncode:
            return 1
    print(f"failed beside others, passed {TIMES} times alone: {', '.join(failed)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
