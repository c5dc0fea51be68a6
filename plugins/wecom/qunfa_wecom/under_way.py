"""Of the same words to the same people one call is under way at a time: what a lookup then finds can be no other call's.

Who holds the place is exchanged in the core's memory, which lets one of several win who come at once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable

from qunfa_wecom.errors import PlatformError
from qunfa_wecom.line import Line
from qunfa_wecom.outline import outline
from saas.channels import Message, NotSent, Outcome, Receipt, Throttled

HELD = 3_600.0
WAIT = 30.0
FREED = 1.0
ADOPTED = 40 * 86_400.0
WORDS = "同内容发给同一对象的上一次结果未明，等它查清 / the same words to the same people are not settled yet"


def place(message: Message, whom: str) -> str:
    """Where it is noted whose call with these words to ``whom`` is under way."""
    words = json.dumps([whom, outline(message)], ensure_ascii=False)
    return "under_way:" + hashlib.sha256(words.encode()).hexdigest()[:32]


async def alone(line: Line, where: str, key: str, call: Callable[[], Awaitable[Receipt]]) -> Outcome:
    """Call unless another's call is under way or unsettled. The place stays held where the answer was lost."""
    if not await _take(line, where, key):
        return Throttled(WAIT, "same_words", WORDS)
    try:
        receipt = await call()
    except NotSent:
        await free(line, where, key)
        raise
    except PlatformError as error:
        if error.sure:
            await free(line, where, key)
        raise
    await free(line, where, key)
    return receipt


async def holder(line: Line, where: str) -> tuple[str, float]:
    """Whose call is under way or unsettled, and since when in Unix seconds; "" and 0 when nobody's is."""
    key, _, since = (await line.platform.recall_memory(where) or "").partition(" ")
    return key, float(since or 0)


async def free(line: Line, where: str, key: str) -> None:
    """Let the place go, if it is this delivery's still."""
    held = await line.platform.recall_memory(where) or ""
    if held.partition(" ")[0] == key:
        await line.platform.exchange(where, held, "", FREED)


async def adopt(line: Line, name: str, key: str) -> bool:
    """Whether what the platform lists is this delivery's from now on: of several that claim it one has it."""
    return await line.platform.exchange(name, "", key, ADOPTED) or await line.platform.recall_memory(name) == key


async def _take(line: Line, where: str, key: str) -> bool:
    """One's own place is taken anew, so that it does not run out during the call."""
    await free(line, where, key)
    return await line.platform.exchange(where, "", f"{key} {line.platform.now().timestamp()}", HELD)
