"""What an unverified account can do: keep a draft, which a person sends or publishes in the platform's own console."""

from __future__ import annotations

from qunfa_official_account.client import Client
from qunfa_official_account.drafts import draft
from qunfa_official_account.post import is_post
from saas.channels import Delivery, Message, Outcome, Unauthorized

NO_INTERFACE = "未认证账号不能通过接口群发或发表 / an unverified account can neither send nor publish by interface"
DRAFT_MADE = "草稿已存入草稿箱，请在公众平台手动{} / the draft is in the draft box: a person must {} it in the console"
BY_HAND = {"publish": ("发表", "publish")}


async def only_a_draft(client: Client, message: Message, delivery: Delivery) -> Outcome:
    """A draft, and the word that a person must do the rest. Raises Refusal, NotSent, NoPicture."""
    if message.kind != "articles" and not is_post(message):
        return Unauthorized("unverified", "48001", NO_INTERFACE)
    media_id = await draft(client, message, delivery.key)
    told = DRAFT_MADE.format(*BY_HAND.get(delivery.route, ("群发", "send")))
    return Unauthorized("unverified", "48001", f"{NO_INTERFACE}. {told} [{media_id}]")
