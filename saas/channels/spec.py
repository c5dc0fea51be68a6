"""The contract between Qunfa and a channel, one function a hook. Implement them with ``@hookimpl``.

A hook that talks to a platform is ``async def`` and takes its HTTP from ``platform``. A plugin may leave out arguments
it does not need. Every call reaches exactly one channel, the account's own, except ``findings``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pluggy

from saas.channels.approving import approval_form, approval_person, approval_state, find_approval, submit_approval  # noqa: F401
from saas.channels.articles import take_down_article  # noqa: F401 - a hook as well
from saas.channels.callback import CallbackReply, CallbackRequest, Inbound
from saas.channels.calls import calls_left, clear_calls  # noqa: F401 - hooks as well
from saas.channels.channel import Channel, Route
from saas.channels.choosing import change_group, groups, make_group  # noqa: F401 - hooks as well
from saas.channels.drafts import PlatformDraft
from saas.channels.examining import examine  # noqa: F401 - a hook as well
from saas.channels.listening import Heard, Listening
from saas.channels.message import Message
from saas.channels.outcome import Outcome, Person, Progress
from saas.channels.passage import Passage
from saas.channels.platform import Account, Delivery, Finding, Platform, Tag, Target
from saas.channels.portal import Granted, Invitation, Portal, PortalLine, PortalReply, Renewed
from saas.channels.preview import Screen
from saas.channels.rules import Limits, RulePack

if TYPE_CHECKING:
    from saas.channels.rehearsal import Rehearsal
    from saas.channels.simulator import Simulator
    from saas.channels.wording import WordPack

hookspec = pluggy.HookspecMarker("qunfa")

REQUIRED = ("channel", "limits", "send", "recall")
OF_PORTALS = ("portal_callback", "invite", "admit", "inspect", "renew", "relist")
"""Obligatory for a channel with a portal."""


@hookspec(firstresult=True)
def channel() -> Channel:
    """Say what the channel is. Called once at start; must not touch the network. Obligatory."""


@hookspec(firstresult=True)
def limits(account: Account, route: Route, now: datetime) -> Limits:
    """The limits that bind ``account`` on ``route`` at ``now``, from the dated rule pack. Pure. Obligatory.

    Asked when a campaign is planned and again in the transaction that claims its deliveries.
    """


@hookspec(firstresult=True)
async def send(account: Account, message: Message, delivery: Delivery, platform: Platform) -> Outcome:
    """Send one delivery. Obligatory. Called with quota already reserved and no transaction open.

    ``delivery.key`` is the same over all attempts: give it to the platform where it dedupes.
    Never raises for what a platform says; ``NotSent`` and ``MaybeSent`` may pass.
    """


@hookspec(firstresult=True)
async def recall(account: Account, delivery: Delivery, message: Message, platform: Platform) -> Outcome:
    """Take back an accepted delivery by ``delivery.ids``. Obligatory.

    ``Receipt``: taken back (``progress.skipped`` of people that were stopped before they got it, where parts are possible);
    ``Refused``: cannot be, with the reason. Called only within the route's window.
    """


@hookspec(firstresult=True)
def check(account: Account, message: Message, limits: Limits) -> list[Finding]:
    """The channel's own content findings, beyond the limits every channel shares. Pure."""


@hookspec(firstresult=True)
def preview(account: Account, message: Message) -> list[Screen]:
    """The screens on which people meet the message, the first one they see first. Pure; credentials are not given.

    Asked whenever somebody looks at a preview. Without it the message is shown as one conversation.
    """


@hookspec(firstresult=True)
async def try_out(account: Account, message: Message, person: str, key: str, platform: Platform) -> Outcome:
    """Show the message to one named person before it goes out. Obligatory for a kind with ``AccountKind.try_out``.

    Called with a unit of its caps already taken, once for one wish and never again: ``MaybeSent`` and ``Unknown`` count as
    shown. ``key`` is 32 hex digits, this wish's own.
    """


@hookspec(firstresult=True)
async def lookup(account: Account, message: Message, delivery: Delivery, platform: Platform) -> Outcome:
    """Find out what became of a delivery whose outcome is unknown.

    ``Receipt``: the platform has it. ``Absent``: surely not, it may be sent again. ``Unknown``: still not knowable.
    """


@hookspec(firstresult=True)
async def progress(account: Account, delivery: Delivery, platform: Platform) -> Progress:
    """How far an accepted delivery is; asked when its last ``Progress.poll_after`` has passed."""


@hookspec(firstresult=True)
async def waiting(account: Account, delivery: Delivery, platform: Platform) -> list[Person]:
    """Who must still act before the rest of an accepted delivery goes out, as the platform names them now.

    Asked after a ``Progress`` with people awaiting. NotSent when the platform does not say.
    """


@hookspec(firstresult=True)
async def remind(account: Account, delivery: Delivery, platform: Platform) -> Outcome:
    """Remind those who have not acted. Called only where ``Limits.reminders`` is given, with one of them already taken.

    Never repeated: ``Receipt`` they are reminded; ``MaybeSent`` and ``Unknown`` count as reminded; others say why not.
    """


@hookspec(firstresult=True)
async def connect(account: Account, platform: Platform) -> Outcome:
    """Check the account's credentials and rights without sending anything. ``Receipt`` with an empty ids when all is well.

    Asked when an account is added, and before a campaign is planned for it. What people should know of an account that can send
    may stand in the receipt's ``progress.reason``: a note to whoever plans, and signs.
    """


@hookspec(firstresult=True)
def audience(account: Account, route: Route, tag: str, platform: Platform) -> AsyncIterator[list[Target]]:
    """Pages of whom the account can reach, each target with one id and its ``people``; ``fields["title"]`` may name it.

    For routes whose fan-out is *platform* one target of form ``all`` with the number of people. ``tag``: the id of one of
    ``tags``, and then only the people who carry it, counted exactly; "" for everybody. A channel with a route for *tag* takes it.
    """


@hookspec(firstresult=True)
async def tags(account: Account, platform: Platform) -> list[Tag]:
    """Every tag of the account with its number, name and people. Obligatory with a route for the audience *tag*.

    Asked when a campaign for a tag is planned, to find the number of its name, and when a person lists them. May raise NotSent.
    """


@hookspec(firstresult=True)
def drafts(account: Account, platform: Platform) -> AsyncIterator[list[PlatformDraft]]:
    """Pages of what lies in the account's own draft box, for a person who wants it in the library. May raise NotSent."""


@hookspec(firstresult=True)
async def draft_picture(account: Account, address: str, platform: Platform) -> bytes:
    """The bytes of a picture that a draft of ``drafts`` shows or has for its cover. Asked from the platform's own hosts alone.

    NotSent when it cannot be had or the address is none of the platform's. Obligatory with ``drafts``.
    """


@hookspec(firstresult=True)
async def figures(account: Account, delivery: Delivery, day: datetime, platform: Platform) -> dict[str, Any]:
    """Statistics of an accepted delivery as the platform knows them on ``day``: opened, shared, liked … by name."""


@hookspec(firstresult=True)
async def account_figures(account: Account, first: date, last: date, platform: Platform) -> dict[date, dict[str, int]]:
    """What the account gained, lost and was told on the days ``first`` to ``last`` of its zone, as the platform publishes it:
    ``gained``, ``lost`` (people), ``replies`` (messages), ``followers`` (how many follow it at the end of the day), by day.

    A day or a figure that the platform does not know is left out; nothing is estimated. At most 30 days, the last of them
    yesterday. An error that passes is asked again within the hour.
    """


@hookspec(firstresult=True)
def callback(account: Account, request: CallbackRequest) -> CallbackReply:
    """Verify what the platform pushed to the account's address and read it. Pure: no network, no database.

    For an account that was authorised over a portal ``account.credentials`` hold the portal's as well: its pushes come by those.
    """


@hookspec(firstresult=True)
def listen(account: Account) -> Listening | None:
    """Where the account's events can be heard over a WebSocket, which the core opens and keeps open; None: nowhere. Pure.

    Asked every few seconds. Of all processes one listens to an account; what happens while none does is told as a gap.
    """


@hookspec(firstresult=True)
def heard(account: Account, frame: str, now: float) -> Heard:
    """Read a frame of a line that ``listen`` named or ``welcome`` let in. Pure. Obligatory with either.

    No signature is on it: the line was opened with the account's own token, and the frame must name the account. Events
    have the same ``dedupe`` as where they are pushed, so that what comes both ways is one. Who speaks is answered by ``reply``.
    """


@hookspec(firstresult=True)
def welcome(account: Account, headers: Mapping[str, str]) -> bool:
    """Whether a server that opens a WebSocket to us may speak for the account: by its token, and by naming it. Pure.
    ``headers`` (lower case names) as received."""


@hookspec(firstresult=True)
def portal_callback(portal: Portal, request: CallbackRequest) -> PortalReply:
    """Verify what the platform pushed to the portal's own address and read it: tickets, authorisations, withdrawals. Pure.

    The same news may come twice, and late. Answered within the platform's few seconds. Also asked when the platform checks
    the address for messages with the id of none of the accounts.
    """


@hookspec(firstresult=True)
async def invite(portal: Portal, back: str, platform: PortalLine) -> Invitation:
    """Where an owner scans and agrees. The platform then sends the browser to ``back``, with what ``admit`` needs in the query.

    Raises PortalRefused, or NotSent when the platform does not answer.
    """


@hookspec(firstresult=True)
async def admit(portal: Portal, answer: Mapping[str, str], platform: PortalLine) -> Granted:
    """Redeem what the platform gave the browser on its way back (``answer`` is the query), once. ``Granted.refresh`` is set.
    A code that was pushed comes as ``auth_code``.

    Raises PortalRefused for an owner who refused, a code that was used or is too old; NotSent when the platform does not answer.
    """


@hookspec(firstresult=True)
async def inspect(portal: Portal, id: str, refresh: str, platform: PortalLine) -> Granted:
    """How an account stands authorised now. ``refresh`` renews its tokens; "" when it went with a withdrawal. Raises Revoked
    when it is not authorised, PortalRefused, NotSent."""


@hookspec(firstresult=True)
async def renew(portal: Portal, id: str, refresh: str, platform: PortalLine) -> Renewed:
    """A new token of the account. One call at a time over all workers; what it gives is stored before it is used.

    Raises Revoked when the platform does not take ``refresh`` (the core then looks into ``relist`` once), PortalRefused, NotSent.
    """


@hookspec(firstresult=True)
def relist(portal: Portal, platform: PortalLine) -> AsyncIterator[list[tuple[str, str]]]:
    """Pages of all accounts authorised now: (id, refresh token). Asked where a refresh token was lost on its way.
    A platform without such a list has no pages. Raises as ``renew``."""


@hookspec(firstresult=True)
def answer(account: Account, request: CallbackRequest, event: Inbound, message: Message) -> CallbackReply:
    """The answer to a push that says ``message`` to who wrote. Obligatory for a kind whose ``Replying`` is ``at_once``. Pure.

    ``request`` was read by ``callback`` just now and ``event`` is of it; of somebody who has just come its kind is follow.
    Called once for one message, with the answer written down already: what this gives goes out and is never said again.
    """


@hookspec(firstresult=True)
async def reply(account: Account, event: Inbound, message: Message, key: str, platform: Platform) -> Outcome:
    """Say ``message`` to who wrote, inside the platform's reply window. Obligatory for a ``Replying`` that is not ``at_once``.

    Called with a unit of its caps already taken, once for one message and never again: ``MaybeSent`` and ``Unknown`` count as
    said. ``key`` is 32 hex digits, this answer's own.
    """


@hookspec(firstresult=True)
def simulator() -> Simulator:
    """The channel's rehearsal server: a faithful stand-in for the platform, on loopback."""


@hookspec(firstresult=True)
def rehearsal() -> Rehearsal:
    """How the conformance kit plays the channel's simulator: error codes and what they mean, prompts for pushes, samples.

    Asked by ``channel verify`` and by tests, never while sending. Must not touch the network.
    """


@hookspec
def findings(message: Message, passages: Sequence[Passage], trades: Collection[str], day: date) -> list[Finding]:
    """Compliance findings of any plugin on any message. Called on all plugins that are on for the tenant. Pure.

    ``passages`` are the campaign's texts as written, with their places: marks are offsets into them. ``trades`` are those
    of the client, empty when nobody has told; ``day`` is when the message goes out.
    """


@hookspec(firstresult=True)
def rule_pack() -> RulePack | WordPack:
    """The plugin's dated rules as they stand in its file, for people to read and for the archive of what a check used."""
