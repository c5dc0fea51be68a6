"""A message on one tester's phone: ``mass/preview``, which the platform counts apart from mass sends."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from qunfa_official_account.client import Client
from qunfa_official_account.drafts import BAD_MEDIA, draft, forget_draft
from qunfa_official_account.mass import plain_text
from qunfa_official_account.media import upload
from qunfa_official_account.outcomes import Refusal
from qunfa_official_account.standing import verified
from qunfa_official_account.unverified import NO_INTERFACE
from saas.channels import Message, Outcome, Progress, Receipt, Unauthorized

OPENID = re.compile(r"o[\w-]{27}")


async def try_out(client: Client, message: Message, person: str) -> Outcome:
    """Show it to one person, by WeChat ID or openid. Raises Refusal, NotSent, MaybeSent, NoPicture.

    The draft is made once for the same words and stays in the account's draft box; a mass send makes its own.
    """
    if not verified(client.account):
        return Unauthorized("unverified", "48001", NO_INTERFACE)
    key = "try:" + sha256(repr(message).encode()).hexdigest()[:32]
    try:
        return await _shown(client, message, person, key)
    except Refusal as refusal:
        if refusal.code != BAD_MEDIA or message.kind != "articles":
            raise
    await forget_draft(client, key)
    return await _shown(client, message, person, key)


async def _shown(client: Client, message: Message, person: str, key: str) -> Receipt:
    whom = {"touser": person} if OPENID.fullmatch(person) else {"towxname": person}
    answer = await client.act("/cgi-bin/message/mass/preview", {**whom, **await _content(client, message, key)})
    return Receipt({"msg_id": str(answer.get("msg_id", ""))}, Progress(delivered=1, final=True))


async def _content(client: Client, message: Message, key: str) -> Mapping[str, Any]:
    """As a mass send has it, but for pictures: of these only the first can be shown."""
    if message.kind == "articles":
        return {"msgtype": "mpnews", "mpnews": {"media_id": await draft(client, message, key)}}
    if message.kind == "image":
        first = message.images[0].sha256
        there = await upload(client, (), [first])
        return {"msgtype": "image", "image": {"media_id": there.materials[first]}}
    return {"msgtype": "text", "text": {"content": plain_text(message)}}
