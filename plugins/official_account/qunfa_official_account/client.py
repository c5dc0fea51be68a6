"""Calls to the platform: the token, its one refresh, and answers read by their error code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from qunfa_official_account.errors import REFRESH
from qunfa_official_account.kinds import BASE_URL
from qunfa_official_account.outcomes import Refusal
from saas.channels import Account, MaybeSent, NotSent, Platform, Revoked
from saas.channels.http import Answer, Upload

NAME = "access_token"
WITHDRAWN = frozenset({61003, 61023})


class Client:
    """One account's line. Cheap to make: nothing happens before the first call."""

    __slots__ = ("account", "base", "platform")

    def __init__(self, account: Account, platform: Platform) -> None:
        self.account, self.platform = account, platform
        self.base = base(account)

    async def act(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST a call that people can see. MaybeSent passes: nobody knows then. Raises Refusal."""
        return await self._asked(lambda url: self.platform.http.post(url, json=body), path, acting=True)

    async def prepare(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST a call that sends nothing to anyone. Raises Refusal, or NotSent when the answer was lost."""
        return await self._harmless(lambda url: self.platform.http.post(url, json=body), path)

    async def read(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """GET. Raises Refusal, or NotSent when the answer was lost."""
        extra = "".join(f"&{name}={quote(value)}" for name, value in (params or {}).items())
        return await self._harmless(lambda url: self.platform.http.get(url + extra), path)

    async def upload(self, path: str, file: Upload, kind: str = "") -> dict[str, Any]:
        """POST one picture as the part ``media``. Raises Refusal, or NotSent when the answer was lost."""
        extra = f"&type={kind}" if kind else ""
        return await self._harmless(lambda url: self.platform.http.upload(url + extra, "media", file), path)

    async def token(self, stale: str = "") -> str:
        """The account's token: granted by its owner over a portal, or fetched with its own secret. Raises Refusal, NotSent."""
        if self.account.portal:
            return await self.platform.granted_token(stale)
        return await self.platform.token(NAME, self.fetch_token, stale)

    async def fetch_token(self) -> tuple[str, float]:
        """A token and the seconds it lives, from the endpoint whose repeats do not invalidate it."""
        body = {
            "grant_type": "client_credential",
            "appid": self.account.credentials.get("app_id", ""),
            "secret": self.account.credentials.get("app_secret", ""),
        }
        try:
            answer = read(await self.platform.http.post(f"{self.base}/cgi-bin/stable_token", json=body), acting=False)
        except MaybeSent as error:
            raise NotSent(f"token: {error}") from None
        return needed(answer, "access_token"), float(needed(answer, "expires_in"))

    async def _harmless(self, ask: Callable[[str], Awaitable[Answer]], path: str) -> dict[str, Any]:
        try:
            return await self._asked(ask, path, acting=False)
        except MaybeSent as error:
            raise NotSent(f"{path}: {error}") from None

    async def _asked(self, ask: Callable[[str], Awaitable[Answer]], path: str, acting: bool) -> dict[str, Any]:
        token = await self.token()
        try:
            return await self._once(ask, path, token, acting)
        except Refusal as refusal:
            if refusal.code not in REFRESH:
                await self._perhaps_withdrawn(refusal)
                raise
        return await self._once(ask, path, await self.token(stale=token), acting)

    async def _once(self, ask: Callable[[str], Awaitable[Answer]], path: str, token: str, acting: bool) -> dict[str, Any]:
        if acting:
            await self.platform.go_ahead()  # each time: getting a token can take as long as a lease
        return read(await ask(f"{self.base}{path}{_query(token)}"), acting)

    async def _perhaps_withdrawn(self, refusal: Refusal) -> None:
        """An account of a portal waits for its owner's next scan, and what is due waits with it. Raises Revoked, NotSent."""
        if self.account.portal and refusal.code in WITHDRAWN:
            await self.platform.withdrawn(str(refusal.code), refusal.sentence())
            raise Revoked(str(refusal.code), refusal.sentence())


@lru_cache(maxsize=256)
def _query(token: str) -> str:
    return f"?access_token={quote(token, safe='')}"


def base(account: Account) -> str:
    """Where to call. Raises NotSent."""
    return over_tls(account.settings.get("base_url"), bool(account.settings.get("simulated")))


def over_tls(address: object, simulated: bool) -> str:
    """The address without its last slash. Secrets go over TLS only, save to the rehearsal server of this machine. NotSent."""
    plain = str(address or BASE_URL).rstrip("/")
    if not (plain.startswith("https://") or (simulated and plain.startswith(("http://127.0.0.1:", "http://localhost:")))):
        raise NotSent("base_url: 须以 https:// 开头，请更正 / it must begin with https://, correct it")
    return plain


def needed(answer: Mapping[str, Any], name: str) -> str:
    """A field that an answer to a preparing call must have. Raises NotSent."""
    if not answer.get(name):
        raise NotSent(f"the answer lacks '{name}'")
    return str(answer[name])


def read(answer: Answer, acting: bool) -> dict[str, Any]:
    """The answer's fields. Refusal for an error code; MaybeSent for what is not an answer of the platform at all."""
    if answer.status >= 500:
        raise MaybeSent(f"HTTP {answer.status}")
    fields = answer.json()
    if not isinstance(fields, dict):
        raise MaybeSent(f"HTTP {answer.status}: the answer is not an object")
    if code := _code(fields.get("errcode")):
        raise Refusal(code, str(fields.get("errmsg", "")), fields, acting)
    return fields


def _code(value: Any) -> int:
    """Numbers come as numbers or as text."""
    try:
        return int(value or 0)
    except (TypeError, ValueError):
        raise MaybeSent("the error code is not a number") from None
