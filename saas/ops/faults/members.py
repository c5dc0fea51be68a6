"""The members of the agencies: they send, recall, settle, tick off; and do it again when they were cut short."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from saas.ops.faults.cast import Agency
from saas.ops.faults.children import Children, Ended
from saas.ops.faults.folders import write
from saas.ops.faults.roles import Order
from saas.ops.faults.wishes import Wishes

AT_ONCE = 2
NEWEST = 8  # agencies that still make campaigns
ORDER = ("text", "template", "list", "template", "articles", "template", "text", "list")
EVERYWHERE = ("text", "articles")  # what all accounts send; the newest of these are recalled and cancelled
AFTERWARDS = (
    ("go_on", 0.15),
    ("settle", 0.2),
    ("tick", 0.2),
    ("take_back", 0.1),
    ("again", 0.1),
    ("halt", 0.06),
    ("cancel", 0.04),
)


class Members:
    """What they do next. Steps run in children, one at a time for an agency."""

    def __init__(self, home: Path, children: Children, wishes: Wishes, rng: random.Random, agencies: Sequence[Agency]) -> None:
        self._place, self._children, self._wishes, self._rng = home / "folders", children, wishes, rng
        self._agencies = agencies
        self._again: deque[Order] = deque()
        self._running: dict[int, Order] = {}
        self._made: dict[int, int] = {}
        self._peace: deque[Order] | None = None
        self.campaigns = 0

    @property
    def busy(self) -> bool:
        """Whether a step is under way or waits to be done."""
        return bool(self._running or self._again or self._peace)

    def step(self, at_war: bool) -> None:
        """Begin what can be begun."""
        while len(self._running) < AT_ONCE:
            order = self._next(at_war)
            if order is None:
                return
            self._running[self._children.order(order)] = order

    def hear(self, ended: Ended) -> None:
        """A step is over: done, or cut short, then it is done again, this time without an end of its own."""
        order = self._running.pop(ended.id, None)
        if order is None:
            return
        if ended.status != 0:
            self._again.append(Order(order.role, (), 1, order.task))
        elif order.role == "push" and ended.said and "campaign" in ended.said:
            self.campaigns += 1

    def _next(self, at_war: bool) -> Order | None:
        busy = {(order.task or {}).get("tenant") for order in self._running.values()}
        for _ in range(len(self._again)):
            order = self._again.popleft()
            if (order.task or {})["tenant"] not in busy:
                return order
            self._again.append(order)
        free = [agency for agency in self._agencies[-NEWEST:] if agency.id not in busy]
        if not at_war:
            return self._in_peace(busy)
        return self._fresh(self._rng.choice(free)) if free else None

    def _fresh(self, agency: Agency) -> Order:
        """A campaign more, or something with those there are."""
        made = self._made.get(agency.id, 0)
        task: dict[str, Any] = {"tenant": agency.id, "slug": agency.slug}
        for role, chance in AFTERWARDS:
            if made > 1 and self._rng.random() < chance:
                chosen = self._rng.choice([number for number in range(made) if ORDER[number % len(ORDER)] in EVERYWHERE][-2:])
                what = {"mark": self._mark(agency, chosen), "account": self._rng.choice(agency.keys)}
                return Order(role, self._wishes.some(role), 1, task | what)
        mark = self._mark(agency, made)
        folder = write(self._place, agency, ORDER[made % len(ORDER)], mark, self._rng)
        self._made[agency.id] = made + 1
        dies = self._wishes.some("push") if self._rng.random() < 0.5 else ()
        return Order("push", dies, 1, task | {"mark": mark, "folder": str(folder)})

    def _in_peace(self, busy: set[Any]) -> Order | None:
        """At the end everything that is stopped goes on, and all tick off their batches."""
        if self._peace is None:
            tasks = [{"tenant": agency.id, "slug": agency.slug, "mark": ""} for agency in self._agencies]
            self._peace = deque(Order(role, (), 1, task) for role in ("go_on", "tick") for task in tasks)
        for _ in range(len(self._peace)):
            order = self._peace.popleft()
            if (order.task or {})["tenant"] not in busy:
                return order
            self._peace.append(order)
        return None

    def _mark(self, agency: Agency, number: int) -> str:
        return f"{agency.slug}n{number:04d}"
