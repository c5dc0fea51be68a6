"""Publishing without notice: articles stand on the account's page, no follower is told, no mass send is used.

The platform takes no key of ours here. A submission whose answer was lost is never made again: it is looked for among what
the account has published, and where it is not found a person decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from qunfa_official_account.client import Client
from qunfa_official_account.drafts import BAD_MEDIA, draft, forget_draft
from qunfa_official_account.errors import meaning
from qunfa_official_account.media import forget_materials
from qunfa_official_account.outcomes import Refusal
from qunfa_official_account.post import is_post, titles
from qunfa_official_account.published import of_state
from qunfa_official_account.standing import verified
from qunfa_official_account.unverified import only_a_draft
from saas.channels import (
    Absent,
    Delivery,
    MaybeSent,
    Message,
    NotSent,
    Outcome,
    Progress,
    Receipt,
    Refused,
    Throttled,
    Unknown,
)

ROUTE = "publish"
SUBMIT, STATE, DELETE = "/cgi-bin/freepublish/submit", "/cgi-bin/freepublish/get", "/cgi-bin/freepublish/delete"
LISTED, ARTICLE = "/cgi-bin/freepublish/batchget", "/cgi-bin/freepublish/getarticle"
FIRST_POLL, POLL, RARELY = 30.0, 60.0, 3600.0
ASKED_SECONDS = 7 * 86_400.0
NEWEST = 20
SKEW = timedelta(seconds=60)
NEVER_ASKED = "从未提交发表 / it was never submitted"
NOT_FOUND = "已提交过，尚未在“发表记录”中找到 / submitted before, and not found among what the account has published"


async def publish(client: Client, message: Message, delivery: Delivery) -> Outcome:
    """Put the articles, or the pictures, on the account's page. Raises Refusal, NotSent, MaybeSent, NoPicture."""
    if delivery.target.form != "all" or not (message.kind == "articles" or is_post(message)):
        told = "只有图文和有标题的图片可以发表到主页 / only articles, and pictures with a title, can be published on the page"
        return Refused(told, "", "text" if message.kind == "image" else "kind")
    if not verified(client.account):
        return await only_a_draft(client, message, delivery)
    if await client.platform.recall_memory(_asked(delivery)):
        return await look_for(client, message, delivery)
    try:
        return await _submit(client, message, delivery)
    except Refusal as refusal:
        if refusal.code != BAD_MEDIA:
            raise
    await forget_draft(client, delivery.key)
    await forget_materials(client, [picture.sha256 for picture in message.images])
    return await _submit(client, message, delivery)


async def _submit(client: Client, message: Message, delivery: Delivery) -> Receipt:
    """One attempt. That the platform was asked is remembered before the call, and forgotten when it surely did nothing."""
    media_id = await draft(client, message, delivery.key)
    await client.platform.remember(_asked(delivery), media_id, ASKED_SECONDS)
    try:
        answer = await client.act(SUBMIT, {"media_id": media_id})
    except (Refusal, NotSent) as error:
        if not (isinstance(error, Refusal) and meaning(error.code).action == "doubt"):
            await client.platform.remember(_asked(delivery), "", 1.0)
        raise
    if not answer.get("publish_id"):
        raise MaybeSent("the answer lacks 'publish_id'")
    ids = {name: str(answer[name]) for name in ("publish_id", "msg_data_id") if answer.get(name)}
    return Receipt({**ids, "draft": media_id, "articles": str(len(titles(message)))}, Progress(poll_after=FIRST_POLL))


async def look_for(client: Client, message: Message, delivery: Delivery) -> Outcome:
    """What became of a submission whose answer was lost. Raises NotSent.

    It is published when its own draft has left the draft box and an item of its titles has appeared since. It may be in the
    platform's examination while the draft is there: that is no proof that nothing goes out, so it is never ``Absent`` then.
    """
    if delivery.ids.get("publish_id"):
        return Receipt(dict(delivery.ids), await publish_progress(client, delivery))
    media_id = await client.platform.recall_memory(_asked(delivery))
    if not media_id:
        return Absent(NEVER_ASKED)
    try:
        if await _is_there(client, media_id) or not (item := await _item(client, message, delivery)):
            return Unknown(NOT_FOUND)
    except Refusal as refusal:
        return Unknown(f"{NOT_FOUND}: {refusal.sentence()}")
    ids = {"article_id": str(item.get("article_id", "")), "draft": media_id, "articles": str(len(titles(message)))}
    return Receipt(ids, Progress(delivered=1, final=True))


async def _is_there(client: Client, media_id: str) -> bool:
    """Whether the draft still lies in the draft box: the platform takes it out once it is published."""
    try:
        await client.prepare("/cgi-bin/draft/get", {"media_id": media_id})
    except Refusal as refusal:
        if refusal.code == BAD_MEDIA:
            return False
        raise
    return True


async def _item(client: Client, message: Message, delivery: Delivery) -> Mapping[str, Any] | None:
    """The item published since the first attempt under exactly these titles."""
    if delivery.started_at is None:
        return None
    since, wished = (delivery.started_at - SKEW).timestamp(), titles(message)
    answer = await client.prepare(LISTED, {"offset": 0, "count": NEWEST, "no_content": 1})
    for item in answer.get("item") or ():
        there = [str(one.get("title", "")).strip() for one in (item.get("content") or {}).get("news_item") or ()]
        if there == wished and float(item.get("update_time") or 0) >= since:
            return dict(item)
    return None


async def publish_progress(client: Client, delivery: Delivery) -> Progress:
    """How far the platform is, when its event has not come. Asked ever more rarely: a day has a hundred such questions."""
    publish_id = delivery.ids.get("publish_id", "")
    if not publish_id:
        return Progress(poll_after=RARELY)
    found = of_state(await client.prepare(STATE, {"publish_id": publish_id}))
    return found or Progress(poll_after=_wait(client, delivery))


def _wait(client: Client, delivery: Delivery) -> float:
    waited = (client.platform.now() - delivery.started_at).total_seconds() if delivery.started_at else 0.0
    return min(max(waited, POLL), RARELY)


async def take_page_down(client: Client, delivery: Delivery) -> Outcome:
    """Delete what was published: the page dies. Who passed it on keeps the card. Raises Refusal, NotSent."""
    article_id = delivery.ids.get("article_id", "")
    if not article_id:
        progress = await publish_progress(client, delivery)
        article_id = progress.ids.get("article_id", "")
        if not article_id and not progress.final:
            return Throttled(POLL, "publishing", "平台还在发表，稍后再撤下 / the platform is still publishing it")
    if not article_id:
        return Refused("没有发表成功，无可撤下 / it was not published: there is nothing to take down", "", "article_id")
    try:
        await client.prepare(DELETE, {"article_id": article_id, "index": 0})
    except Refusal:
        if not await _is_down(client, article_id):
            raise
    return Receipt({**delivery.ids, "article_id": article_id})


async def _is_down(client: Client, article_id: str) -> bool:
    """Whether an earlier call, or a person, has deleted it already. Raises NotSent."""
    try:
        articles = (await client.prepare(ARTICLE, {"article_id": article_id})).get("news_item") or ()
    except Refusal:
        return False
    return bool(articles) and all(str(one.get("is_deleted")).lower() in ("true", "1") for one in articles)


def _asked(delivery: Delivery) -> str:
    return f"published:{delivery.key}"
