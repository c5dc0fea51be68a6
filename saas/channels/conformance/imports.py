"""Importing a channel and asking what it is touches no network: watched from outside, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Any

from saas.channels.conformance.troupe import Troupe
from saas.channels.conformance.verdict import Broken
from saas.channels.places import module_of

SECONDS = 60.0
WATCHER = """
import importlib, json, runpy, sys
path, name, file = json.loads(sys.stdin.read())
sys.path[:] = path
import saas.channels, saas.channels.http, saas.channels.simulator.server
touched = []
def watch(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.bind"):
        touched.append(event)
sys.addaudithook(watch)
try:
    module = importlib.import_module(name)
except ModuleNotFoundError:
    module = runpy.run_path(file)
channel = module.get("channel") if isinstance(module, dict) else getattr(module, "channel", None)
if callable(channel):
    channel()
print(json.dumps(touched))
"""


async def import_quiet(troupe: Troupe) -> str:
    """No connection, no name looked up, no port opened while the plugin is imported and says what it is."""
    done = await asyncio.to_thread(_imported_apart, module_of(troupe.plugin))
    if done.returncode:
        raise Broken(f"the plugin cannot be imported in a process of its own: {done.stderr.strip().splitlines()[-1][:200]}")
    if touched := json.loads(done.stdout.strip().splitlines()[-1]):
        raise Broken(f"importing the plugin touches the network: {touched[0]}")
    return "imported in a process of its own"


def _imported_apart(module: Any) -> subprocess.CompletedProcess[str]:
    asked = json.dumps([sys.path, module.__name__, getattr(module, "__file__", "") or ""])
    watcher = [sys.executable, "-c", WATCHER]
    return subprocess.run(watcher, input=asked, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603
