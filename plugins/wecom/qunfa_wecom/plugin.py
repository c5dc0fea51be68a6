"""The hooks of the channel ``wecom``; each route's own module does the work."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from qunfa_wecom import (
    answering,
    appchat,
    application,
    checks,
    confirming,
    customer,
    customer_lookup,
    inbound,
    kinds,
    media,
    moments,
    robot,
)
from qunfa_wecom import groups as by_owner
from qunfa_wecom import tags as labels
from qunfa_wecom.approval import approval_form, approval_person, approval_state, find_approval, submit_approval  # noqa: F401
from qunfa_wecom.authorising import admit, inspect, invite, portal_callback, relist, renew  # noqa: F401 - hooks as well
from qunfa_wecom.behaviour import DAYS_OF
from qunfa_wecom.chats import groups  # noqa: F401 - a hook as well
from qunfa_wecom.errors import BAD_MEDIA, PlatformError, describe, outcome_of
from qunfa_wecom.limits import PACK, limits_at
from qunfa_wecom.line import Line
from qunfa_wecom.making import change_group, make_group  # noqa: F401 - hooks as well
from qunfa_wecom.screens import screens
from qunfa_wecom.trying import try_out as show_one
from saas.channels import (
    Account,
    CallbackReply,
    CallbackRequest,
    Channel,
    Delivery,
    Finding,
    Inbound,
    Limits,
    Message,
    NotSent,
    Outcome,
    Person,
    Platform,
    Progress,
    Refused,
    Revoked,
    Route,
    RulePack,
    Screen,
    Tag,
    Target,
    Unauthorized,
    Unknown,
    hookimpl,
)

if TYPE_CHECKING:
    from saas.channels.rehearsal import Rehearsal
    from saas.channels.simulator import Simulator

SEND: dict[str, Any] = {
    "customer": customer.send,
    "groups": by_owner.send,
    "app": application.send,
    "moments": moments.send,
    "robot": robot.send,
    "appchat": appchat.send,
}
RECALL: dict[str, Any] = {
    "customer": customer.recall,
    "groups": customer.recall,
    "app": application.recall,
    "moments": moments.recall,
    "robot": robot.recall,
    "appchat": appchat.recall,
}
LOOKUP: dict[str, Any] = {"customer": customer_lookup.lookup, "groups": by_owner.lookup, "moments": moments.lookup}
PROGRESS: dict[str, Any] = {"customer": customer.progress, "groups": customer.progress, "moments": moments.progress}
WAITING: dict[str, Any] = {
    "customer": confirming.customer_members,
    "groups": confirming.customer_members,
    "moments": confirming.moment_members,
}
REMIND: dict[str, Any] = {"customer": confirming.remind_customer, "groups": confirming.remind_customer}
CONNECT: dict[str, Any] = {
    "customer": customer.connect,
    "groups": by_owner.connect,
    "app": application.connect,
    "moments": customer.connect,
    "robot": robot.connect,
    "appchat": appchat.connect,
}
AUDIENCE: dict[str, Any] = {
    "customer": customer.audience,
    "groups": by_owner.audience,
    "app": application.audience,
    "moments": moments.audience,
    "robot": robot.audience,
    "appchat": appchat.audience,
}
TAGS: dict[str, Any] = {"customer": labels.of_customers, "app": labels.of_members, "moments": labels.of_customers}


@hookimpl
def channel() -> Channel:
    """The channel's account kinds."""
    return kinds.CHANNEL


@hookimpl
def limits(account: Account, route: Route, now: datetime) -> Limits:
    """From the dated rule pack and the account's own choice of the cap per customer."""
    return limits_at(account, route.name, now)


@hookimpl
def rule_pack() -> RulePack:
    """The platform's limits as they stand in ``rules.toml``."""
    return PACK


@hookimpl
async def send(account: Account, message: Message, delivery: Delivery, platform: Platform) -> Outcome:
    """Send one delivery by its route."""
    return await _answered(_sent(Line(account, platform), message, delivery), account, platform)


@hookimpl
async def recall(account: Account, delivery: Delivery, message: Message, platform: Platform) -> Outcome:
    """Take back an app message, or stop what no member has sent yet."""
    return await _answered(RECALL[delivery.route](Line(account, platform), delivery, message), account, platform)


@hookimpl
def check(account: Account, message: Message, limits: Limits) -> list[Finding]:
    """What is missing for this route, and what the route leaves out."""
    return checks.findings(account, message, limits)


@hookimpl
def preview(account: Account, message: Message) -> list[Screen]:
    """As members, customers or the group see it."""
    return screens(account, message)


@hookimpl
async def try_out(account: Account, message: Message, person: str, key: str, platform: Platform) -> Outcome:
    """An app message to one member."""
    return await _answered(show_one(Line(account, platform), message, person, key), account, platform)


@hookimpl
async def lookup(account: Account, message: Message, delivery: Delivery, platform: Platform) -> Outcome:
    """Find a mass send or a moment whose answer was lost."""
    find = LOOKUP.get(delivery.route)
    if find is None:
        return Unknown("平台没有可查询的列表 / the platform has no listing to search")
    try:
        found: Outcome = await find(Line(account, platform), message, delivery)
    except PlatformError as error:
        return Unknown(describe(error))
    except NotSent as error:
        return Unknown(str(error))
    return found


@hookimpl
async def progress(account: Account, delivery: Delivery, platform: Platform) -> Progress:
    """How far members have confirmed. Raises NotSent when the platform does not say: ask again later."""
    ask = PROGRESS.get(delivery.route)
    if ask is None:
        return Progress(delivered=delivery.target.people, final=True)
    try:
        told: Progress = await ask(Line(account, platform), delivery)
    except PlatformError as error:
        raise NotSent(describe(error)) from error
    return told


@hookimpl
async def account_figures(account: Account, first: date, last: date, platform: Platform) -> dict[date, dict[str, int]]:
    """Customers won and lost by day, or people who came into groups and left. Raises NotSent when the platform does not say."""
    if account.kind not in DAYS_OF:
        return {}
    try:
        return await DAYS_OF[account.kind](Line(account, platform), first, last)
    except PlatformError as error:
        raise NotSent(describe(error)) from error


@hookimpl
async def waiting(account: Account, delivery: Delivery, platform: Platform) -> list[Person]:
    """Members who have not confirmed. Raises NotSent when the platform does not say."""
    ask = WAITING.get(delivery.route)
    try:
        return await ask(Line(account, platform), delivery) if ask else []
    except PlatformError as error:
        raise NotSent(describe(error)) from error


@hookimpl
async def remind(account: Account, delivery: Delivery, platform: Platform) -> Outcome:
    """Remind members of a customer mass send; the platform has nothing of the kind for moments."""
    act = REMIND.get(delivery.route)
    if act is None:
        return Refused("平台没有提醒接口，请直接联系成员 / the platform has no way to remind: ask the members yourself")
    return await _answered(act(Line(account, platform), delivery), account, platform)


@hookimpl
async def connect(account: Account, platform: Platform) -> Outcome:
    """Credentials, trusted IP and rights, without sending anything."""
    try:
        return await _answered(CONNECT[account.kind](Line(account, platform)), account, platform)
    except Revoked as gone:
        return Unauthorized("revoked", gone.code, gone.detail)


@hookimpl
def audience(account: Account, route: Route, tag: str, platform: Platform) -> AsyncIterator[list[Target]]:
    """Whom the account reaches on this route, or those of them with a tag. Raises NotSent when the platform does not say."""
    return _pages(account, route, tag, platform)


@hookimpl
async def tags(account: Account, platform: Platform) -> list[Tag]:
    """The corp's tags of customers, or the address book's of members. Raises NotSent when the platform does not say."""
    if account.kind not in TAGS:
        return []
    try:
        found: list[Tag] = await TAGS[account.kind](Line(account, platform))
    except PlatformError as error:
        raise NotSent(describe(error)) from error
    return found


@hookimpl
def callback(account: Account, request: CallbackRequest) -> CallbackReply:
    """Verify, decrypt and read what the platform pushed."""
    return inbound.callback(account, request)


@hookimpl
def answer(account: Account, request: CallbackRequest, event: Inbound, message: Message) -> CallbackReply:
    """A passive reply of an app to its member."""
    return answering.answer(account, request, event, message)


@hookimpl
def simulator() -> Simulator:
    """The rehearsal server."""
    from qunfa_wecom.simulator import WecomSimulator

    return WecomSimulator()


async def _sent(line: Line, message: Message, delivery: Delivery) -> Outcome:
    """Send; once more with fresh uploads when the platform has dropped a picture early, as nothing can have gone out.

    Not so the repeat of an app message: other media would be other content, and slip past the duplicate check.
    """
    route = SEND[delivery.route]
    try:
        first: Outcome = await route(line, message, delivery)
    except PlatformError as error:
        if error.code != BAD_MEDIA or (delivery.route == "app" and delivery.attempt > 1):
            raise
        await media.forget(line, message)
    else:
        return first
    second: Outcome = await route(line, message, delivery)
    return second


async def _answered(call: Awaitable[Outcome], account: Account, platform: Platform) -> Outcome:
    try:
        return await call
    except PlatformError as error:
        return outcome_of(error, platform.now(), account.zone)


async def _pages(account: Account, route: Route, tag: str, platform: Platform) -> AsyncIterator[list[Target]]:
    try:
        async for page in AUDIENCE[route.name](account, platform, tag):
            yield page
    except PlatformError as error:
        raise NotSent(describe(error)) from error


@hookimpl
def rehearsal() -> Rehearsal:
    """Error codes and what they mean, and what makes the platform push."""
    from qunfa_wecom.played import REHEARSAL

    return REHEARSAL
