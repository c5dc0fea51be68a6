"""C3: workers are killed in the middle of sending, at moments the seed chooses, and others take their place."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from bench.correctness.ground import Actor, Ground
from bench.correctness.judge import Faults, judge
from bench.correctness.naive import Peer
from bench.correctness.ours import WORKER, Agency
from bench.correctness.scenario import both_arms, cannot_ask, cast
from bench.row import Row, Size

WORKERS, KILLS = 2, 2
FIRST_TENANT = 3000
BYTES_AN_EFFECT = 330
PATIENCE = 20.0


def run(size: Size) -> list[Row]:
    """The row C3."""
    naively = "workers that fetch a batch, move their checkpoint, then send"
    return both_arms("C3", f"{KILLS} workers killed in the middle", ours, naive, naively, WORKERS, size)


def ours(place: Ground, seed: int, people: int) -> Faults:
    """The product's workers, killed with calls under way."""
    actors, agency = cast(place, "c3-", seed, people), Agency(place, FIRST_TENANT + seed)
    agency.campaign(actors, agency.take_on(actors), {actor.key: actor.targets for actor in actors})
    dice = _slow_platform(place, seed)

    def replace() -> None:
        place.nursery.kill(place.running.pop(dice.randrange(len(place.running))))
        place.running.append(place.nursery.start(WORKER))

    agency.wake()
    _kill_on_the_way(place, actors, dice, replace)
    agency.settled()
    place.behave()
    return judge(agency.said(), place.reached(actors), cannot_ask(actors))


def naive(place: Ground, seed: int, people: int) -> Faults:
    """Workers whose checkpoint is ahead of what they have sent."""
    actors = cast(place, "n3-", seed, people)
    peer = Peer(place, actors, "fetch_and_move_on")
    peer.plan(recipient for actor in actors for recipient in actor.recipients)
    dice = _slow_platform(place, seed)
    for _ in range(WORKERS):
        peer.start()

    def replace() -> None:
        place.nursery.kill(peer.running.pop(dice.randrange(len(peer.running))))
        peer.start()

    _kill_on_the_way(place, actors, dice, replace)
    peer.finished()
    place.behave()
    return judge(peer.said(), place.reached(actors), cannot_ask(actors))


def _slow_platform(place: Ground, seed: int) -> random.Random:
    dice = random.Random(seed)
    place.misbehave("delay", f"{dice.uniform(0.03, 0.12):.3f}")
    return dice


def _kill_on_the_way(place: Ground, actors: list[Actor], dice: random.Random, replace: Callable[[], None]) -> None:
    """Kill one whenever the platforms' logs have grown by as much as the seed says."""
    began, people = place.log_size(), sum(len(actor.targets) for actor in actors)
    for part in sorted(dice.uniform(0.02, 0.6) for _ in range(KILLS)):
        until = time.monotonic() + PATIENCE
        while place.log_size() - began < part * people * BYTES_AN_EFFECT and time.monotonic() < until:
            time.sleep(0.002)
        replace()
