"""How full the account's library of materials is: covers and pictures need a place in it."""

from __future__ import annotations

from qunfa_official_account.client import Client
from qunfa_official_account.limits import limits
from qunfa_official_account.outcomes import Refusal
from saas.channels import NotSent

COUNTS = "/cgi-bin/material/get_materialcount"
NEARLY = 0.95


async def counts(client: Client) -> dict[str, int]:
    """How many materials of each sort lie there; nothing where the platform does not say: that is no trouble of the account."""
    try:
        answer = await client.read(COUNTS)
    except (Refusal, NotSent):
        return {}
    sorts = {"image_count": "materials_images", "news_count": "materials_articles", "voice_count": "materials_voices"}
    named = {**sorts, "video_count": "materials_videos"}
    return {ours: int(answer.get(theirs) or 0) for theirs, ours in named.items()}


def warning(client: Client, found: dict[str, int]) -> str:
    """A sentence when pictures and articles together have nearly filled the library; "" otherwise."""
    rules = limits(client.account, "mass", client.platform.now()).content
    most = next((rule.amount for rule in rules if rule.name == "library_places"), 0)
    used = found.get("materials_images", 0) + found.get("materials_articles", 0)
    if not most or used < most * NEARLY:
        return ""
    zh = f"素材库快满了：{used:,} / {most:,}，满后封面和图片传不上去，请在公众平台清理"
    return f"{zh} / the library is nearly full: {used:,} of {most:,}; when it is, no cover or picture can be uploaded, clear it"
