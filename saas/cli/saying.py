"""What the command line says: Chinese unless the shell speaks English; results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import os
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

PIECES = re.compile(r"[（“]*(?:[⺀-鿿]|[^\s⺀-鿿（“，。；：、）”]+)[，。；：、）”]*|\s+|[（“，。；：、）”]+")
ZONE = ZoneInfo("Asia/Shanghai")
BAD_INPUT, NOT_ALL, CANNOT_START = 2, 1, 3
MANY, FIRST_FEW = 20, 5


def locale() -> str:
    """zh or en, from the shell's environment."""
    spoken = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "en" if spoken.lower().startswith("en") else "zh"


def both(zh: str, en: str) -> str:
    """The one of the two that the shell speaks."""
    return en if locale() == "en" else zh


def say(zh: str, en: str) -> None:
    """A line for the person, on stderr."""
    click.echo(both(zh, en), err=True)


def clock_time(moment: datetime, seconds: bool = False) -> str:
    """A moment as the members' clocks showed it: Beijing's time."""
    return f"{moment.astimezone(ZONE):{'%m-%d %H:%M:%S' if seconds else '%m-%d %H:%M'}}"


def give_json(value: Any) -> None:
    """The result as one JSON object, and nothing else on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=_plain) + "\n")
    sys.stdout.flush()


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def show_findings(findings: Iterable[Mapping[str, Any]]) -> None:
    """Every finding; of more than ``MANY`` of one rule in one line of one file the first few, and how many more there are."""
    listed = list(findings)
    most, shown = Counter(map(_place, listed)), Counter[Hashable]()
    for finding in listed:
        place = _place(finding)
        shown[place] += 1
        if most[place] <= MANY or shown[place] <= FIRST_FEW:
            show_finding(finding)
        elif shown[place] == FIRST_FEW + 1:
            more = most[place] - FIRST_FEW
            say(f"  …… 同一处还有 {more:,} 条  [{finding['rule']}]", f"  … and {more:,} more of them  [{finding['rule']}]")


def _place(finding: Mapping[str, Any]) -> Hashable:
    return finding["rule"], finding["severity"], finding["where"], finding.get("line")


def show_finding(finding: Mapping[str, Any]) -> None:
    """One finding: where, what, and the remedy."""
    side = 1 if locale() == "en" else 0
    mark = {"block": "✗", "warn": "!", "note": "·"}[finding["severity"]]
    line = f":{finding['line']}" if finding.get("line") else ""
    click.echo(f"{mark} {finding['where']}{line}  {finding['message'][side]}  [{finding['rule']}]", err=True)
    for before, words, after in tuple(finding.get("quotes", ()))[:3]:
        click.echo(f"    …{before}⟦{click.style(words, bold=True)}⟧{after}…", err=True)
    if finding.get("quotes") and finding.get("source"):
        click.echo(f"    {both('依据', 'by')} {finding['source']}", err=True)
    if finding["remedy"][side] and finding["severity"] != "note":
        click.echo(f"    → {finding['remedy'][side]}", err=True)


def table(header: Sequence[str], rows: Sequence[Sequence[Any]], most: Mapping[int, int] | None = None) -> str:
    """Columns aligned by what they take on the screen: a Chinese character is two wide. Numbers stand right.

    ``most``: by column, the width above which its text goes on in the next line.
    """
    tall = [[wrapped(str(cell), (most or {}).get(n, 0)) for n, cell in enumerate(row)] for row in rows]
    numeric = [all(cell[n][0].replace(",", "").isdecimal() for cell in tall if cell[n][0]) for n in range(len(header))]
    cells = [[part[n] if n < len(part) else "" for part in row] for row in tall for n in range(max(map(len, row), default=1))]
    widths = [max(width(row[n]) for row in [list(header), *cells]) for n in range(len(header))]
    lines = [list(header), ["─" * w for w in widths], *cells]
    return "\n".join("  ".join(_pad(row[n], widths[n], numeric[n]) for n in range(len(header))).rstrip() for row in lines)


def wrapped(text: str, most: int) -> list[str]:
    """The text in lines of at most so many columns (0: any), broken at spaces, or between Chinese characters."""
    lines, line = [], ""
    for piece in PIECES.findall(text):
        if most and line.strip() and width(line + piece.rstrip()) > most:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    return [*lines, line.rstrip()] if line or not lines else lines


def width(text: str) -> int:
    """Columns a text takes on a terminal."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _pad(text: str, to: int, right: bool) -> str:
    gap = " " * (to - width(text))
    return gap + text if right else text + gap
