"""The HTTP line a hook gets: bounded in time and size, deaf to the environment's proxies, silent about secrets.

What can go wrong on the way is told apart, because money depends on it: ``NotSent`` (surely nothing arrived) and
``MaybeSent`` (the request left, no whole answer came back).
"""

from __future__ import annotations

import asyncio
import io
import json as jsonlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson
from multidict import CIMultiDict

from saas.channels.broken import TOO_LATE, words_of
from saas.channels.patience import Patience
from saas.channels.platform import MaybeSent, NotSent
from saas.channels.turnstile import Turnstile

TIMEOUT = 20.0
ANSWER_LIMIT = 4 * 1024 * 1024
AT_ONCE = 256 * 1024
CLOSING = aiohttp.ClientWSTimeout(ws_close=1.0)
JSON = CIMultiDict({"Content-Type": "application/json"})


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. ``headers`` are found by their name in any case."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    def json(self) -> Any:
        """The body as JSON. MaybeSent when it is none: a platform that answers rubbish has still been asked."""
        try:
            return orjson.loads(self.body)
        except ValueError:
            return self._lenient()

    def _lenient(self) -> Any:
        """What strict JSON forbids and platforms send all the same: a mark in front, half a character, NaN."""
        try:
            return jsonlib.loads(self.body)
        except ValueError as error:
            raise MaybeSent(f"HTTP {self.status}：答复不是 JSON / HTTP {self.status}: the answer is not JSON") from error


@dataclass(frozen=True, slots=True)
class Upload:
    """A file for a multipart request."""

    name: str
    data: bytes = field(repr=False)
    mime: str


def dumps(value: Any) -> bytes:
    """JSON as the platforms want it: UTF-8, nothing escaped (one of them refuses ``\\uXXXX``)."""
    try:
        return orjson.dumps(value)
    except TypeError:  # numbers beyond 64 bits
        return jsonlib.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


class Http:
    """One session for the life of a worker; open it inside the event loop, close it with ``await close()``."""

    def __init__(
        self,
        connections: int = 256,
        timeout: float = TIMEOUT,
        answer_limit: int = ANSWER_LIMIT,
        connector: Callable[..., aiohttp.BaseConnector] = aiohttp.TCPConnector,
    ) -> None:
        """``connector`` makes the connections, and may refuse addresses."""
        self._limit, self._patience, self._turnstile = answer_limit, Patience(timeout), Turnstile(connections)
        self._session = aiohttp.ClientSession(
            connector=connector(limit=0, keepalive_timeout=30),  # who waits, waits at our turnstile
            timeout=aiohttp.ClientTimeout(total=None, connect=timeout / 2),  # the whole is watched by our patience
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def get(self, url: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """GET; redirects are not followed."""
        return await self.request("GET", url, params=params, headers=headers)

    async def post(
        self, url: str, json: Any = None, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """POST a JSON body."""
        return await self._ask("POST", url, params, *_written(headers, json))

    async def upload(
        self, url: str, part: str, file: Upload, params: Mapping[str, str] | None = None, fields: Mapping[str, str] | None = None
    ) -> Answer:
        """POST one file as multipart/form-data under the part name ``part``, with plain ``fields`` beside it."""
        form = aiohttp.FormData(quote_fields=False)
        for name, value in (fields or {}).items():
            form.add_field(name, value)
        form.add_field(part, _streamed(file.data), filename=file.name, content_type=file.mime)
        return await self._ask("POST", url, params, {}, form)

    async def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
    ) -> Answer:
        """Any method, with an optional JSON body. Raises NotSent or MaybeSent."""
        return await self._ask(method, url, params, *_written(headers, json))

    async def converse(
        self, url: str, message: Any, answers: Callable[[Any], bool], headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Open a WebSocket, say one JSON message, wait for the JSON frame of which ``answers`` says that it is the answer, close.

        A refused handshake is an Answer with its status and no body. Raises NotSent before the message left, else MaybeSent.
        """
        await self._turnstile.enter()
        call, said = self._patience.begin(), False
        try:
            async with self._session.ws_connect(url, headers=headers, max_msg_size=self._limit, timeout=CLOSING) as line:
                said = True
                await line.send_str(dumps(message).decode())
                return Answer(200, await _frame(line, answers), {})
        except aiohttp.WSServerHandshakeError as refused:
            return Answer(refused.status, b"", refused.headers or {})
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise (MaybeSent if said else NotSent)(words_of(error)) from None
        except asyncio.CancelledError:
            if self._patience.ran_out(call):
                raise (MaybeSent if said else NotSent)(TOO_LATE) from None
            raise
        finally:
            self._patience.end(call)
            self._turnstile.leave()

    async def _ask(
        self, method: str, url: str, params: Mapping[str, str] | None, headers: Mapping[str, str] | None, data: Any
    ) -> Answer:
        await self._turnstile.enter()
        call = self._patience.begin()
        try:
            response = await self._session.request(method, url, params=params, headers=headers, data=data, allow_redirects=False)
            try:
                return Answer(response.status, await self._body(response), response.headers)
            finally:
                response.release()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise NotSent(words_of(error)) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise MaybeSent(words_of(error)) from None
        except asyncio.CancelledError:
            if self._patience.ran_out(call):
                raise MaybeSent(TOO_LATE) from None
            raise
        finally:
            self._patience.end(call)
            self._turnstile.leave()

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        if 0 < (response.content_length or 0) <= self._limit and "Content-Encoding" not in response.headers:
            return await response.read()  # as long as it says, and nothing that could swell
        chunks, size = [], 0
        async for chunk in response.content.iter_any():
            size += len(chunk)
            if size > self._limit:
                raise MaybeSent(f"答复超过 {self._limit} 字节 / the answer is larger than {self._limit} bytes")
            chunks.append(chunk)
        return b"".join(chunks)


async def _frame(line: aiohttp.ClientWebSocketResponse, answers: Callable[[Any], bool]) -> bytes:
    """The answer among whatever else the other side says."""
    async for heard in line:
        if heard.type != aiohttp.WSMsgType.TEXT:
            continue
        try:
            told = jsonlib.loads(heard.data)
        except ValueError:
            continue
        if answers(told):
            return bytes(heard.data.encode())
    raise MaybeSent("对方关闭了连接，没有答复 / the other side closed the connection without an answer")


def _written(headers: Mapping[str, str] | None, json: Any) -> tuple[Mapping[str, str] | None, Any]:
    """Headers and body of a request."""
    if json is None:
        return headers, None
    return ({**headers, **JSON} if headers else JSON), _streamed(dumps(json))


def _streamed(data: bytes) -> bytes | io.BytesIO:
    """A large body goes out in pieces: written at once it would hold up the loop, and aiohttp warns of it."""
    return io.BytesIO(data) if len(data) > AT_ONCE else data
