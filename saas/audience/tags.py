"""Tags of an account: found by number or name, and kept as they were last seen, for when the platform is silent."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict
from difflib import SequenceMatcher

from saas.channels.platform import Account, Platform, Tag
from saas.channels.registry import Installed

SEEN = "audience:tags"
SHOWN = 8


async def tags_of(account: Account, installed: Installed, platform: Platform) -> Sequence[Tag]:
    """The account's tags as its platform lists them; none for a channel without tags. NotSent, MaybeSent."""
    if installed.hook.tags is None:
        return ()
    found: list[Tag] = await installed.hook.tags(account=account, platform=platform)
    await platform.remember(SEEN, json.dumps([asdict(tag) for tag in found], ensure_ascii=False))
    return found


async def tags_last_seen(platform: Platform) -> Sequence[Tag]:
    """The tags as they were when the platform last told."""
    return [Tag(**tag) for tag in json.loads(await platform.recall_memory(SEEN) or "[]")]


def meant_by(wish: str, tags: Sequence[Tag]) -> Sequence[Tag]:
    """The tags a wish may mean, by number or by name (width and case do not matter). One is a match; several are too many."""
    name = _plain(wish)
    return [tag for tag in tags if name in (tag.id, _plain(tag.name))]


def nearest(wish: str, tags: Sequence[Tag]) -> list[Tag]:
    """The tags most like the wish first, the most people first among equals; at most eight."""
    name = _plain(wish)

    def likeness(tag: Tag) -> float:
        return max(SequenceMatcher(None, name, word).ratio() for word in (tag.id, _plain(tag.name)))

    return sorted(tags, key=lambda tag: (-likeness(tag), -tag.people, tag.id))[:SHOWN]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()
