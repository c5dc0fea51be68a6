"""Articles, and pictures with a title, become a draft: pictures uploaded, sources rewritten, one for all attempts."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from qunfa_official_account.client import Client, needed
from qunfa_official_account.media import Uploaded, forget_materials, upload
from qunfa_official_account.outcomes import Refusal
from qunfa_official_account.post import post
from saas.channels import Article, Message

CROPS = {"2.35:1": "pic_crop_235_1", "1:1": "pic_crop_1_1"}
SOURCE = re.compile(r"""(src\s*=\s*["'])media:([0-9a-f]{64})""")
KEPT_SECONDS = 7 * 86_400.0
BAD_MEDIA = 40007


async def draft(client: Client, message: Message, key: str) -> str:
    """The media id of the delivery's draft: the one an earlier attempt made, or a new one.

    A cover that has left the account's library is uploaded anew, once.
    """
    if found := await client.platform.recall_memory(_name(key)):
        return found
    covers = [article.cover.sha256 for article in message.articles if article.cover]
    covers += [picture.sha256 for picture in message.images]
    try:
        media_id = await _added(client, message, covers)
    except Refusal as refusal:
        if refusal.code != BAD_MEDIA:
            raise
        await forget_materials(client, covers)
        media_id = await _added(client, message, covers)
    await client.platform.remember(_name(key), media_id, KEPT_SECONDS)
    return media_id


async def forget_draft(client: Client, key: str) -> None:
    """The remembered draft is gone from the draft box."""
    await client.platform.remember(_name(key), "", 1.0)


def body_pictures(article: Article) -> list[str]:
    """The hashes of the pictures in the article's body, in order."""
    return [sha for _, sha in SOURCE.findall(article.html)]


async def _added(client: Client, message: Message, covers: list[str]) -> str:
    bodies = [sha for article in message.articles for sha in body_pictures(article)]
    there = await upload(client, bodies, covers)
    articles = [_article(article, there) for article in message.articles] or [post(message, there.materials)]
    return needed(await client.prepare("/cgi-bin/draft/add", {"articles": articles}), "media_id")


def _article(article: Article, there: Uploaded) -> dict[str, Any]:
    return {
        "article_type": "news",
        "title": article.title,
        "author": article.author,
        "digest": article.digest,
        "content": SOURCE.sub(lambda found: found[1] + escape(there.addresses[found[2]]), article.html),
        "content_source_url": article.source_url,
        "thumb_media_id": there.materials[article.cover.sha256] if article.cover else "",
        "need_open_comment": int(article.comments),
        "only_fans_can_comment": 0,
        **{CROPS[ratio]: box for ratio, box in article.crops.items() if ratio in CROPS},
    }


def _name(key: str) -> str:
    return f"draft:{key}"
