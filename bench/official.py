"""The official account platform as light as can be: right answers to the calls of a send, a latency, and a count.

The plugin's own simulator checks, stores and logs as the platform does, and costs more CPU for a call than the worker that
makes it: beside it on two cores the simulator would be what is measured. This process reads whole requests, multipart or
JSON, and answers by path what the plugin needs to go on.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, cast

import uvloop

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.endpoint import END, length_of

ANSWERS: dict[str, dict[str, Any]] = {
    "stable_token": {"access_token": "t" * 136, "expires_in": 7200},
    "media/uploadimg": {"url": "http://mmbiz.qpic.cn/mmbiz_jpg/0123456789abcdef/0", "errcode": 0, "errmsg": "ok"},
    "material/add_material": {"media_id": "m" * 64, "url": "http://mmbiz.qpic.cn/mmbiz_material/0123456789abcdef/0"},
    "draft/add": {"media_id": "d" * 64},
    "message/mass/sendall": {
        "errcode": 0,
        "errmsg": "submitted",
        "msg_id": 3000000001,
        "msg_data_id": 2207000001,
    },
    "message/template/send": {"errcode": 0, "errmsg": "ok", "msgid": 200228332},
}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
NOTHING = {"errcode": 0, "errmsg": "ok"}


@dataclass(slots=True)
class Seen:
    """What was asked: calls by path, and the most under way at once."""

    calls: Counter[str] = field(default_factory=Counter)
    under_way: int = 0
    at_once: int = 0

    def begin(self, path: str) -> None:
        """A whole request has come."""
        self.calls[path] += 1
        self.under_way += 1
        self.at_once = max(self.at_once, self.under_way)


class Answering(asyncio.Protocol):
    """Reads a request up to its end, answers ``latency`` seconds later, waits for the next."""

    def __init__(self, latency: float, seen: Seen) -> None:
        self._latency, self._seen = latency, seen
        self._buffer, self._whole, self._path = bytearray(), 0, ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the line to write to."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Answer the request once it is whole; a client sends the next after the answer."""
        self._buffer += data
        if not self._whole and (end := self._buffer.find(END)) >= 0:
            head = bytes(self._buffer[:end])
            self._whole = end + len(END) + length_of(head)
            self._path = head.split(b" ", 2)[1].partition(b"?")[0].decode().removeprefix("/cgi-bin/")
        if self._whole and len(self._buffer) >= self._whole:
            del self._buffer[: self._whole]
            self._whole = 0
            self._seen.begin(self._path)
            asyncio.get_running_loop().call_later(self._latency, self._answer, self._path)

    def _answer(self, path: str) -> None:
        self._seen.under_way -= 1
        if not self._transport.is_closing():
            body = json.dumps(ANSWERS.get(path, NOTHING)).encode()
            self._transport.write(HEAD % (len(body), body))


async def serve(latency: float) -> None:
    """Listen on a free port, print it, answer until standard input ends, print what was asked."""
    loop, seen = asyncio.get_running_loop(), Seen()
    server = await loop.create_server(lambda: Answering(latency, seen), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()
    print(json.dumps({"calls": seen.calls, "at_once": seen.at_once}), flush=True)


class Official:
    """The process, as a ``with`` block; ``calls`` and ``at_once`` are known after it. Ends with its parent."""

    def __init__(self, latency: float) -> None:
        self._latency = latency
        self.calls: dict[str, int] = {}
        self.at_once = 0

    def __enter__(self) -> Self:
        command = [sys.executable, "-P", str(Path(__file__)), str(self._latency)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"
        return self

    def __exit__(self, *_: object) -> None:
        said, _ = self._process.communicate()
        if said:
            seen = json.loads(said)
            self.calls, self.at_once = seen["calls"], seen["at_once"]


if __name__ == "__main__":
    uvloop.run(serve(float(sys.argv[1])))
