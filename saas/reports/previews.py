"""What each account of a campaign will show, and on which screens of a phone: said by its channel."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from sqlalchemy import select

from saas.accounts.channels import registry
from saas.accounts.models import Account
from saas.campaigns.models import Blob, Campaign
from saas.channels.channel import Text
from saas.channels.message import Message
from saas.channels.platform import Account as ChannelAccount
from saas.channels.preview import Piece, Screen
from saas.delivery.models import Dispatch
from saas.kernel.database import db
from saas.kernel.errors import NotFound, Words
from saas.tenants.actor import Actor
from saas.tenants.models import Client

log = structlog.get_logger()
NO_CAMPAIGN: Words = ("活动", "campaign")
NO_ACCOUNT: Words = ("账号", "account")
NO_PICTURE: Words = ("图片", "picture")
CHAT = Text("会话", "Chat")
PAGE = Text("正文", "Article")


@dataclass(frozen=True, slots=True)
class Shown:
    """One account's message as it was signed, and the screens on which its people meet it."""

    key: str
    name: str
    client: str
    channel: str
    kind: str
    kind_title: Words
    message: Message
    screens: tuple[Screen, ...]

    def screen(self, name: str) -> Screen:
        """The screen of that name, or the first."""
        return next((screen for screen in self.screens if screen.name == name), self.screens[0])


@dataclass(frozen=True, slots=True)
class CampaignPreview:
    """A campaign with its accounts, clients in order. ``digest`` is what an approval of exactly this signs."""

    campaign: int
    name: str
    state: str
    digest: str
    accounts: tuple[Shown, ...]

    def account(self, key: str) -> Shown:
        """The account of that key, or the first for no key at all. NotFound."""
        found = next((shown for shown in self.accounts if key in ("", shown.key)), None)
        if found is None:
            raise NotFound(NO_ACCOUNT, key)
        return found


def campaign_preview(actor: Actor, campaign_id: int) -> CampaignPreview:
    """The preview of a campaign, as far as the actor may see it. NotFound."""
    actor.need("see")
    return preview_of(campaign_id, actor.client_id)


def preview_of(campaign_id: int, client_id: int | None = None) -> CampaignPreview:
    """The preview of a campaign, of one client's accounts where a client is given. NotFound when nothing is left."""
    campaign = db.session.get(Campaign, campaign_id)
    accounts = _accounts(campaign_id, client_id) if campaign else ()
    if campaign is None or not accounts:
        raise NotFound(NO_CAMPAIGN, campaign_id)
    return CampaignPreview(campaign.id, campaign.name, campaign.state, campaign.digest, accounts)


def picture_of(tenant: int, sha256: str) -> tuple[str, bytes]:
    """The type and bytes of a picture of the tenant in scope, for who has shown a right to it. NotFound."""
    row = db.session.get(Blob, (tenant, sha256))
    if row is None:
        raise NotFound(NO_PICTURE)
    return row.mime, row.data


def _accounts(campaign_id: int, client_id: int | None) -> tuple[Shown, ...]:
    query = (
        select(Dispatch.message, Account, Client.name)
        .join(Account, Account.id == Dispatch.account_id)
        .join(Client, Client.id == Account.client_id)
        .where(Dispatch.campaign_id == campaign_id)
        .order_by(Client.id, Account.id)
    )
    if client_id is not None:
        query = query.where(Account.client_id == client_id)
    return tuple(shown_on(account, client, Message.from_json(message)) for message, account, client in db.session.execute(query))


def shown_on(account: Account, client: str, message: Message) -> Shown:
    """How an account shows a message."""
    installed = registry().get(account.channel)
    kind = installed.channel.kind(account.kind) if installed else None
    title = (kind.title.zh, kind.title.en) if kind else (account.kind, account.kind)
    screens = tuple(_screens(account, message))
    return Shown(account.key, account.name, client, account.channel, account.kind, title, message, screens)


def _screens(account: Account, message: Message) -> list[Screen]:
    """What the channel says; one plain conversation where it says nothing, or fails."""
    installed = registry().get(account.channel)
    if installed is None or installed.hook.preview is None:
        return plain_screens(message)
    seen = ChannelAccount(
        account.id, account.key, account.channel, account.kind, account.name, {}, account.settings, account.zone
    )
    try:
        found: list[Screen] = installed.hook.preview(account=seen, message=message)
    except Exception as error:
        log.exception("channel failed", fault=type(error).__name__)
        return plain_screens(message)
    return found or plain_screens(message)


def plain_screens(message: Message) -> list[Screen]:
    """One conversation with all that the message holds, and its articles."""
    held: dict[Piece, object] = {
        "articles": message.articles,
        "text": message.text,
        "link": message.link,
        "pictures": message.images,
        "template": message.template,
    }
    chat = Screen("chat", CHAT, "chat", "wechat", tuple(piece for piece, part in held.items() if part))
    return [chat, Screen("page", PAGE, "page", "wechat")] if message.articles else [chat]
