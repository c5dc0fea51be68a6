"""Surely not sent, or maybe sent: told apart on a real socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import pytest

from saas.channels import MaybeSent, NotSent
from saas.channels.http import Answer, Http, Upload

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Some: y\r\n\r\n{}"


def asked(answer: bytes | None, ask: Callable[[Http, str], object] | None = None, wait: float = 0.0) -> tuple[Answer, bytes]:
    """What a client gets from a server that reads one request, waits, writes ``answer`` and hangs up; and the request."""
    seen, serving = b"", set[asyncio.Task[object] | None]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        serving.add(asyncio.current_task())
        seen = await reader.read(65536)
        await asyncio.sleep(wait)
        if answer:
            writer.write(answer)
            await writer.drain()
        writer.close()

    async def run() -> Answer:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        http = Http(timeout=0.5, answer_limit=1000)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/send?access_token=s3cret"
        try:
            return await (ask(http, url) if ask else http.post(url, json={"字": 1}))  # type: ignore[misc,no-any-return]
        finally:
            await http.close()
            server.close()
            await asyncio.gather(*(task for task in serving if task))

    return asyncio.run(run()), seen


def test_a_whole_answer_comes_with_lower_case_headers_and_the_body_goes_out_as_utf_8() -> None:
    answer, request = asked(OK)
    assert (answer.status, answer.json(), answer.headers["x-some"]) == (200, {}, "y")
    assert request.endswith('{"字":1}'.encode())


def test_nobody_listening_is_surely_not_sent() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    async def run() -> None:
        http = Http(timeout=1)
        try:
            await http.get(f"http://127.0.0.1:{port}/")
        finally:
            await http.close()

    with pytest.raises(NotSent):
        asyncio.run(run())


@pytest.mark.parametrize("answer", [
    None, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", b"rubbish\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000,
])  # fmt: skip
def test_no_whole_answer_is_maybe_sent(answer: bytes | None) -> None:
    with pytest.raises(MaybeSent):
        asked(answer)


def test_a_silent_platform_is_maybe_sent_and_the_secret_in_the_address_is_not_told() -> None:
    with pytest.raises(MaybeSent) as caught:
        asked(OK, wait=0.8)
    assert "s3cret" not in str(caught.value)


def test_an_answer_that_is_no_json_is_maybe_sent() -> None:
    answer, _ = asked(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>")
    with pytest.raises(MaybeSent, match="502"):
        answer.json()


def test_redirects_are_not_followed() -> None:
    answer, _ = asked(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
    assert answer.status == 302


def test_a_file_goes_out_under_its_part_and_name() -> None:
    answer, request = asked(
        OK, lambda http, url: http.upload(url, "media", Upload("图.jpg", b"12345", "image/jpeg"), fields={"a": "b"})
    )
    assert answer.status == 200
    assert 'name="media"; filename="图.jpg"'.encode() in request
    assert b'name="a"' in request


def test_what_holds_secrets_does_not_show_them() -> None:
    assert "12345" not in repr(Upload("n", b"12345", "m")) + repr(Answer(200, b"12345", {"set-cookie": "12345"}))
