"""What a channel writes to have a simulator: its routes, how an account is enrolled, how its errors look."""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from saas.channels.simulator.stage import Stage


@dataclass(frozen=True, slots=True)
class Enrolment:
    """An account to be simulated: the product's key, kind and name, its audience, and where callbacks go.

    ``callback_path`` is the path on the product's web server; the stage knows its base address.
    """

    key: str
    kind: str
    name: str
    audience_size: int
    callback_path: str


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What the product stores to talk to the simulated account, and what the stage keeps of it under ``id``.

    ``id`` is the platform's own name of the account (app id, corp id …). ``record`` must be JSON.
    """

    id: str
    credentials: Mapping[str, str]
    settings: Mapping[str, Any] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)


class Simulator(abc.ABC):
    """One platform's rehearsal server. One instance a process; its state lives in the ``Stage``.

    ``knobs``: what may be set of an account besides the names in its record; None: anything.
    """

    name: str
    knobs: frozenset[str] | None = None

    @abc.abstractmethod
    def routes(self, stage: Stage) -> Sequence[web.AbstractRouteDef]:
        """The platform's endpoints. Called once, after the stage has loaded its accounts and effects."""

    @abc.abstractmethod
    def enrol(self, enrolment: Enrolment, address: str) -> Enrolled:
        """Credentials and settings for a new account; the same enrolment gives the same answer. ``address``: of this server."""

    @abc.abstractmethod
    def error(self, code: str) -> web.Response:
        """How the platform answers with error ``code`` (for the fault ``error``)."""

    def enrol_portal(self, stage: Stage, name: str, path: str) -> Mapping[str, Any]:
        """``credentials`` and ``settings`` of a portal whose pushes go to ``path``; {} where the channel has no portals."""
        return {}

    def account_of(self, request: web.Request) -> str:
        """The platform's id of the account a request speaks for, or "" (faults can be bound to an account)."""
        return ""

    def drop_tokens(self, stage: Stage, account: str) -> None:  # noqa: B027 - a platform may have no tokens
        """Invalidate the account's tokens (fault ``token``); "" means every account's."""
