"""Events that are heard instead of pushed: a WebSocket that the core opens to the account's own server and keeps open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from saas.channels.callback import Event


@dataclass(frozen=True, slots=True)
class Listening:
    """Where an account's events are heard (``ws://`` or ``wss://``), and the headers that open it, its token among them."""

    url: str
    headers: Mapping[str, str] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heard:
    """What one frame tells: events as of a push.

    ``next_within``: the platform promises a sign of life every so many seconds; 0 where it promises nothing. A line that breaks
    this promise is opened anew, and an account that is not heard again within a minute is stopped, as by an event ``at_risk``.
    ``refused`` (``中文 / English``): this line is not the account's, or the platform turns us away; it is closed.
    """

    events: tuple[Event, ...] = ()
    next_within: float = 0.0
    refused: str = ""
