"""C4: more is due than the accounts' caps allow, and many workers want to send it at once."""

from __future__ import annotations

import random
from collections.abc import Sequence

from bench.correctness.ground import Actor, Ground
from bench.correctness.judge import Faults, judge_caps
from bench.correctness.naive import Peer
from bench.correctness.ours import Agency
from bench.correctness.scenario import both_arms
from bench.row import Row, Size

WORKERS, CAMPAIGNS = 4, 3
FIRST_TENANT = 4000


def run(size: Size) -> list[Row]:
    """The row C4."""
    naively = f"{WORKERS} workers that COUNT, send, then INSERT"
    return both_arms("C4", f"caps under {WORKERS} workers", ours, naive, naively, WORKERS, size)


def accounts(place: Ground, name: str, seed: int, people: int) -> list[Actor]:
    """Accounts with caps from 1 to 12 a day, far below the platform's own, and twice as many people to reach."""
    dice = random.Random(seed)
    caps = [dice.randint(1, 12) for _ in range(max(3, people // 50))]
    return [place.actor(f"{name}{seed}-{number}", "official_account", 24, cap) for number, cap in enumerate(caps)]


def ours(place: Ground, seed: int, people: int) -> Faults:
    """Several campaigns on the same accounts at once."""
    actors, agency = accounts(place, "c4-", seed, people), Agency(place, FIRST_TENANT + seed)
    numbers = agency.take_on(actors)
    for campaign in range(CAMPAIGNS):
        agency.campaign(actors, numbers, {actor.key: actor.targets[campaign::CAMPAIGNS] for actor in actors})
    agency.wake()
    agency.settled()
    return _judged(place, actors, agency.said())


def naive(place: Ground, seed: int, people: int) -> Faults:
    """Each message belongs to one worker alone; only the cap is watched naively."""
    actors = accounts(place, "n4-", seed, people)
    peer = Peer(place, actors, "count_then_insert")
    recipients = [recipient for actor in actors for recipient in actor.recipients]
    random.Random(seed).shuffle(recipients)
    peer.plan(recipients)
    for number in range(WORKERS):
        peer.start({actor.key: actor.cap for actor in actors}, seed * 100 + number)
    peer.finished()
    return _judged(place, actors, peer.said())


def _judged(place: Ground, actors: Sequence[Actor], said: dict[tuple[str, str], str]) -> Faults:
    caps = {actor.key: actor.cap for actor in actors}
    return judge_caps(said, place.reached(actors), caps, place.days(actors))
