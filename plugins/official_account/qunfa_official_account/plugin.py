"""The hooks of the channel ``official_account``; what they do is in the modules beside this one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from qunfa_official_account import afterwards, answering, authorising, checks, connection, draft_box, followers, kinds, registered
from qunfa_official_account import callback as pushes
from qunfa_official_account import calls as counted
from qunfa_official_account import figures as statistics
from qunfa_official_account import limits as rules
from qunfa_official_account.client import Client
from qunfa_official_account.mass import send_mass
from qunfa_official_account.media import NoPicture
from qunfa_official_account.outcomes import Refusal, outcome
from qunfa_official_account.own_days import own_days
from qunfa_official_account.post import check_post
from qunfa_official_account.publishing import publish
from qunfa_official_account.screens import screens
from qunfa_official_account.template import send_notice, send_template
from qunfa_official_account.trying import try_out as show_one
from saas.channels import (
    Account,
    CallbackReply,
    CallbackRequest,
    CallsLeft,
    Channel,
    Delivery,
    Finding,
    Granted,
    Inbound,
    Invitation,
    Limits,
    Message,
    Outcome,
    Platform,
    PlatformDraft,
    Portal,
    PortalLine,
    PortalReply,
    Progress,
    Refused,
    Renewed,
    Route,
    RulePack,
    Screen,
    Tag,
    Target,
    hookimpl,
)

if TYPE_CHECKING:
    from saas.channels.rehearsal import Rehearsal
    from saas.channels.simulator import Simulator


_SENDS = {"template": send_template, "subscribe": send_notice, "publish": publish}


async def _told(doing: Awaitable[Outcome], client: Client, route: str) -> Outcome:
    """The outcome, also of what the platform refuses. NotSent and MaybeSent pass."""
    try:
        return await doing
    except Refusal as refusal:
        return outcome(refusal, client.account, route, client.platform.now())
    except NoPicture as missing:
        return Refused(f"图片已不在素材库，请重新上传 / a picture is gone: upload it again [{missing}]", "", "pictures")


@hookimpl
def channel() -> Channel:
    """Two kinds: subscription and service."""
    return kinds.channel()


@hookimpl
def limits(account: Account, route: Route, now: datetime) -> Limits:
    """From the dated rule pack."""
    return rules.limits(account, route.name, now)


@hookimpl
def rule_pack() -> RulePack:
    """The platform's limits as they stand in ``rules.toml``."""
    return rules.pack()


@hookimpl
def check(account: Account, message: Message, limits: Limits) -> list[Finding]:
    """What this platform drops, refuses or cannot do."""
    return [*checks.check(account, message), *check_post(message, limits)]


@hookimpl
async def examine(account: Account, message: Message, platform: Platform) -> list[Finding]:
    """Whether the account has the template, and the template the fields."""
    return await registered.examine(Client(account, platform), message)


@hookimpl
def preview(account: Account, message: Message) -> list[Screen]:
    """Folded list, chat, card passed on, article."""
    return screens(account, message)


@hookimpl
async def try_out(account: Account, message: Message, person: str, platform: Platform) -> Outcome:
    """The platform's own preview."""
    client = Client(account, platform)
    return await _told(show_one(client, message, person), client, "preview")


@hookimpl
async def send(account: Account, message: Message, delivery: Delivery, platform: Platform) -> Outcome:
    """A mass job, a publication without notice, one template message or one notice."""
    client = Client(account, platform)
    doing = _SENDS.get(delivery.route, send_mass)
    return await _told(doing(client, message, delivery), client, delivery.route)


@hookimpl
async def recall(account: Account, delivery: Delivery, message: Message, platform: Platform) -> Outcome:
    """Take the article pages down."""
    client = Client(account, platform)
    return await _told(afterwards.take_down(client, delivery, message), client, delivery.route)


@hookimpl
async def take_down_article(account: Account, delivery: Delivery, number: int, platform: Platform) -> Outcome:
    """One article page of a mass job."""
    client = Client(account, platform)
    return await _told(afterwards.take_one_down(client, delivery, number), client, delivery.route)


@hookimpl
async def lookup(account: Account, message: Message, delivery: Delivery, platform: Platform) -> Outcome:
    """By the job's id, when it is known; a publication by what has appeared on the page."""
    client = Client(account, platform)
    return await _told(afterwards.look_up(client, message, delivery), client, delivery.route)


@hookimpl
async def progress(account: Account, delivery: Delivery, platform: Platform) -> Progress:
    """The job's status, when its event has not come."""
    try:
        return await afterwards.job_progress(Client(account, platform), delivery)
    except Refusal as refusal:
        return afterwards.unanswered(refusal)


@hookimpl
async def connect(account: Account, platform: Platform) -> Outcome:
    """Secret, IP list, verification, right to mass-send."""
    client = Client(account, platform)
    return await _told(connection.connect(client), client, "mass")


@hookimpl
async def calls_left(account: Account, platform: Platform) -> list[CallsLeft]:
    """Today's calls of each interface, as the platform counts them."""
    return await counted.calls_left(Client(account, platform))


@hookimpl
async def clear_calls(account: Account, platform: Platform) -> Outcome:
    """Have them counted anew: ten a month."""
    client = Client(account, platform)
    return await _told(counted.clear_calls(client), client, "clear_calls")


@hookimpl
def audience(account: Account, route: Route, tag: str, platform: Platform) -> AsyncIterator[list[Target]]:
    """Followers by the ten thousand, all of them or those with a tag."""
    return followers.pages(Client(account, platform), route, tag)


@hookimpl
async def tags(account: Account, platform: Platform) -> list[Tag]:
    """The account's tags with the platform's own counts."""
    return await followers.tags(Client(account, platform))


@hookimpl
def drafts(account: Account, platform: Platform) -> AsyncIterator[list[PlatformDraft]]:
    """What people began in the platform's own editor."""
    return draft_box.pages(Client(account, platform))


@hookimpl
async def draft_picture(account: Account, address: str, platform: Platform) -> bytes:
    """A picture of such a draft."""
    return await draft_box.picture(Client(account, platform), address)


@hookimpl
async def figures(account: Account, delivery: Delivery, day: datetime, platform: Platform) -> dict[str, Any]:
    """People who opened and shared, in totals since publication."""
    try:
        return await statistics.figures(Client(account, platform), delivery, day)
    except Refusal:
        return {}


@hookimpl
async def account_figures(account: Account, first: date, last: date, platform: Platform) -> dict[date, dict[str, int]]:
    """Followers won and lost, how many there are, and messages, by day."""
    return await own_days(Client(account, platform), first, last)


@hookimpl
def callback(account: Account, request: CallbackRequest) -> CallbackReply:
    """Verify and read a push."""
    return pushes.callback(account, request)


@hookimpl
def answer(account: Account, request: CallbackRequest, event: Inbound, message: Message) -> CallbackReply:
    """A passive reply."""
    return answering.answer(account, request, event, message)


@hookimpl
def portal_callback(portal: Portal, request: CallbackRequest) -> PortalReply:
    """Tickets, and accounts that come and go."""
    return authorising.news(portal, request)


@hookimpl
async def invite(portal: Portal, back: str, platform: PortalLine) -> Invitation:
    """The platform's page with a code to scan."""
    return await authorising.invite(portal, back, platform)


@hookimpl
async def admit(portal: Portal, answer: Mapping[str, str], platform: PortalLine) -> Granted:
    """By the code the browser brought back."""
    return await authorising.admit(portal, answer, platform)


@hookimpl
async def inspect(portal: Portal, id: str, platform: PortalLine) -> Granted:
    """Name, kind, verification and rights."""
    return await authorising.inspect(portal, id, platform)


@hookimpl
async def renew(portal: Portal, id: str, refresh: str, platform: PortalLine) -> Renewed:
    """By the refresh token."""
    return await authorising.renew(portal, id, refresh, platform)


@hookimpl
def relist(portal: Portal, platform: PortalLine) -> AsyncIterator[list[tuple[str, str]]]:
    """Five hundred at a time."""
    return authorising.relist(portal, platform)


@hookimpl
def simulator() -> Simulator:
    """The rehearsal server."""
    from qunfa_official_account.simulator import OfficialAccountSimulator

    return OfficialAccountSimulator()


@hookimpl
def rehearsal() -> Rehearsal:
    """Error codes and what they mean, and what makes the platform push."""
    from qunfa_official_account.played import REHEARSAL

    return REHEARSAL
