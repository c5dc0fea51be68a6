"""Who plays: accounts and groups made from the product's key, the same every time."""

from __future__ import annotations

import hashlib
from typing import Any

from saas.channels.simulator import Enrolled, Enrolment

LOOPBACK = "127.0.0.1"
SMALLEST, LARGEST = 60, 1000


def enrolled(enrolment: Enrolment, address: str) -> Enrolled:
    """The account of an enrolment. ValueError for a kind this channel does not have."""
    if enrolment.kind == "official":
        return _official(enrolment, address)
    if enrolment.kind == "onebot":
        return _onebot(enrolment, address)
    raise ValueError(f"qq_group has no account kind '{enrolment.kind}'")


def _official(enrolment: Enrolment, address: str) -> Enrolled:
    app_id = f"102{number(enrolment.key, 7)}"
    secret = digest(enrolment.key, "secret")[:32]
    groups = _groups(enrolment, lambda seed: digest(seed, "openid")[:32].upper())
    record = {
        "kind": "official", "name": enrolment.name, "secret": secret, "groups": groups, "tokens": [], "files": {},
        "switched_off": [], "muted": [], "gone": [], "allowed_domains": [], "ip_list": [LOOPBACK],
        "certified": False, "banned": False, "audit": "", "old_answers": False,
    }  # fmt: skip
    settings = {"base_url": address, "token_url": address, "simulated": True, "certified": "no", "groups": _known(groups)}
    return Enrolled(app_id, {"app_id": app_id, "client_secret": secret}, settings, record)


def _onebot(enrolment: Enrolment, address: str) -> Enrolled:
    self_id = f"3{number(enrolment.key, 9)}"
    token, secret = digest(enrolment.key, "token")[:32], digest(enrolment.key, "secret")[:32]
    groups = _groups(enrolment, lambda seed: f"7{number(seed, 8)}")
    record = {
        "kind": "onebot", "name": enrolment.name, "token": token, "secret": secret, "groups": groups,
        "muted": [], "gone": [], "profile": "standard", "online": True, "silent": False, "queued": False, "role": "member",
        "beat": 5.0,
    }  # fmt: skip
    settings = {
        "base_url": f"{address}/onebot/{self_id}", "simulated": True, "self_id": self_id, "profile": "standard",
        "pace_seconds": "0.2", "jitter_seconds": "0",
    }  # fmt: skip
    return Enrolled(self_id, {"access_token": token, "secret": secret}, settings, record)


def _groups(enrolment: Enrolment, name: Any) -> list[dict[str, Any]]:
    seeds = [f"{enrolment.key}:{place}" for place in range(enrolment.audience_size)]
    return [
        {"id": name(seed), "title": f"{enrolment.name} {place}", "people": SMALLEST + int(number(seed, 6)) % (LARGEST - SMALLEST)}
        for place, seed in enumerate(seeds, 1)
    ]


def _known(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the product knows of the groups: each counts as one; the members only inform."""
    return [{"id": group["id"], "title": group["title"], "people": 1} for group in groups]


def digest(seed: str, purpose: str) -> str:
    """64 hex digits of a seed for a purpose."""
    return hashlib.sha256(f"qq_group/{purpose}/{seed}".encode()).hexdigest()


def number(seed: str, digits: int) -> str:
    """A number of that many digits from a seed."""
    return str(int(digest(seed, "number"), 16))[-digits:]
