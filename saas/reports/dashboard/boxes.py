"""The boxes of the dashboard as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from saas.kernel.errors import Words
from saas.reports.alerts.service import Alert


@dataclass(frozen=True, slots=True)
class Heads:
    """People, or groups: they are never added together."""

    intended: int = 0
    delivered: int = 0
    failed: int = 0
    unknown: int = 0
    skipped: int = 0
    awaiting: int = 0
    in_progress: int = 0


@dataclass(frozen=True, slots=True)
class Going:
    """A campaign of today: its state, its time, its accounts and how many of them are at rest."""

    id: int
    name: str
    state: str
    due_at: datetime
    accounts: int
    finished: int


@dataclass(frozen=True, slots=True)
class Sends:
    """Today's sends, a campaign on an account each: ``planned`` has not begun, ``going`` is under way, ``done`` is out as meant,
    ``failed`` is not, wholly or in part. ``people`` and ``groups`` count what today's sends reach."""

    planned: int = 0
    going: int = 0
    done: int = 0
    failed: int = 0
    people: Heads = field(default_factory=Heads)
    groups: Heads = field(default_factory=Heads)
    campaigns: tuple[Going, ...] = ()


@dataclass(frozen=True, slots=True)
class CapNear:
    """A cap of an account of which little or nothing is left. ``taken`` of ``amount``; it counts anew at ``resets_at``."""

    account: str
    name: str
    client: str
    channel: str
    rule: str
    title: Words
    taken: int
    amount: int
    resets_at: datetime

    @property
    def full(self) -> bool:
        """Whether the next send has no room."""
        return self.taken >= self.amount


@dataclass(frozen=True, slots=True)
class Caps:
    """Accounts whose next send has no room (``full``), or nearly (``near``); ``listed`` names the fullest."""

    full: int = 0
    near: int = 0
    listed: tuple[CapNear, ...] = ()


@dataclass(frozen=True, slots=True)
class Troubled:
    """An account that does not send. ``why``: broken, off, stopped, or risk (nobody has accepted what its kind risks)."""

    account: str
    name: str
    client: str
    channel: str
    why: str
    told: Words


@dataclass(frozen=True, slots=True)
class Troubles:
    """Accounts that do not send, by why; ``listed`` the first of them."""

    broken: int = 0
    off: int = 0
    stopped: int = 0
    risk: int = 0
    listed: tuple[Troubled, ...] = ()

    @property
    def count(self) -> int:
        """All of them; each account counts once."""
        return self.broken + self.off + self.stopped + self.risk


@dataclass(frozen=True, slots=True)
class Waits:
    """What waits for people. ``mine``: reviews for the reader's word, of ``reviews``; confirmations and hand work until the
    nearest ``confirm_by``; unknown outcomes since the oldest."""

    mine: int = 0
    reviews: int = 0
    confirmations: int = 0
    confirm_people: int = 0
    confirm_by: datetime | None = None
    unknowns: int = 0
    unknown_people: int = 0
    unknown_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything at a glance, of ``day`` in the agency's zone, as of ``at``. ``test``: what makes a figure unusual."""

    day: date
    zone: str
    at: datetime
    sends: Sends
    caps: Caps
    troubles: Troubles
    waits: Waits
    unusual: tuple[Alert, ...]
    alerts: tuple[Alert, ...]
    alerts_open: int
    test: Words
