"""C2: the platform takes messages and cuts the line before it says so; several workers repeat."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from bench.correctness.ground import Actor, Ground
from bench.correctness.judge import Faults, judge
from bench.correctness.naive import Peer
from bench.correctness.ours import Agency
from bench.correctness.scenario import both_arms, cannot_ask, cast
from bench.row import Row, Size

WORKERS = 3
FIRST_TENANT = 2000


def run(size: Size) -> list[Row]:
    """The row C2."""
    naively = f"{WORKERS} workers that repeat what failed, without a lock or a key"
    return both_arms("C2", f"lost answers repeated by {WORKERS} workers", ours, naive, naively, WORKERS, size)


def trouble(place: Ground, seed: int, actors: Sequence[Actor]) -> None:
    """Answers that come late, up to a third of the lines cut after the effect and some before it: the same for both arms."""
    dice, people = random.Random(seed), Counter[str]()
    for actor in actors:
        people[actor.channel] += len(actor.targets)
    place.misbehave("delay", f"{dice.uniform(0.01, 0.05):.3f}")
    for name, least, most in (("drop_after", 6, 3), ("drop_before", 30, 10)):
        place.misbehave(name, times={channel: dice.randint(n // least, n // most) for channel, n in people.items()})


def ours(place: Ground, seed: int, people: int) -> Faults:
    """The product's workers repeat by key where the platform knows keys; elsewhere a person is asked."""
    actors, agency = cast(place, "c2-", seed, people), Agency(place, FIRST_TENANT + seed)
    agency.campaign(actors, agency.take_on(actors), {actor.key: actor.targets for actor in actors})
    trouble(place, seed, actors)
    agency.wake()
    agency.settled()
    place.behave()
    return judge(agency.said(), place.reached(actors), cannot_ask(actors))


def naive(place: Ground, seed: int, people: int) -> Faults:
    """Workers that take a lost answer for a message not sent."""
    actors = cast(place, "n2-", seed, people)
    peer = Peer(place, actors, "retry")
    peer.plan(recipient for actor in actors for recipient in actor.recipients)
    trouble(place, seed, actors)
    for _ in range(WORKERS):
        peer.start()
    peer.finished()
    place.behave()
    return judge(peer.said(), place.reached(actors), cannot_ask(actors))
