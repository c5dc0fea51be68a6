"""Portals: a platform application of the agency over which owners authorise their accounts, by one scan each.

A channel that has such a thing says so in ``Channel.portal`` and has the hooks ``portal_callback``, ``invite``, ``admit``,
``inspect``, ``renew`` and ``relist``. The core keeps the agency's secrets, the platform's ticket, and each owner's refresh token.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

from saas.channels.channel import Field, Right, Text
from saas.channels.platform import NotSent

if TYPE_CHECKING:
    from saas.channels.http import Http

EVENTS = Text("授权事件接收地址", "Address for authorisation events")
MESSAGES = Text("消息与事件接收地址", "Address for messages and events")


@dataclass(frozen=True, slots=True)
class PortalKind:
    """What a portal of this channel is called, what a person enters to set one up, and which rights owners can grant.

    Names of ``credentials`` must differ from those of the account kinds: for pushes an account has both.
    ``events`` and ``messages`` say what our two addresses are called where they are entered; the platform replaces
    ``account_mark`` in the second by its id of the account.
    """

    title: Text
    credentials: tuple[Field, ...]
    settings: tuple[Field, ...] = ()
    rights: tuple[Right, ...] = ()
    events: Text = EVENTS
    messages: Text = MESSAGES
    account_mark: str = "$APPID$"


@dataclass(frozen=True, slots=True)
class Portal:
    """A portal as a hook sees it. ``credentials`` are decrypted and stay out of ``repr``; ``settings`` are plain."""

    id: int
    channel: str
    name: str
    credentials: Mapping[str, str] = field(repr=False, default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Invitation:
    """Where an owner scans and agrees, and for how many seconds that works.

    ``returns``: the platform sends the browser back. Else it pushes the code, with the last part of ``back`` as ``state``.
    """

    url: str
    seconds: float
    returns: bool = True


@dataclass(frozen=True, slots=True)
class Granted:
    """An account as its owner has authorised it.

    ``id`` is the platform's own. ``credentials`` and ``settings`` are what the account then has, no secret of the owner's among
    them. ``rights`` are ids of ``PortalKind.rights``. ``refresh`` renews its tokens (a refresh token, a permanent code); "" where
    the platform does not give it here. Where one consent makes accounts of several kinds their ids are ``ID.KIND``, and the
    others are ``beside`` the first.
    """

    id: str
    kind: str
    name: str
    credentials: Mapping[str, str] = field(repr=False, default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    rights: frozenset[str] = frozenset()
    refresh: str = field(repr=False, default="")
    beside: tuple[Granted, ...] = ()

    @property
    def by_kind(self) -> bool:
        """Whether it is one of several kinds that the platform calls by one id."""
        return self.id.endswith(f".{self.kind}")


@dataclass(frozen=True, slots=True)
class Renewed:
    """A new token of an account and the seconds it lives; ``refresh`` renews it next time, and is stored before it is used."""

    token: str = field(repr=False)
    seconds: float
    refresh: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PortalNews:
    """What a platform pushed about a portal.

    ``ticket``: ``value`` is the new ticket. ``authorised``, ``updated``, ``withdrawn``: of the account ``id``, or of those
    whose ids begin with it and a dot. ``at`` is the platform's Unix time. The platform is asked for the truth of all but the
    ticket and a withdrawal. Where ``authorised`` has a code instead of an id, ``value`` is that code: ``admit`` gets it as
    ``auth_code``. ``state``: of whose invitation it is, as pushed; that member confirms first. "": it renews accounts there are.
    """

    change: Literal["ticket", "authorised", "updated", "withdrawn"]
    at: float
    id: str = ""
    value: str = field(repr=False, default="")
    state: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class PortalReply:
    """What to answer the platform, and what was read. A refused request has ``status`` 401 or 403 and no news.

    ``account``: the push is about what happened on the account of that id, whose ``callback`` reads it as well.
    """

    status: int = 200
    body: bytes = b"success"
    content_type: str = "text/plain; charset=utf-8"
    news: tuple[PortalNews, ...] = ()
    account: str = ""


class Revoked(NotSent):
    """The owner has withdrawn: nothing went out, and only a new scan helps. The text is for people (``中文 / English``).

    The core pauses the account: what is due waits.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class PortalRefused(Exception):
    """The platform says no to the portal itself, or to a code; the text is for people (``中文 / English``)."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class PortalLine(Protocol):
    """A portal's line to its platform, given to every hook of a portal that talks to one."""

    http: Http

    def now(self) -> datetime:
        """The current time, aware, in UTC."""

    async def ticket(self) -> tuple[str, datetime] | None:
        """The last ticket the platform pushed, and when; None when none came yet."""

    async def token(self, name: str, fetch: Callable[[], Awaitable[tuple[str, float]]], stale: str = "") -> str:
        """The portal's own token ``name``, kept and fetched as ``Platform.token`` does it."""
