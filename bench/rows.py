"""All benchmarks by name, and how they are run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module

from bench.row import Row, Size

NAMES = {
    "P1": "campaign",
    "P2": "one_job_each",
    "P3": "fairness",
    "P4": "many_tenants",
    "P5": "writing",
    "P6": "one_cap",
    "P7": "large_report",
    "P8": "articles",
    "P9": "memory",
    "P10": "api_list",
    "P11": "two_workers",
    "P12": "demo_ready",
}
NAMES |= {"C1": "correctness.first_sends", "C2": "correctness.retries", "C3": "correctness.kills", "C4": "correctness.caps"}
NAMES |= {"STOP": "stopping", "COMPLIANCE": "compliance", "REPORT": "month_report"}
GROUPS = {"CORRECTNESS": ("C1", "C2", "C3", "C4")}


def chosen(names: Sequence[str]) -> list[str]:
    """The names asked for, in order; all of them for none. ValueError for one that does not exist."""
    wanted = [one for name in names for one in GROUPS.get(name.upper(), (name.upper(),))]
    if unknown := [name for name in wanted if name not in NAMES]:
        raise ValueError(f"{', '.join(unknown)}: there are {', '.join(NAMES)}")
    return [name for name in NAMES if not wanted or name in wanted]


def measure(names: Sequence[str], size: Size, tell: Callable[[str], None]) -> Iterator[Row]:
    """Run the benchmarks one after the other."""
    for name in names:
        began = time.monotonic()
        run: Callable[[Size], list[Row]] = import_module(f"bench.{NAMES[name]}").run
        tell(f"{name} …")
        yield from run(size)
        tell(f"{name}: {time.monotonic() - began:.0f} s")
