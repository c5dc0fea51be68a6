"""C1: many workers begin the same campaigns in the same moment."""

from __future__ import annotations

from bench.correctness.ground import Ground
from bench.correctness.judge import Faults, judge
from bench.correctness.naive import Peer
from bench.correctness.ours import Agency
from bench.correctness.scenario import both_arms, cannot_ask, cast
from bench.row import Row, Size

WORKERS = 4
FIRST_TENANT = 1000


def run(size: Size) -> list[Row]:
    """The row C1."""
    naively = f"{WORKERS} workers that pick, send, then update"
    return both_arms("C1", f"first sends by {WORKERS} workers at once", ours, naive, naively, WORKERS, size)


def ours(place: Ground, seed: int, people: int) -> Faults:
    """The product's workers, all woken at once."""
    actors, agency = cast(place, "c1-", seed, people), Agency(place, FIRST_TENANT + seed)
    agency.campaign(actors, agency.take_on(actors), {actor.key: actor.targets for actor in actors})
    agency.wake()
    agency.settled()
    return judge(agency.said(), place.reached(actors), cannot_ask(actors))


def naive(place: Ground, seed: int, people: int) -> Faults:
    """Workers that hold nothing between picking and marking."""
    actors = cast(place, "n1-", seed, people)
    peer = Peer(place, actors, "pick_send_update")
    peer.plan(recipient for actor in actors for recipient in actor.recipients)
    for _ in range(WORKERS):
        peer.start()
    peer.finished()
    return judge(peer.said(), place.reached(actors), cannot_ask(actors))
