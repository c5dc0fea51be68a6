"""What the children of a trial do: work, wake, or be a member of the agency for one step. Each may be told where to die."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select

from saas.campaigns.approving import campaign_for
from saas.campaigns.models import Campaign
from saas.delivery import host, polling, release, sending, settling, stops
from saas.delivery.planning import prepare_campaign
from saas.delivery.recall import recall
from saas.delivery.scheduling import run_scheduler
from saas.delivery.set_aside import send_again
from saas.kernel import failpoints
from saas.kernel.database import db, tenant_scope
from saas.kernel.errors import Problem
from saas.kernel.settings import settings, sqlalchemy_url
from saas.ops.faults.people import may_go_again, tick_everybody, what_happened
from saas.ops.worker import run_worker
from saas.tenants.actor import Actor
from saas.tenants.service import member_by_email

LEASE = timedelta(seconds=3)
HURRIED = (
    (host, "LEASE", LEASE),
    (sending, "LEASE", LEASE),
    (host, "HEARTBEAT", 0.5),
    (host, "SAFE_SECONDS", 2.0),
    (polling, "LONGEST", 2.0),
    (polling, "PATIENCE", 5.0),
    (polling, "ASK_HOLD", timedelta(seconds=8)),
)
"""What takes half a minute in production takes seconds here: a lost worker is noticed, a lost question asked again."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a child is for. ``dies``: points (with the channel and route, or "") at whose ``nth`` passage it ends itself."""

    role: str
    dies: Sequence[tuple[str, str]] = ()
    nth: int = 1
    task: Mapping[str, Any] | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Order:
        """The inverse of ``asdict`` after a trip through JSON."""
        return cls(value["role"], [(point, where) for point, where in value["dies"]], value["nth"], value["task"])


def live(order: Order, tell: int) -> None:
    """The whole life of a child; ``tell`` is the pipe to whoever ordered it."""
    random.seed()
    if order.dies:
        failpoints.arm(_Death(order, tell))
    if order.role == "worker":
        hurry()
        run_worker()
    elif order.role == "scheduler":
        stopped = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stopped.set())
        run_scheduler(stopped.is_set)
    else:
        said = _step(order.role, order.task or {})
        os.write(tell, json.dumps({"said": said}).encode() + b"\n")


def hurry() -> None:
    """Shorten the patience of this process. A name that is gone is an error: the trial would wait and prove little."""
    for module, name, value in HURRIED:
        if not hasattr(module, name):
            raise AttributeError(f"{module.__name__} has no {name} any more")
        setattr(module, name, value)


class _Death:
    """Counts passages; ends the process at the n-th of one of its points, having said which."""

    def __init__(self, order: Order, tell: int) -> None:
        self._left = {one: order.nth if one[0] in ("before_call", "after_call") else 1 for one in order.dies}
        self._tell = tell

    def __call__(self, point: str, where: str) -> None:
        left = self._left.get((point, where))
        if left is None:
            return
        if left > 1:
            self._left[point, where] = left - 1
            return
        os.write(self._tell, json.dumps({"at": [point, where]}).encode() + b"\n")
        os.kill(os.getpid(), signal.SIGKILL)


def _step(role: str, task: Mapping[str, Any]) -> Any:
    """One step of a member. A refusal is an answer, too: a step that is repeated after a death may have been taken already."""
    try:
        with _agency(task["tenant"]):
            return STEPS[role](task)
    except Problem as problem:
        return {"refused": problem.code}


@contextmanager
def _agency(tenant: int) -> Iterator[None]:
    app = Flask("trial")
    app.config["SQLALCHEMY_DATABASE_URI"] = sqlalchemy_url(settings().database_url)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": 1}
    db.init_app(app)
    with app.app_context(), tenant_scope(tenant):
        yield


def _member(task: Mapping[str, Any], role: str) -> Actor:
    return member_by_email(f"{role}@{task['slug']}.example")


def _campaign(task: Mapping[str, Any]) -> int | None:
    """The campaign of a folder, if it was planned already; its name is the folder's mark."""
    query = select(Campaign.id).where(Campaign.name == task["mark"]).order_by(Campaign.id).limit(1)
    return db.session.scalar(query)


def push(task: Mapping[str, Any]) -> Any:
    """Plan, have it approved, let it go; from wherever an earlier try ended."""
    editor, reviewer = _member(task, "editor"), _member(task, "reviewer")
    campaign = _campaign(task) or prepare_campaign(editor, Path(task["folder"]))
    db.session.rollback()
    state, digest = campaign_for(campaign).state, campaign_for(campaign).digest
    if state == "awaiting_approval":
        release.ask_to_send(editor, campaign)
        release.approve(reviewer, campaign, digest)
    elif state == "approved":
        release.release(reviewer, campaign)
    return {"campaign": campaign}


def take_back(task: Mapping[str, Any]) -> Any:
    """Recall a campaign."""
    found = recall(_member(task, "reviewer"), int(_campaign(task) or 0))
    return {one["account"]: one["outcome"] for one in found}


def cancel(task: Mapping[str, Any]) -> Any:
    """Cancel a campaign."""
    release.cancel(_member(task, "reviewer"), int(_campaign(task) or 0))
    return {}


def settle(task: Mapping[str, Any]) -> Any:
    """Look at the phones for what only a person can know, and say so."""
    happened = what_happened(settings().simulators)
    for one, out in happened.items():
        settling.settle_unknown(_member(task, "reviewer"), one, out, "seen on the phone" if out else "not on the phone")
    return {"settled": len(happened)}


def tick(task: Mapping[str, Any]) -> Any:
    """Send the prepared batches by hand and tick them off."""
    return {"ticked": tick_everybody(_member(task, "editor"), settings().simulators)}


def again(task: Mapping[str, Any]) -> Any:
    """Give what was set aside another chance, where that cannot be twice."""
    found = may_go_again(settings().simulators)
    for one in found:
        send_again(_member(task, "reviewer"), one, "not on the phone, or known by its key")
    return {"again": len(found)}


def halt(task: Mapping[str, Any]) -> Any:
    """Stop one account."""
    return {"held": stops.stop(_member(task, "reviewer"), "account", task["account"], "a trial").stop.id}


def go_on(task: Mapping[str, Any]) -> Any:
    """Let everything go on that is stopped."""
    reviewer = _member(task, "reviewer")
    for one in stops.list_stops(reviewer, lifted=False):
        stops.resume(reviewer, one.scope, one.subject, "a trial")
    return {}


STEPS = {
    "push": push,
    "take_back": take_back,
    "cancel": cancel,
    "settle": settle,
    "tick": tick,
    "again": again,
    "halt": halt,
    "go_on": go_on,
}
