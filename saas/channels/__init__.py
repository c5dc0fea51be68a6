"""Write a channel in five lines.

1. Make a distribution with an entry point in the group ``qunfa.channels``.
2. The entry point names a module or object whose methods carry ``@hookimpl``.
3. Implement ``channel``, ``limits``, ``send`` and ``recall`` (see ``saas.channels.spec``).
4. Put the platform's rules into a ``rules.toml`` with dates and sources and read it with ``RulePack.load``.
5. Implement ``simulator`` so that the conformance kit, the demo and your users can rehearse.

Everything a channel may import is named in ``__all__`` here, in ``saas.channels.http`` (the HTTP
session handed to hooks) or in ``saas.channels.simulator`` (the kit for rehearsal servers).
"""

import pluggy

from saas.channels.approval import Application, ApprovalForm, ApprovalState, Control, Opinion
from saas.channels.callback import (
    AccountChanged,
    ApprovalChanged,
    CallbackReply,
    CallbackRequest,
    Event,
    Inbound,
    Progressed,
    TargetChanged,
)
from saas.channels.calls import CLEARING, CallsLeft
from saas.channels.channel import (
    AccountKind,
    Channel,
    Confirmation,
    FanOut,
    Field,
    Form,
    RecallRight,
    Repeat,
    Replying,
    Right,
    Route,
    Text,
    TryOut,
)
from saas.channels.choosing import Group, GroupChange, NewGroup
from saas.channels.drafts import DraftArticle, PlatformDraft
from saas.channels.forms import NOT_NEGATIVE, WEB_ADDRESS, WHOLE_NUMBER, YES_NO
from saas.channels.listening import Heard, Listening
from saas.channels.message import Article, Link, Message, MiniProgram, Picture, Template
from saas.channels.outcome import (
    Absent,
    Exhausted,
    Failure,
    Outcome,
    Person,
    Progress,
    Receipt,
    Refused,
    Throttled,
    Unauthorized,
    Unknown,
    Unreachable,
)
from saas.channels.passage import TRADES, Passage
from saas.channels.platform import Account, Delivery, Finding, MaybeSent, NotSent, Platform, Tag, Target
from saas.channels.portal import (
    Granted,
    Invitation,
    Portal,
    PortalKind,
    PortalLine,
    PortalNews,
    PortalRefused,
    PortalReply,
    Renewed,
    Revoked,
)
from saas.channels.preview import Piece, Screen
from saas.channels.rules import Cap, ContentRule, Limits, Rate, Reminders, RulePack, Window
from saas.channels.version import CONTRACT

hookimpl = pluggy.HookimplMarker("qunfa")

__all__ = [
    "CLEARING", "CONTRACT", "NOT_NEGATIVE", "TRADES", "WEB_ADDRESS", "WHOLE_NUMBER", "YES_NO", "Absent",
    "Account", "AccountChanged", "AccountKind", "Application", "ApprovalChanged",
    "ApprovalForm", "ApprovalState", "Article", "CallbackReply", "CallbackRequest", "CallsLeft", "Cap", "Channel", "Confirmation",
    "ContentRule", "Control", "Delivery", "DraftArticle", "Event", "Exhausted", "Failure", "FanOut", "Field", "Finding", "Form",
    "Granted", "Group", "GroupChange", "Heard", "Inbound", "Invitation", "Limits", "Link", "Listening",
    "MaybeSent", "Message", "MiniProgram", "NewGroup", "NotSent", "Opinion", "Outcome", "Passage",
    "Person", "Picture", "Piece", "Platform", "PlatformDraft", "Portal", "PortalKind", "PortalLine", "PortalNews",
    "PortalRefused", "PortalReply", "Progress", "Progressed", "Rate", "RecallRight", "Receipt", "Refused", "Reminders",
    "Renewed", "Repeat", "Replying", "Revoked", "Right", "Route", "RulePack", "Screen", "Tag", "Target", "TargetChanged",
    "Template", "Text", "Throttled", "TryOut", "Unauthorized", "Unknown", "Unreachable", "Window", "hookimpl",
]  # fmt: skip
