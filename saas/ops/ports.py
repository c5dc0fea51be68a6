"""Free ports of this machine, such as stay free until a server that is told to take one has come up."""

from __future__ import annotations

import random
import re
import socket
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

LOWEST = 15000
RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
TRIES = 200


def free_port(besides: Collection[int] = ()) -> int:
    """A port of 127.0.0.1 nobody listens on, none of ``besides``.

    The kernel gives ports of its own range to every connection that goes out, so a port found there may be gone before the
    server it was found for is up; therefore one is taken below that range as long as there is one.
    """
    below = _kernels_lowest()
    for _ in range(TRIES if below > LOWEST + TRIES else 0):
        port = random.randrange(LOWEST, below)  # noqa: S311 — not a secret
        if port not in besides and is_free(port):
            return port
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in besides:
            return port


def is_free(port: int) -> bool:
    """Whether a server could listen on the port of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _kernels_lowest() -> int:
    """The lowest port the kernel gives to connections that go out; 0 where it does not say."""
    with suppress(OSError):
        if found := re.match(r"\d+", RANGE.read_text()):
            return int(found.group())
    return 0
