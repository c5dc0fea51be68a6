"""The account's own draft box: what people began in the platform's editor, and the pictures it keeps for them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from qunfa_official_account.client import Client, read
from qunfa_official_account.drafts import CROPS
from qunfa_official_account.outcomes import Refusal
from saas.channels import DraftArticle, MaybeSent, NotSent, PlatformDraft

AT_ONCE = 5
"""Drafts asked for at once, of the twenty allowed: eight full articles each would not fit into one answer."""
MOST = 1000
HOSTS = re.compile(r"(?:mmbiz|mmecoa)\.q(?:pic|logo)\.cn")
MATERIAL = "material:"


async def pages(client: Client) -> AsyncIterator[list[PlatformDraft]]:
    """Drafts as the platform lists them, a few at a time. Raises NotSent."""
    offset, total = 0, 1
    while offset < min(total, MOST):
        body = {"offset": offset, "count": AT_ONCE, "no_content": 0}
        try:
            answer = await client.prepare("/cgi-bin/draft/batchget", body)
        except Refusal as refusal:
            raise NotSent(refusal.sentence()) from None
        total, items = int(answer.get("total_count") or 0), answer.get("item") or []
        if not items:
            return
        yield [_draft(item) for item in items]
        offset += len(items)


async def picture(client: Client, address: str) -> bytes:
    """The bytes of a picture of a draft, from the platform's own hosts alone. Raises NotSent."""
    if address.startswith(MATERIAL):
        return await _material(client, address.removeprefix(MATERIAL))
    parts = urlsplit(address if "://" in address else f"https:{address}")
    if not HOSTS.fullmatch(parts.hostname or "") or parts.port not in (None, 80, 443):
        raise NotSent("不是平台的图片地址 / not a picture of the platform")
    origin = client.base if client.account.settings.get("simulated") else f"https://{parts.hostname}"
    query = f"?{parts.query}" if parts.query else ""
    answer = await client.platform.http.get(f"{origin}{parts.path}{query}")
    if answer.status != 200 or not answer.body:
        raise NotSent(f"HTTP {answer.status}")
    return answer.body


async def _material(client: Client, media_id: str) -> bytes:
    token = await client.token()
    url = f"{client.base}/cgi-bin/material/get_material?access_token={quote(token, safe='')}"
    try:
        answer = await client.platform.http.post(url, json={"media_id": media_id})
        if answer.body[:1] == b"{":
            read(answer, acting=False)
    except (MaybeSent, Refusal) as error:
        raise NotSent(f"get_material: {error}") from None
    return answer.body


def _draft(item: Mapping[str, Any]) -> PlatformDraft:
    content = item.get("content") or {}
    changed = datetime.fromtimestamp(int(item.get("update_time") or content.get("update_time") or 0), UTC)
    articles = [_article(article) for article in content.get("news_item") or () if article.get("article_type", "news") == "news"]
    return PlatformDraft(str(item.get("media_id", "")), changed, tuple(articles))


def _article(article: Mapping[str, Any]) -> DraftArticle:
    thumb = str(article.get("thumb_media_id") or "")
    return DraftArticle(
        title=str(article.get("title") or ""),
        html=str(article.get("content") or ""),
        author=str(article.get("author") or ""),
        digest=str(article.get("digest") or ""),
        source_url=str(article.get("content_source_url") or ""),
        comments=bool(article.get("need_open_comment")),
        cover=str(article.get("thumb_url") or "") or (f"{MATERIAL}{thumb}" if thumb else ""),
        crops={ratio: str(article[name]) for ratio, name in CROPS.items() if article.get(name)},
    )
