"""A platform that is never the limit: a bare protocol in a process of its own, one constant JSON answer over keep-alive."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Self, cast

import uvloop

BODY = b'{"errcode":0,"errmsg":"ok","msgid":200228332}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
END = b"\r\n\r\n"
LENGTH = b"content-length:"


class Answering(asyncio.Protocol):
    """Reads a request up to its end, answers, waits for the next. ``latency`` in seconds."""

    def __init__(self, latency: float) -> None:
        self._latency, self._buffer = latency, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the line to write to."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Answer every whole request in what has come."""
        self._buffer += data
        while (end := self._buffer.find(END)) >= 0:
            whole = end + len(END) + length_of(self._buffer[:end])
            if len(self._buffer) < whole:
                return
            self._buffer = self._buffer[whole:]
            if self._latency:
                asyncio.get_running_loop().call_later(self._latency, self._answer)
            else:
                self._answer()

    def _answer(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(ANSWER)


def length_of(head: bytes) -> int:
    """The length of the body a request announces."""
    lower = head.lower()
    at = lower.find(LENGTH)
    return int(lower[at + len(LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0


async def serve(latency: float) -> None:
    """Listen on a free port, print it, answer until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Answering(latency), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


class Endpoint:
    """The process, as a ``with`` block; ends with its parent."""

    def __init__(self, latency: float = 0.0) -> None:
        self._latency = latency

    def __enter__(self) -> Self:
        command = [sys.executable, str(Path(__file__)), str(self._latency)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}/cgi-bin/message/template/send?access_token=token"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


if __name__ == "__main__":
    uvloop.run(serve(float(sys.argv[1])))
