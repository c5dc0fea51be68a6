"""App messages (应用消息): to members of the corp, with the platform's own check for duplicates, recallable for 24 hours."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from qunfa_wecom import media, tags
from qunfa_wecom.customer import require
from qunfa_wecom.errors import PlatformError
from qunfa_wecom.kinds import DUPLICATE_CHECK
from qunfa_wecom.line import Line
from saas.channels import (
    Account,
    Article,
    Delivery,
    Failure,
    Link,
    Message,
    Outcome,
    Platform,
    Progress,
    Receipt,
    Target,
    Throttled,
)

MEMORY = 2.0 * DUPLICATE_CHECK
TARGETS_A_PAGE = 1_000
FORGOTTEN = 10.0  # seconds after which the platform surely no longer compares
ALL = "@all"
MEDIA_SCHEME = "media:"
LEFT_OUT = {
    "invaliduser": "成员无效或不在可见范围 / not a member, or outside the app's visible range",
    "unlicenseduser": "成员没有许可 / the member has no licence",
}


async def send(line: Line, message: Message, delivery: Delivery) -> Outcome:
    """Send to up to 1 000 members. A repeat carries the very same bytes, which the platform's duplicate check drops.

    Another campaign that says the same words to the same members is dropped by that check as well: it waits until the
    platform has forgotten the first. Sending without the check would be quicker, and a lost answer would then mean twice.
    """
    answer = await line.act("message/send", await _body(line, message, delivery))
    msgid = str(answer.get("msgid", ""))
    if since := await _anothers(line, msgid, delivery.key):
        wait = max(since + DUPLICATE_CHECK + FORGOTTEN - line.platform.now().timestamp(), FORGOTTEN)
        return Throttled(
            wait, "duplicate", "30 分钟内已向相同成员发过相同内容 / the same words went to the same members within 30 minutes"
        )
    return _receipt(delivery, msgid, answer)


async def _anothers(line: Line, msgid: str, key: str) -> float:
    """When another delivery of ours sent this very message, in Unix seconds; 0 when it is this one's, from now on."""
    known = await line.platform.recall_memory(f"owner:{msgid}")
    if known is None:
        await line.platform.remember(f"owner:{msgid}", f"{key} {line.platform.now().timestamp()}", MEMORY)
        return 0.0
    owner, _, since = known.partition(" ")
    return 0.0 if owner == key else float(since)


def _receipt(delivery: Delivery, msgid: str, answer: Mapping[str, Any]) -> Receipt:
    failures = tuple(
        Failure(user, name, reason)
        for name, reason in LEFT_OUT.items()
        for user in str(answer.get(name) or "").split("|")
        if user
    )
    failed = len({failure.target for failure in failures})
    done = Progress(delivered=delivery.target.people - failed, failed=failed, failures=failures, final=True)
    return Receipt({"msgid": msgid}, done)


async def _body(line: Line, message: Message, delivery: Delivery) -> dict[str, Any]:
    """The body of the first attempt, kept for repeats: a media id that was renewed meanwhile would be new content."""
    known = await line.platform.recall_memory(f"body:{delivery.key}") if delivery.attempt > 1 else None
    content: dict[str, Any] = json.loads(known) if known else await content_of(line, message)
    if message.pictures() and not known:
        await line.platform.remember(f"body:{delivery.key}", json.dumps(content, ensure_ascii=False), MEMORY)
    return {
        "touser": ALL if delivery.target.form == "all" else "|".join(delivery.target.ids),
        "agentid": int(agent_id(line.account)),
        **content,
        "safe": 0,
        "enable_id_trans": 0,
        "enable_duplicate_check": 1,
        "duplicate_check_interval": DUPLICATE_CHECK,
    }


async def content_of(line: Line, message: Message) -> dict[str, Any]:
    """The message as an app sends it, its pictures uploaded."""
    if message.kind == "image":
        return {"msgtype": "image", "image": {"media_id": await media.media_id(line, message.images[0])}}
    if message.kind == "link" and message.link:
        return {"msgtype": "news", "news": {"articles": [await _card(line, message.link, message.text)]}}
    if message.kind == "articles" and as_pages(message):
        return {"msgtype": "mpnews", "mpnews": {"articles": [await _page(line, a) for a in message.articles]}}
    if message.kind == "articles":
        return {"msgtype": "news", "news": {"articles": [await _pointer(line, a) for a in message.articles]}}
    return {"msgtype": "text", "text": {"content": message.text}}


def as_pages(message: Message) -> bool:
    """Whether the articles can be kept by the platform itself (mpnews): each then needs a cover."""
    return all(article.cover for article in message.articles)


async def _card(line: Line, link: Link, text: str) -> dict[str, str]:
    card = {"title": link.title, "description": link.description or text, "url": link.url}
    return {**card, "picurl": await media.permanent_url(line, link.image)} if link.image else card


async def _pointer(line: Line, article: Article) -> dict[str, str]:
    link = Link(article.title, article.source_url, article.digest, article.cover)
    return await _card(line, link, "")


async def _page(line: Line, article: Article) -> dict[str, str]:
    html = article.html
    for picture in article.pictures:
        if MEDIA_SCHEME + picture.sha256 in html:
            html = html.replace(MEDIA_SCHEME + picture.sha256, await media.permanent_url(line, picture))
    return {
        "title": article.title,
        "thumb_media_id": await media.media_id(line, article.cover) if article.cover else "",
        "author": article.author,
        "content_source_url": article.source_url,
        "content": html,
        "digest": article.digest,
    }


async def recall(line: Line, delivery: Delivery, message: Message) -> Outcome:
    """Take the message back from the members' WeCom; a copy shown in their personal WeChat stays."""
    await line.act("message/recall", {"msgid": require(delivery, "msgid")})
    return Receipt(delivery.ids)


async def connect(line: Line) -> Outcome:
    """The secret works, the address is listed, and the secret belongs to the agent."""
    await line.ask("agent/get", params={"agentid": agent_id(line.account)})
    return Receipt({})


def agent_id(account: Account) -> str:
    """The account's AgentId. PlatformError, as the platform would answer, when it is no number."""
    agent = account.credentials.get("agent_id", "").strip()
    if not (agent.isascii() and agent.isdecimal()):
        raise PlatformError(40056, "agent/get")
    return agent


async def audience(account: Account, platform: Platform, tag: str = "") -> AsyncIterator[list[Target]]:
    """The members in the app's visible range; with ``tag`` those of them who carry it."""
    line = Line(account, platform)
    users = await tags.in_range(line)
    if tag:
        tagged = await tags.carrying(line, tag)
        users = [user for user in users if user["userid"] in tagged]
    for start in range(0, len(users), TARGETS_A_PAGE):
        page = users[start : start + TARGETS_A_PAGE]
        yield [Target("ids", (user["userid"],), 1, {"title": user.get("name", "")}) for user in page]
