"""Manners inside a worker: a hook never holds the loop, speaks through its line alone, and its titles speak two languages."""

from __future__ import annotations

import asyncio
import re
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any

from saas.channels.channel import AccountKind, Route, Text
from saas.channels.conformance.troupe import Troupe
from saas.channels.conformance.verdict import Broken
from saas.channels.places import folder_of

BEAT, HELD = 0.01, 0.25
TIMES = 3  # a hook that holds the loop does so each time; a busy machine may stand still in it once
HAN = re.compile(r"[\u4e00-\u9fff]")


class Watch:
    """Looks from another thread whether the loop still beats, and if not, whether it stands in the channel's own code."""

    def __init__(self, folder: str) -> None:
        self._folder, self._beat, self._over = folder, time.monotonic(), threading.Event()
        self._main = threading.get_ident()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.found = ""

    def __enter__(self) -> Watch:
        self._heart: asyncio.TimerHandle = asyncio.get_running_loop().call_later(BEAT, self._beats)
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._over.set()
        self._heart.cancel()
        self._thread.join()

    def _beats(self) -> None:
        self._beat = time.monotonic()
        self._heart = asyncio.get_running_loop().call_later(BEAT, self._beats)

    def _look(self) -> None:
        since, where = 0.0, ""
        while not self._over.wait(BEAT * 2):
            if time.monotonic() - self._beat < BEAT * 5:
                since = 0.0
                continue
            here = self._standing(sys._current_frames().get(self._main))
            if here != where or not since:
                since, where = time.monotonic(), here
            if here and time.monotonic() - since > HELD:
                self.found = here
                return

    def _standing(self, frame: FrameType | None) -> str:
        """The line of the channel's own code the loop is in; "" where it is elsewhere."""
        while frame is not None:
            if frame.f_code.co_filename.startswith(self._folder):
                return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
            frame = frame.f_back
        return ""


async def hooks_async(troupe: Troupe) -> str:
    """No hook keeps the worker's loop waiting: whoever else sends in it would wait as well."""
    for kind, route in troupe.routes():
        found = [await _held(troupe, kind, route)]
        while found[-1] and len(found) < TIMES:
            found.append(await _held(troupe, kind, route))
        if found[-1]:
            raise Broken(f"{kind.name}/{route.name}: a hook holds the loop for more than {HELD:g} s at {found[-1]}")
    return f"send, recall, connect and lists while a watch beats every {BEAT * 1000:.0f} ms"


async def _held(troupe: Troupe, kind: AccountKind, route: Route) -> str:
    """Where a hook held the loop; "" when none did."""
    async with troupe.stand(kind) as stand:
        whom = await stand.whom(route)
        with Watch(folder_of(troupe.plugin)) as watch:
            await _each_hook(stand, route, whom[0])
    return watch.found


async def _each_hook(stand: Any, route: Any, target: Any) -> None:
    message = stand.first(route)
    delivery = stand.delivery_to(route, target)
    await stand.send(message, delivery)
    await stand.recall(message, delivery)
    if stand.installed.hook.connect:
        await stand.installed.hook.connect(account=stand.account, platform=stand.line)
    await stand.whom(route)


async def own_line(troupe: Troupe) -> str:
    """Every request goes through ``platform.http``, which is bounded in time and size and deaf to proxies."""
    for kind, route in troupe.routes():
        async with troupe.stand(kind) as stand:
            await stand.accepted(route)
            heard, asked = len(stand.heard()), stand.line.http.calls
            if heard > asked:
                said = f"the platform heard {heard} requests, the line made {asked}"
                raise Broken(f"{kind.name}/{route.name}: {said}: speak through platform.http alone")
    return "requests heard and requests made are the same on every route"


async def titles_in_both(troupe: Troupe) -> str:
    """Everything people read of the channel is there in Chinese and in English."""
    channel = troupe.installed.channel
    _both("the channel", channel.title)
    for kind in channel.kinds:
        _both(f"the kind '{kind.name}'", kind.title)
        if kind.risk:
            _both(f"the risk of '{kind.name}'", kind.risk)
        for field in (*kind.credentials, *kind.settings):
            _both(f"the field '{kind.name}.{field.name}'", field.title)
    return "channel, kinds, risks and fields"


def _both(what: str, words: Text) -> None:
    if not HAN.search(words.zh) or not words.en.strip() or HAN.search(words.en):
        raise Broken(f"{what} is not named in Chinese and in English: '{words.zh}' / '{words.en}'")


async def simulator_steady(troupe: Troupe) -> str:
    """The same enrolment gives the same account, and the log of effects outlives a restart."""
    for kind in troupe.kinds():
        async with troupe.stand(kind) as stand:
            again = troupe.enrol(stand.theatre, kind, "rehearsal")
            await again.line.http.close()
            if (again.id, again.account.credentials) != (stand.id, stand.account.credentials):
                raise Broken(f"{kind.name}: the same enrolment gave another account")
            strangers = troupe.enrol(stand.theatre, kind, "another")
            await strangers.line.http.close()
            if strangers.id == stand.id:
                raise Broken(f"{kind.name}: two enrolments share one account")
    return "enrolled twice on every kind"
