"""Which deaths a trial still wants: each point once, on every channel and route it lies on; and again, as they come."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence

from saas.channels.channel import Route
from saas.channels.registry import Registry

At = tuple[str, str]
EAGER = 0.5  # how many look for a point where nobody has died yet; and how many do not wait for a rare channel
ON_ROUTES = (
    "before_claim",
    "in_claim",
    "after_claim",
    "before_call",
    "after_call",
    "before_write",
    "in_write",
    "after_write",
)
ANYWHERE = {
    "worker": ("turn_begins", "in_expire", "turn_ends", "before_again", "in_inbox"),
    "scheduler": ("before_wake", "after_wake"),
    "push": ("in_plan", "in_approve", "in_release", "after_release"),
    "take_back": ("in_recall", "after_recall_call"),
    "settle": ("in_settle",),
    "tick": ("in_tick",),
    **dict.fromkeys(("cancel", "again", "halt", "go_on"), ()),
}
PAGE, NOTICE = "page", "notice"
"""What is published has no key and, now and then, only a person who looks; a subscriber has few consents: tried apart."""
THROTTLED = "official_account/service/template"
"""Where the trial lets a platform say that it is too much: only there a worker stands aside."""


class Wishes:
    """The deaths that are still wanted, by the role that can die them."""

    def __init__(self, registry: Registry, rng: random.Random) -> None:
        self._rng = rng
        self._all: dict[str, set[At]] = defaultdict(set)
        for role, points in ANYWHERE.items():
            self._all[role] |= {(point, "") for point in points}
        self._all["worker"] |= {(point, route) for route in routes_of(registry) for point in ON_ROUTES}
        self._all["worker"] |= {(name, channel) for name, channel in asks_of(registry)} | {("in_stand_aside", THROTTLED)}
        self._open = {role: set(wanted) for role, wanted in self._all.items()}
        self.met: Counter[At] = Counter()

    def some(self, role: str) -> Sequence[At]:
        """One point at random (late ones would never be reached beside early ones): where it is still wanted, or anywhere."""
        if role == "worker" and self.routes_left and self._rng.random() < EAGER / 2:
            rare = self._rng.choice(sorted(self.routes_left))
            return sorted(at for at in self._all[role] if at[1] == rare)
        all_points = {point for point, _ in self._all[role]}
        eager = role != "worker" or self._rng.random() < EAGER
        points = sorted(all_points & self.points_left if eager else all_points) or sorted(all_points)
        chosen = self._rng.choice(points) if points else ""
        wanted = self._all[role] if self._rng.random() < EAGER else self._open[role] or self._all[role]
        return sorted(at for at in wanted if at[0] == chosen)

    def fulfil(self, role: str, at: At) -> None:
        """Somebody died there."""
        self._open[role].discard(at)
        self.met[at] += 1

    @property
    def routes_left(self) -> set[str]:
        """Routes on which nobody has died, at whatever point."""
        return {where for point, where in self._all["worker"] if point in ON_ROUTES} - {where for _, where in self.met}

    @property
    def points_left(self) -> set[str]:
        """Points at which nobody has died, wherever."""
        return {point for wanted in self._all.values() for point, _ in wanted} - {point for point, _ in self.met}

    @property
    def unmet(self) -> list[At]:
        """Deaths that nobody has died in this trial."""
        return sorted(at for wanted in self._all.values() for at in wanted if not self.met[at])


def routes_of(registry: Registry) -> list[str]:
    """Every way to send there is, as ``channel/kind/route``."""
    return [
        f"{installed.channel.name}/{kind.name}/{route.name}"
        for installed in registry.all()
        for kind in installed.channel.kinds
        for route in kind.routes
        if _tried(route)
    ]


def asks_of(registry: Registry) -> list[At]:
    """The points behind a question to a platform, with the channels that are regularly asked it."""
    routes = [(one, route) for one in registry.all() for kind in one.channel.kinds for route in kind.routes if _tried(route)]
    progress = {("after_ask", one.channel.name) for one, route in routes if one.hook.progress and route.fan_out.mode != "each"}
    return sorted(progress | {("in_lookup", one.channel.name) for one, route in routes if route.repeat.by == "lookup"})


def _tried(route: Route) -> bool:
    return route.unit != PAGE and NOTICE not in route.content
