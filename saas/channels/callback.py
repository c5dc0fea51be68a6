"""What a platform pushes to us: the request as it came, and the events a channel reads from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from saas.channels.outcome import Progress


@dataclass(frozen=True, slots=True)
class CallbackRequest:
    """A request to the account's callback address. ``query`` and ``headers`` (lower case names) as received.

    ``now`` is the Unix time in seconds at which it arrived: the channel refuses stale time stamps.
    """

    method: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    now: float


@dataclass(frozen=True, slots=True)
class Progressed:
    """News of a delivery. It is found by one of the platform's ids (``id_name``, ``id_value`` as in ``Receipt.ids``).

    Where the platform gives no usable id, ``target`` names the recipient and the latest open delivery to it is meant.
    A message that is none of ours was sent elsewhere: it counts in the caps named in ``foreign``, at ``at`` (Unix time).
    """

    dedupe: str
    progress: Progress
    id_name: str = ""
    id_value: str = ""
    target: str = ""
    foreign: tuple[str, ...] = ()
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """The account's standing changed: ``revoked`` marks it broken, ``restored`` sound again.

    ``at_risk``: the platform may be about to ban it. It is stopped at once, with ``detail`` as the reason, until a person lets
    it go on.
    """

    dedupe: str
    change: Literal["revoked", "restored", "rights_changed", "at_risk"]
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TargetChanged:
    """A follower, customer or group came or went, or opened or closed itself to us.

    ``reply_until`` and ``context`` as of an ``Inbound``: where who has just come can be greeted.
    """

    dedupe: str
    target: str
    change: Literal["joined", "left", "muted", "unmuted"]
    title: str = ""
    people: int = 1
    reply_until: float = 0.0
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inbound:
    """What a person said or did on the account. ``reply_until`` is Unix time; 0 when no reply is possible.

    ``kind``: text, image, voice, video, location, link, file; click for a menu or a code, with its key as ``text``; other names
    count as other. ``context``: what an answer needs, kept sealed; ``group`` in it is where it was said.
    """

    dedupe: str
    sender: str
    kind: str
    text: str = ""
    reply_until: float = 0.0
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ApprovalChanged:
    """Something happened to the application of this number in the platform's approval: the core asks how it stands."""

    dedupe: str
    approval: str


Event = Progressed | AccountChanged | TargetChanged | Inbound | ApprovalChanged


@dataclass(frozen=True, slots=True)
class CallbackReply:
    """What to answer the platform, and what was read. A refused request has ``status`` 401 or 403 and no events."""

    status: int = 200
    body: bytes = b"success"
    content_type: str = "text/plain; charset=utf-8"
    events: tuple[Event, ...] = ()
