"""``python -m saas.channels new|verify|checks``: writing a channel with the contract alone.

With the whole product installed ``channel new`` and ``channel verify`` do the same.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path

from saas.channels.channel import Text
from saas.channels.conformance import Verdict
from saas.channels.conformance.picking import PROMISES, NotThere, installed, some, verdicts, wanted
from saas.channels.skeleton import BadName, write

NOT_ALL, BAD_INPUT = 1, 2


def main(words: Sequence[str] | None = None) -> int:
    """0 when all is well, 1 when a promise is not kept, 2 for what cannot be done."""
    asked = _parser().parse_args(words)
    try:
        return int(asked.do(asked))
    except (BadName, NotThere) as refused:
        return _refused(f"{refused.rule.zh}；{refused.remedy.zh} / {refused.rule.en}; {refused.remedy.en}")
    except OSError as error:
        return _refused(f"{error.filename}: {error.strerror}")


def _new(asked: argparse.Namespace) -> int:
    folder = write(asked.name, asked.into, tuple(installed()))
    _tell(_said(Text(f"已写入 {folder}。试一试：", f"written to {folder}. Try it:")))
    _tell(f"  python -m saas.channels verify {folder}\n  pytest {folder}\n  pip install -e {folder}")
    return 0


def _verify(asked: argparse.Namespace) -> int:
    names, only = wanted(asked.names, asked.every), some(asked.only)
    with redirect_stdout(sys.stderr):  # whatever a channel prints is not the result
        found = [verdict for name in names for verdict in verdicts(name, only)]
    if asked.as_json:
        sys.stdout.write(json.dumps({"channels": [one.to_json() for one in found]}, ensure_ascii=False) + "\n")
    else:
        for verdict in found:
            _show(verdict)
    bad = [f"{verdict.name}: {', '.join(verdict.failed)}" for verdict in found if not verdict.passed]
    _tell(_said(Text(f"没有通过：{'；'.join(bad)}", f"failed: {'; '.join(bad)}") if bad else Text("全部通过", "all passed")))
    return NOT_ALL if bad else 0


def _checks(asked: argparse.Namespace) -> int:
    for id, promise in PROMISES.items():
        sys.stdout.write(f"{id:<18}{_said(promise)}\n")
    return 0


def _show(verdict: Verdict) -> None:
    for result in verdict.results:
        mark = "✓" if result.passed else "✗"
        promise = _said(PROMISES[result.id]) if result.id in PROMISES else ""
        sys.stdout.write(f"{mark} {verdict.name}  {result.id}  {promise}\n    {result.detail}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m saas.channels", description=__doc__)
    kinds = parser.add_subparsers(required=True)
    new = kinds.add_parser("new", help="write a working channel NAME: plugin, rules, simulator, tests, README")
    new.add_argument("name")
    new.add_argument("--into", type=Path, default=Path(), help="the folder to write it into")
    new.set_defaults(do=_new)
    check = kinds.add_parser("verify", help="hold channels to their promises, each against its own simulator")
    check.add_argument("names", nargs="*", metavar="NAME", help="an installed channel, or the folder of one")
    check.add_argument("--all", action="store_true", dest="every", help="every installed channel")
    check.add_argument("--check", action="append", default=[], dest="only", metavar="ID", help="only this promise; repeatable")
    check.add_argument("--json", action="store_true", dest="as_json", help="one JSON object on standard output")
    check.set_defaults(do=_verify)
    kinds.add_parser("checks", help="the promises there are").set_defaults(do=_checks)
    return parser


def _said(words: Text) -> str:
    return f"{words.zh} / {words.en}"


def _tell(words: str) -> None:
    sys.stderr.write(words + "\n")


def _refused(words: str) -> int:
    _tell(words)
    return BAD_INPUT


if __name__ == "__main__":
    sys.exit(main())
