"""``python -m saas.channels.simulator NAME --data DIR``: run one channel's rehearsal server until it is stopped."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from saas.channels.registry import Registry
from saas.channels.simulator.server import Server


def main() -> int:
    """Print one JSON line ``{"name", "address"}`` when ready; 2 when there is no such channel or it has no simulator."""
    args = _arguments()
    installed = Registry.from_entry_points(only=args.name).get(args.name)
    if installed is None or installed.hook.simulator is None:
        sys.stderr.write(f"no channel '{args.name}' with a simulator is installed\n")
        return 2
    asyncio.run(_run(Server(installed.hook.simulator(), args.data, args.callbacks, args.rate), args.port))
    return 0


async def _run(server: Server, port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    address = await server.start(port)
    sys.stdout.write(json.dumps({"name": server.simulator.name, "address": address}) + "\n")
    sys.stdout.flush()
    await stop.wait()
    await server.stop()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m saas.channels.simulator", description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--data", type=Path, required=True, help="folder for accounts and the log of effects")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--callbacks", default="", help="base address of the product's web server")
    parser.add_argument("--rate", type=float, default=1.0, help="how many times as fast the clock runs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
