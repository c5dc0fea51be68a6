"""What the conformance kit cannot find out by itself: how a channel's own simulator is played.

Everything has a default. A channel whose simulator pushes nothing by itself names a prompt; one whose platform answers with
error codes says what each means, for that is where money is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from saas.channels.channel import ContentKind
from saas.channels.message import Message


@dataclass(frozen=True, slots=True)
class Prompt:
    """What makes the simulator push something: a POST of ``body`` to ``path``.

    ``{account}`` (the platform's id of the account) and ``{target}`` (the id of somebody it reaches) are filled in, in both.
    """

    path: str
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Applying:
    """Who applies for what in the platform's own approval, and how the simulator's people decide: by POST.

    ``{account}``, ``{approval}`` (the platform's number of the application) and ``{approver}`` are filled in.
    """

    template: str
    applicant: str
    approver: str
    agree: Prompt
    refuse: Prompt
    withdraw: Prompt


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """How the kit plays the simulator. All but ``messages`` and ``withdrawal`` are by account kind.

    ``errors``: error codes the simulator can answer with, and the class of the outcome each means for ``send``.
    ``messages``: a message for a content kind, where the kit's own plain one would not be taken (templates with a fixed id);
    to words of pictures without any it adds one.
    ``prompts``: what makes the platform push. ``settings``: settings the account gets beside those of its enrolment.
    ``record``: what the stage is to believe of the account (shorter delays, rights).
    ``withdrawal``: where a POST makes the owner of an account take a portal's authorisation back; ``{account}`` and the portal's
    credentials by name are filled in. ``applications``: of kinds with an approval.
    """

    errors: Mapping[str, Mapping[str, type[Any]]] = field(default_factory=dict)
    messages: Mapping[ContentKind, Message] = field(default_factory=dict)
    prompts: Mapping[str, Prompt] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    record: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    withdrawal: str = ""
    applications: Mapping[str, Applying] = field(default_factory=dict)
