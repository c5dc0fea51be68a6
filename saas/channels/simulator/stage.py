"""The stage a simulator plays on: clock, accounts, log of effects, faults, and pushes to the product."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from saas.channels.simulator.faults import Switchboard

PUSH_GAPS = (0.5, 3.0, 6.0)  # a push that was not taken comes three times more, as from the platforms
PUSH_TIMEOUT = 5.0
PUSHES_AT_ONCE = 16


Answered = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that happened on the platform and cannot be talked away: one line of the log.

    ``account`` is the product's key of the account; ``people`` how many were reached or asked; ``key`` our idempotency
    key where the platform takes one, or the recipient; ``platform_id`` the platform's own id of it.
    """

    platform: str
    account: str
    kind: str
    people: int
    key: str
    platform_id: str
    at: str
    detail: dict[str, Any] = field(default_factory=dict)


class Stage:
    """State of one simulator, kept in ``data``: accounts.json and effects.jsonl survive a restart, faults do not."""

    def __init__(self, name: str, data: Path, callbacks: str = "", rate: float = 1.0) -> None:
        self.name, self.data, self.callbacks, self.rate = name, data, callbacks, rate
        self.faults = Switchboard()
        self.accounts: dict[str, dict[str, Any]] = {}
        self.effects: list[Effect] = []
        self.address = ""
        self._began, self._wall = time.monotonic(), time.time()
        self._tasks: set[asyncio.Task[None]] = set()
        self._pushing = asyncio.Semaphore(PUSHES_AT_ONCE)
        self._session: aiohttp.ClientSession | None = None
        data.mkdir(parents=True, exist_ok=True)
        self._load()

    def _load(self) -> None:
        accounts, log = self.data / "accounts.json", self.data / "effects.jsonl"
        if accounts.exists():
            self.accounts = json.loads(accounts.read_text(encoding="utf-8"))
        if log.exists():
            self.effects = [Effect(**json.loads(line)) for line in _whole_lines(log)]
        self._log = log.open("a", encoding="utf-8")

    def now(self) -> datetime:
        """The stage's time: real time from the start on, running ``rate`` times as fast."""
        return datetime.fromtimestamp(self._wall + (time.monotonic() - self._began) * self.rate, UTC)

    def set_rate(self, rate: float) -> None:
        """Let the clock run ``rate`` times as fast from now on; it never jumps back."""
        self._wall, self._began, self.rate = self.now().timestamp(), time.monotonic(), rate

    def skip(self, seconds: float) -> None:
        """Let ``seconds`` pass at once; what waits for a time goes on waiting."""
        self._wall += seconds

    def timestamp(self) -> int:
        """The stage's time in whole Unix seconds."""
        return int(self.now().timestamp())

    def later(self, seconds: float, action: Callable[[], Awaitable[None]]) -> None:
        """Do something after ``seconds`` of the stage's time."""

        async def wait() -> None:
            await asyncio.sleep(seconds / self.rate)
            await action()

        task = asyncio.get_running_loop().create_task(wait())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def keep(self, account: str, record: Mapping[str, Any]) -> None:
        """Store what the stage knows of an account, under the platform's id."""
        self.accounts[account] = dict(record)
        self.save()

    def save(self) -> None:
        """Write accounts.json; call it after changing a record in place."""
        target, draft = self.data / "accounts.json", self.data / "accounts.json.new"
        draft.write_text(json.dumps(self.accounts, ensure_ascii=False), encoding="utf-8")
        draft.replace(target)

    def effect(self, account: str, kind: str, people: int, key: str, platform_id: str, **detail: Any) -> Effect:
        """Write one effect of ``account`` (the platform's id). It is on disk before the caller gets an answer."""
        name = self.accounts.get(account, {}).get("key", account)
        effect = Effect(self.name, name, kind, people, key, platform_id, self.now().isoformat(), detail)
        self.effects.append(effect)
        self._log.write(json.dumps(asdict(effect), ensure_ascii=False) + "\n")
        self._log.flush()
        return effect

    def effects_of(self, account: str, kind: str = "") -> list[Effect]:
        """The effects of an account (the platform's id), of one kind or all, oldest first."""
        name = self.accounts.get(account, {}).get("key", account)
        return [e for e in self.effects if e.account == name and (not kind or e.kind == kind)]

    def push(
        self,
        account: str,
        query: Mapping[str, str],
        body: bytes,
        headers: Mapping[str, str],
        answered: Answered | None = None,
        path: str = "",
    ) -> None:
        """Push a callback to the account's address soon, as often as faults say. One that is not taken comes three times more.

        ``answered`` is given the body of the answer, once for each push that was taken.
        ``path``: to another address than the account's.
        """
        fault = self.faults.strike("callback_lost", account, "")
        if fault or not self.callbacks:
            return
        times = 2 if self.faults.strike("callback_doubled", account, "") else 1
        late = self.faults.strike("callback_late", account, "")
        delay = float(late.value or 1) * self.rate if late else 0.0
        url = self.callbacks.rstrip("/") + (path or str(self.accounts.get(account, {}).get("callback_path", "")))
        for _ in range(times):
            self.later(delay, lambda: self._push(url, query, body, headers, answered))

    async def _push(
        self, url: str, query: Mapping[str, str], body: bytes, headers: Mapping[str, str], answered: Answered | None
    ) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PUSH_TIMEOUT), trust_env=False)
        async with self._pushing:
            for gap in (*PUSH_GAPS, None):
                try:
                    async with self._session.post(url, params=query, data=body, headers=headers) as response:
                        if response.status < 300:
                            if answered:
                                answered(await response.read())
                            return
                except (aiohttp.ClientError, TimeoutError, OSError):
                    pass
                if gap is not None:
                    await asyncio.sleep(gap)

    async def close(self) -> None:
        """Stop what is waiting and close the log."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session:
            await self._session.close()
        self._log.close()


def _whole_lines(log: Path) -> Iterator[str]:
    """The complete lines: a kill in the middle of a write leaves at most one that is not."""
    text = log.read_text(encoding="utf-8")
    if text and not text.endswith("\n"):
        text = text[: text.rfind("\n") + 1]
        log.write_text(text, encoding="utf-8")
    return iter(text.splitlines())
