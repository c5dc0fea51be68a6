"""What a hook is given to work with: the account, the delivery, and the platform's line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from saas.channels.http import Http


class NotSent(Exception):
    """Raised by ``Platform.http``: no connection, or the request was never complete. Surely nothing went out.

    A hook may let it pass: the core turns it into ``Unreachable``.
    """


class MaybeSent(Exception):
    """Raised by ``Platform.http``: the request left and no whole answer came back.

    A hook may let it pass out of ``send``: the core turns it into ``Unknown``. From a step that surely sends nothing
    by itself (a token, an upload) a hook turns it into ``Unreachable``.
    """


@dataclass(frozen=True, slots=True)
class Account:
    """An account as a hook sees it. ``credentials`` are decrypted and stay out of ``repr``; ``settings`` are plain.

    ``zone`` is the IANA name in which the platform counts its days and months. ``verified`` and the like are settings.
    ``portal``: its owner authorised it over this portal, and tokens come from ``Platform.granted_token``. 0: by its credentials.
    ``rights``: what the owner has granted; None where that is not known here.
    """

    id: int
    key: str
    channel: str
    kind: str
    name: str
    credentials: Mapping[str, str] = field(repr=False, default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    zone: str = "Asia/Shanghai"
    portal: int = 0
    rights: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Whom one call is for.

    ``form`` all: everybody (``people`` is the number known when the plan was signed). tag: ``ids`` holds one tag.
    ids: the recipients of this call (one for fan-out *each*, up to the batch size for *batch*).
    ``fields``: values for template placeholders, only with fan-out *each*.
    """

    form: Literal["all", "tag", "ids"]
    ids: tuple[str, ...] = ()
    people: int = 1
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag (label, group of people) that the platform keeps for an account.

    ``id`` is the platform's own, as text; ``people`` how many carry it, as the platform's list of tags says.
    """

    id: str
    name: str
    people: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing a platform is asked to do.

    ``key`` is 32 lower-case hex digits and stays the same over every attempt. ``attempt`` counts from 1.
    ``started_at`` is when the first attempt began. ``ids`` are the platform's identifiers once it accepted.
    """

    id: int
    key: str
    route: str
    target: Target
    attempt: int = 1
    started_at: datetime | None = None
    ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a check found. ``rule`` names the rule; ``where`` the file, field or line; ``remedy`` what to do.

    ``block`` stops the send, ``warn`` may be passed with a reason, ``note`` only informs. ``marks`` are (start, end)
    character offsets into the text named by ``where``; ``quotes`` are (before, marked words, after) of the first of them.
    ``source`` is the law or rule it rests on. Sentences are (zh, en).
    """

    rule: str
    severity: Literal["block", "warn", "note"]
    where: str
    message: tuple[str, str]
    remedy: tuple[str, str] = ("", "")
    line: int = 0
    marks: tuple[tuple[int, int], ...] = ()
    source: str = ""
    quotes: tuple[tuple[str, str, str], ...] = ()


class Platform(Protocol):
    """The account's line to its platform, given to every hook that talks to one. Lives as long as the worker."""

    http: Http

    def now(self) -> datetime:
        """The current time, aware, in UTC."""

    async def go_ahead(self) -> None:
        """Ask for the go-ahead right before the call that reaches people, where steps or waits come before it in ``send``.

        Raises NotSent when a person has stopped the send meanwhile, or it is another worker's by now; a hook lets it pass.
        Elsewhere it does nothing.
        """

    async def token(self, name: str, fetch: Callable[[], Awaitable[tuple[str, float]]], stale: str = "") -> str:
        """The account's token ``name``, from the shared store; ``fetch`` gives (token, seconds it lives) when needed.

        Over all workers at most one ``fetch`` runs at a time. ``stale`` is the token the platform has just refused:
        it is replaced, unless another worker has replaced it already. Kept encrypted.
        """

    async def granted_token(self, stale: str = "") -> str:
        """The token of an account that was authorised over a portal, renewed by the hook ``renew`` where it must be.

        ``stale`` as in ``token``. Raises Revoked when the owner has withdrawn, which a hook lets pass, and NotSent.
        """

    async def withdrawn(self, code: str, detail: str) -> None:
        """The platform says that the owner has withdrawn: the account is paused until it is authorised again."""

    async def recall_memory(self, key: str) -> str | None:
        """What was remembered for this account under ``key``, unless it has expired."""

    async def remember(self, key: str, value: str, seconds: float | None = None) -> None:
        """Remember ``value`` for this account (an uploaded picture's id by its hash), for ``seconds`` or for good."""

    async def exchange(self, key: str, old: str, new: str, seconds: float | None = None) -> bool:
        """Remember ``new`` under ``key`` where ``old`` is remembered now ("" stands for nothing, before and after).

        Whether it was: of all who exchange the same ``old`` at once, over all workers, one succeeds.
        """

    async def picture(self, sha256: str) -> bytes:
        """The bytes of a picture of the message. KeyError when the tenant has no such picture."""
