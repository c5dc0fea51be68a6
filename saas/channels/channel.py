"""What a channel says of itself: account kinds, credential fields, and the routes a message can take.

A *route* is one way a platform sends: it joins an account kind, a content kind and an audience form to a
fan-out, a way to make a repeat safe, and what can be taken back. The core plans with routes; it knows no platform.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from saas.channels.portal import PortalKind

ContentKind = Literal["articles", "text", "image", "video", "link", "miniprogram", "template", "notice", "file"]
"""``notice``: a template message for those alone who asked for it, each of which uses one of their consents up."""
AudienceForm = Literal["all", "tag", "ids", "page"]
"""``page``: nobody is told; the content stands on the account's own page. Its one target has the form ``all``."""


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence in the two languages of the interface."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Form:
    """How a value is written: a regular expression that all of it matches, and the words for who wrote it otherwise."""

    pattern: str
    words: Text


@dataclass(frozen=True, slots=True)
class Field:
    """One credential or setting of an account: asked in a form, named in errors.

    ``secret`` fields are stored encrypted and never shown again; ``default`` is used when nothing was entered.
    Anything but one of ``choices``, or but what has the ``form``, is refused where it is entered. What was stored before a
    field had them is not: a channel takes the strictest for a word it does not know.
    """

    name: str
    title: Text
    secret: bool = False
    required: bool = True
    default: str = ""
    choices: tuple[str, ...] = ()
    form: Form | None = None


@dataclass(frozen=True, slots=True)
class Right:
    """A right that the owner of an account can grant or leave out. Without it the ``routes`` named here cannot be used."""

    id: str
    title: Text
    routes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FanOut:
    """Who multiplies the message.

    ``platform``: one call reaches the whole audience (to all, by tag). ``batch``: one call carries up to ``size`` ids.
    ``each``: one call per recipient or per group.
    """

    mode: Literal["platform", "batch", "each"]
    size: int = 1


@dataclass(frozen=True, slots=True)
class Repeat:
    """How a repeat after an unknown outcome is made safe.

    ``key``: the platform refuses a second call with our ``Delivery.key`` within ``seconds``.
    ``lookup``: the hook ``lookup`` can find out; asked again until ``seconds`` after the call, then a person decides.
    ``none``: nobody can know; a person decides.
    """

    by: Literal["key", "lookup", "none"]
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class RecallRight:
    """What can be taken back, and what it is honestly called.

    ``recall``: the message vanishes from phones. ``take_down``: the page dies, the card stays.
    ``stop_unsent``: only what no member has sent yet is stopped. ``seconds`` is the window; 0 means no limit.
    The dated rule pack may narrow the window; this is only the kind.
    """

    kind: Literal["none", "recall", "take_down", "stop_unsent"] = "none"
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A person on the platform's side must act before anything leaves (a state with a deadline, not an error)."""

    who: Text
    seconds: int


@dataclass(frozen=True, slots=True)
class Route:
    """One way to send. ``name`` is unique within the account kind and is what caps of the rule pack refer to."""

    name: str
    content: tuple[ContentKind, ...]
    audience: tuple[AudienceForm, ...]
    fan_out: FanOut
    repeat: Repeat
    recall: RecallRight = RecallRight()
    confirmation: Confirmation | None = None
    unit: Literal["person", "group", "page"] = "person"


@dataclass(frozen=True, slots=True)
class TryOut:
    """How a message is tried on a named person's phone before it goes out.

    ``route``: under which name the rule pack caps it: a route of the kind, whose windows it then shares, or a name of its own.
    ``content``: the kinds that can be tried. ``person``: what names somebody (微信号, userid); ``pattern`` what such a name is.
    """

    route: str
    content: tuple[ContentKind, ...]
    person: Text
    pattern: str = r"[\w.@-]{1,64}"


@dataclass(frozen=True, slots=True)
class Replying:
    """How a person who wrote to the account is answered, inside the platform's reply window and once for one message.

    ``content``: what an answer may be (text, link). ``at_once``: in the answer to the push itself, by the hook ``answer``;
    otherwise by a call, by the hook ``reply``. ``route``: under which name the rule pack caps answers, one of its own.
    """

    content: tuple[ContentKind, ...]
    at_once: bool
    route: str = "reply"


@dataclass(frozen=True, slots=True)
class AccountKind:
    """A kind of account of this channel. Routes are listed in order of preference: the first that fits is taken.

    ``opt_in`` kinds are off until an owner accepts ``risk`` in so many words.
    ``assisted`` kinds have no API: ``send`` prepares work for a person, who ticks it off in the console.
    ``try_out`` None: the platform has no way to show a message to one person first.
    ``replying`` None: who writes to the account gets no answer by itself.
    ``approving``: applications can be submitted to the platform's own approval, and a stage of a review be held in it.
    ``identity``: the credentials that name the account at the platform; one that is connected already is refused under another
    key, for its caps would count twice. Empty: nothing names it, or the same one may well be connected several times.
    """

    name: str
    title: Text
    routes: tuple[Route, ...]
    credentials: tuple[Field, ...] = ()
    settings: tuple[Field, ...] = ()
    risk: Text | None = None
    opt_in: bool = False
    assisted: bool = False
    try_out: TryOut | None = None
    replying: Replying | None = None
    approving: bool = False
    identity: tuple[str, ...] = ()

    def route(self, content: str, audience: str) -> Route | None:
        """The preferred route for a content kind and an audience form, or None."""
        return next((r for r in self.routes if content in r.content and audience in r.audience), None)


def trying_route(kind: AccountKind, way: TryOut) -> Route:
    """The route whose caps bind a test send: one of the kind's own, or one that only trying has."""
    own = Route(way.route, way.content, ("ids",), FanOut("each"), Repeat("none"))
    return next((route for route in kind.routes if route.name == way.route), own)


def replying_route(way: Replying) -> Route:
    """The route under which the rule pack caps answers."""
    return Route(way.route, way.content, ("ids",), FanOut("each"), Repeat("none"))


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel: ``name`` is the entry point's name and never changes once accounts exist.

    ``contract``: the number of the contract it was written for. ``begins_off``: a new agency has it only once it is switched on.
    ``portal``: owners can authorise accounts over an application of the agency's; None: only by the account's own credentials.
    """

    name: str
    title: Text
    kinds: tuple[AccountKind, ...]
    contract: int = 1
    begins_off: bool = False
    portal: PortalKind | None = None

    def kind(self, name: str) -> AccountKind | None:
        """The account kind of that name, or None."""
        return next((k for k in self.kinds if k.name == name), None)
