"""The line to one corp: token, call, pages, upload. Every endpoint of the platform is reached through here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Set
from typing import Any

from qunfa_wecom.errors import BUSY, CONCURRENCY, STALE_TOKEN, PlatformError
from qunfa_wecom.kinds import BASE_URL
from saas.channels import Account, MaybeSent, NotSent, Platform
from saas.channels.http import Answer, Upload

TRIES = 3
FOR_NOW = frozenset({BUSY, CONCURRENCY})
PAUSE = 0.2
TOKEN_MARGIN = 120.0
CONTACT = "externalcontact/"


class Line:
    """One account's line. ``ask`` is for what surely sends nothing, ``act`` for what may."""

    def __init__(self, account: Account, platform: Platform) -> None:
        self.account, self.platform = account, platform
        self._base = str(account.settings.get("base_url") or BASE_URL).rstrip("/") + "/cgi-bin/"

    async def ask(
        self, path: str, body: Any = None, params: Mapping[str, str] | None = None, again: Set[int] = FOR_NOW
    ) -> dict[str, Any]:
        """A call that may be repeated, GET or POST; tried again on the codes ``again``. Raises NotSent, PlatformError."""
        for attempt in range(1, TRIES + 1):
            try:
                return await self._authorised(path, body, params)
            except MaybeSent as error:
                raise NotSent(f"{path}: {error}") from error
            except PlatformError as error:
                if error.code not in again or attempt == TRIES:
                    raise
            await asyncio.sleep(PAUSE * attempt)
        raise AssertionError("unreachable")

    async def act(self, path: str, body: Any) -> dict[str, Any]:
        """A call that people may see; repeated only for a refused token. Raises NotSent, MaybeSent, PlatformError."""
        try:
            return await self._authorised(path, body, None, acting=True)
        except PlatformError as error:
            raise _doubtful(error) from error

    async def pages(self, path: str, body: Mapping[str, Any], name: str) -> AsyncIterator[list[dict[str, Any]]]:
        """The pages of a listing with a cursor; ``name`` is the list's name in the answer."""
        cursor = ""
        while True:
            answer = await self.ask(path, {**body, "cursor": cursor} if cursor else dict(body))
            yield answer.get(name) or []
            cursor = answer.get("next_cursor") or ""
            if not cursor:
                return

    async def upload(self, path: str, file: Upload, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Upload one file as the part ``media``. Raises NotSent, PlatformError."""
        token = await self._token()
        try:
            return await self._upload(path, file, params, token)
        except PlatformError as error:
            if error.code not in STALE_TOKEN:
                raise
        return await self._upload(path, file, params, await self._token(token))

    async def robot(self, path: str, body: Any) -> dict[str, Any]:
        """A call to the group robot's webhook, which knows no token."""
        await self.platform.go_ahead()
        answer = await self.platform.http.post(self._base + path, body, {"key": self.account.credentials["key"]})
        try:
            return checked(answer, path)
        except PlatformError as error:
            raise _doubtful(error) from error

    async def robot_upload(self, file: Upload) -> dict[str, Any]:
        """Upload a file to the robot's webhook; nothing is shown to anybody."""
        params = {"key": self.account.credentials["key"], "type": "file"}
        path = "webhook/upload_media"
        try:
            return checked(await self.platform.http.upload(self._base + path, "media", file, params), path)
        except MaybeSent as error:
            raise NotSent(f"{path}: {error}") from error

    async def _upload(self, path: str, file: Upload, params: Mapping[str, str] | None, token: str) -> dict[str, Any]:
        sent = {**(params or {}), "access_token": token}
        try:
            return checked(await self.platform.http.upload(self._base + path, "media", file, sent), path)
        except MaybeSent as error:
            raise NotSent(f"{path}: {error}") from error

    async def _authorised(self, path: str, body: Any, params: Mapping[str, str] | None, acting: bool = False) -> dict[str, Any]:
        token = await self._token()
        try:
            return await self._call(path, body, params, token, acting)
        except PlatformError as error:
            if error.code not in STALE_TOKEN:
                raise
        return await self._call(path, body, params, await self._token(token), acting)

    async def _call(self, path: str, body: Any, params: Mapping[str, str] | None, token: str, acting: bool) -> dict[str, Any]:
        if acting:
            await self.platform.go_ahead()  # each time: getting a token can take as long as a lease
        method = "GET" if body is None else "POST"
        sent = {**(params or {}), "access_token": token}
        return checked(await self.platform.http.request(method, self._base + path, sent, json=body), path)

    async def _token(self, stale: str = "") -> str:
        if self.account.portal:
            return await self.platform.granted_token(stale)
        try:
            return await self.platform.token("access_token", self._fetch, stale)
        except MaybeSent as error:
            raise NotSent(f"gettoken: {error}") from error

    async def _fetch(self) -> tuple[str, float]:
        credentials = self.account.credentials
        params = {"corpid": credentials["corp_id"], "corpsecret": credentials["app_secret"]}
        body = checked(await self.platform.http.get(self._base + "gettoken", params), "gettoken")
        return str(body["access_token"]), max(float(body.get("expires_in", 7_200)) - TOKEN_MARGIN, 1.0)


def _doubtful(error: PlatformError) -> PlatformError:
    """The error of a call that people may see: a busy platform does not say whether it acted."""
    return PlatformError(error.code, error.path, error.message, sure=error.code != BUSY)


def checked(answer: Answer, path: str) -> dict[str, Any]:
    """The answer's body when it says all is well; a missing errcode is 0. Raises PlatformError, or MaybeSent for rubbish."""
    if answer.status >= 500:
        raise MaybeSent(f"HTTP {answer.status}")
    body = answer.json()
    if not isinstance(body, dict):
        raise MaybeSent(f"HTTP {answer.status}: the answer is not an object")
    code = int(body.get("errcode") or 0)
    if code:
        raise PlatformError(code, path, str(body.get("errmsg", "")))
    return body
