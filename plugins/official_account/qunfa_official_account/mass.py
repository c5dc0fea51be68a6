"""Mass sends: to all, by tag, or to a list of followers. The platform multiplies and dedupes by our key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qunfa_official_account.afterwards import on_its_way
from qunfa_official_account.client import Client
from qunfa_official_account.drafts import BAD_MEDIA, draft, forget_draft
from qunfa_official_account.errors import ACCEPTED_BEFORE, meaning
from qunfa_official_account.media import NoPicture, forget_materials, upload
from qunfa_official_account.outcomes import Refusal
from qunfa_official_account.speed import adjust
from qunfa_official_account.standing import flag, verified
from qunfa_official_account.unverified import only_a_draft
from saas.channels import (
    Delivery,
    MaybeSent,
    Message,
    NotSent,
    Outcome,
    Receipt,
    Refused,
    Target,
    Unknown,
)

FIRST_POLL = 15.0
ASKED_SECONDS = 7 * 86_400.0
LEAST = 2
UNSETTLED = "上一次的结果仍未知 / what became of the attempt before is still unknown"


async def send_mass(client: Client, message: Message, delivery: Delivery) -> Outcome:
    """Ask the platform for one mass job. Raises Refusal, NotSent, MaybeSent, NoPicture."""
    if complaint := _impossible(delivery.target):
        return complaint
    if not verified(client.account):
        return await only_a_draft(client, message, delivery)
    if await client.platform.recall_memory(_asked(delivery)):
        return await _ask_again(client, message, delivery)
    return await _ask_first(client, message, delivery)


async def _ask_first(client: Client, message: Message, delivery: Delivery) -> Outcome:
    if complaint := await adjust(client):
        return complaint
    try:
        return await _submit(client, message, delivery, first=True)
    except Refusal as refusal:
        if refusal.code != BAD_MEDIA:
            raise
    await _forget(client, message, delivery)
    return await _submit(client, message, delivery, first=True)


async def _ask_again(client: Client, message: Message, delivery: Delivery) -> Outcome:
    """An earlier attempt may have gone out. Only the platform's recognising the key settles that.

    Nobody knows whether it looks at keys before quotas: a refusal now says nothing of the attempt before.
    """
    try:
        return await _submit(client, message, delivery, first=False)
    except Refusal as refusal:
        return Unknown(f"{UNSETTLED}: {refusal.sentence()}")
    except NoPicture as missing:
        return Unknown(f"{UNSETTLED}: {missing}")
    except NotSent as error:
        raise MaybeSent(str(error)) from None


def _impossible(target: Target) -> Outcome | None:
    if target.form == "ids" and len(target.ids) < LEAST:
        return Refused(
            "按名单群发至少要 2 人，请并入另一批 / a list needs at least 2 people: join it to another", "40130", "audience"
        )
    if target.form == "tag" and not (target.ids and target.ids[0].isdigit()):
        return Refused("标签编号须为数字，请重新选择 / the tag must be a number: choose another", "40152", "audience")
    return None


async def _content(client: Client, message: Message, media_id: str) -> dict[str, Any]:
    if message.kind == "articles":
        return {"msgtype": "mpnews", "mpnews": {"media_id": media_id}}
    if message.kind == "image":
        there = await upload(client, (), [picture.sha256 for picture in message.images])
        images = {"media_ids": list(there.materials.values()), "recommend": message.text}
        return {"msgtype": "image", "images": {**images, "need_open_comment": 0, "only_fans_can_comment": 0}}
    return {"msgtype": "text", "text": {"content": plain_text(message)}}


def plain_text(message: Message) -> str:
    """The words of a text message; a link becomes its title, its description and its address."""
    link = message.link
    lines = (message.text, link.title, link.description, link.url) if link else (message.text,)
    return "\n".join(line for line in lines if line)


async def _submit(client: Client, message: Message, delivery: Delivery, first: bool) -> Outcome:
    """One attempt. That the platform was asked is remembered before the call, and forgotten when it surely did nothing."""
    ids: dict[str, str] = {}
    if message.kind == "articles":
        ids = {"draft": await draft(client, message, delivery.key), "articles": str(len(message.articles))}
    path, body = _job(client, delivery, await _content(client, message, ids.get("draft", "")))
    await client.platform.remember(_asked(delivery), "1", ASKED_SECONDS)
    try:
        return _receipt(client, delivery, ids, await client.act(path, body))
    except (Refusal, NotSent) as error:
        if isinstance(error, Refusal) and error.code == ACCEPTED_BEFORE:
            return _receipt(client, delivery, ids, error.answer)
        if first and not (isinstance(error, Refusal) and meaning(error.code).action == "doubt"):
            await client.platform.remember(_asked(delivery), "", 1.0)
        raise


def _job(client: Client, delivery: Delivery, content: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    target = delivery.target
    ending = {"send_ignore_reprint": int(flag(client.account, "ignore_reprint", False)), "clientmsgid": delivery.key}
    if target.form == "ids":
        return "/cgi-bin/message/mass/send", {"touser": list(target.ids), **content, **ending}
    whom = {"is_to_all": True} if target.form == "all" else {"is_to_all": False, "tag_id": int(target.ids[0])}
    return "/cgi-bin/message/mass/sendall", {"filter": whom, **content, **ending}


async def _forget(client: Client, message: Message, delivery: Delivery) -> None:
    """Somebody cleaned the draft box or the library before we ever asked: make it all anew."""
    await forget_draft(client, delivery.key)
    await forget_materials(client, [picture.sha256 for picture in message.images])


def _asked(delivery: Delivery) -> str:
    return f"asked:{delivery.key}"


def _receipt(client: Client, delivery: Delivery, ids: Mapping[str, str], answer: Mapping[str, Any]) -> Receipt:
    """The job's id comes first: events find the delivery by it.

    A repeat that the platform recognises carries no msg_data_id: the figures then join by the article's address.
    """
    given = {name: str(answer[name]) for name in ("msg_id", "msg_data_id") if answer.get(name)}
    return Receipt({**given, **ids}, on_its_way(client, delivery, FIRST_POLL))
