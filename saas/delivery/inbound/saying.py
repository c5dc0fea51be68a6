"""What a rule says, as the message a channel is given: words, a link, or the article that a campaign put out on this account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from saas.channels.channel import Replying
from saas.channels.message import Link, Message
from saas.kernel.database import db

ARTICLE = text("""
  SELECT d.message, e.receipt ->> 'article_url' AS url FROM dispatches d JOIN deliveries e ON e.dispatch_id = d.id
  WHERE d.campaign_id = :campaign AND d.account_id = :account AND e.state IN ('sent', 'partly_sent')
    AND coalesce(e.receipt ->> 'article_url', '') <> '' ORDER BY e.id DESC LIMIT 1""")


def message_of(says: Mapping[str, Any], account: int, way: Replying) -> Message | None:
    """The message of a rule on one account; None where the channel cannot say it, or the article never went out there."""
    if says["kind"] == "article":
        made = _article(int(says["campaign"]), account)
    elif says["kind"] == "link":
        made = Message("link", link=Link(says["title"], says["url"], says.get("description", "")))
    else:
        made = Message("text", text=says["text"])
    return made if made and made.kind in way.content else None


def _article(campaign: int, account: int) -> Message | None:
    row = db.session.execute(ARTICLE, {"campaign": campaign, "account": account}).first()
    articles = row.message.get("articles") if row else None
    if row is None or not articles:
        return None
    return Message("link", link=Link(articles[0]["title"], row.url, articles[0].get("digest", "")))
