"""The Redis-protocol server by its address: one server, or the one that a group of sentinels names as master now.

``redis://``, ``rediss://`` and ``unix://`` as redis-py reads them; ``sentinel://[:password@]host:port,host:port/service[?db=0]``
for sentinels (``sentinel_password=…`` when they have one of their own). A server that is silent is given up within seconds.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from redis import Redis, sentinel
from redis import asyncio as loop
from redis.asyncio import sentinel as loop_sentinel

SCHEME = "sentinel://"
PATIENCE = 5.0
AT_ONCE = 32  # questions of one event loop; more wait their turn, instead of being told that there are too many
PROBES = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 3}


def connect(url: str, **options: Any) -> Redis:
    """For ordinary code."""
    if url.startswith(SCHEME):
        hosts, service, known = _sentinels(url)
        master: Redis = sentinel.Sentinel(hosts, **_patience(url), **known).master_for(service, **options)  # type: ignore[no-untyped-call]
        return master
    return Redis.from_url(url, **_patience(url), **options)


def connect_on_loop(url: str, **options: Any) -> loop.Redis:
    """For the event loop."""
    if url.startswith(SCHEME):
        hosts, service, known = _sentinels(url)
        master: loop.Redis = loop_sentinel.Sentinel(hosts, **_patience(url), **known).master_for(service, **options)  # type: ignore[no-untyped-call]
        return master
    waiting = loop.BlockingConnectionPool.from_url(url, max_connections=AT_ONCE, timeout=PATIENCE, **_patience(url), **options)
    return loop.Redis.from_pool(waiting)


def limiter_storage(url: str) -> tuple[str, dict[str, Any]]:
    """The same server as the counter of tries to sign in names it, and its options."""
    if url.startswith(SCHEME):
        _, service, known = _sentinels(url)
        sentinels = {"username": None, "password": None} | known.get("sentinel_kwargs", {})  # not those of the master
        return f"redis+{SCHEME}{urlsplit(url).netloc}/{service}", {"sentinel_kwargs": sentinels, "db": known["db"]}
    return f"redis+{url}" if url.startswith("unix:") else url, {}


def _patience(url: str) -> dict[str, Any]:
    if url.startswith("unix:"):
        return {}
    probes = {getattr(socket, name): value for name, value in PROBES.items() if hasattr(socket, name)}
    return {"socket_connect_timeout": PATIENCE, "socket_keepalive": True, "socket_keepalive_options": probes}


def _sentinels(url: str) -> tuple[list[tuple[str, int]], str, dict[str, Any]]:
    parts = urlsplit(url)
    people, _, hosts = parts.netloc.rpartition("@")
    query: Mapping[str, str] = dict(parse_qsl(parts.query))
    user, _, password = (unquote(part) for part in people.partition(":"))
    known: dict[str, Any] = {"db": int(query.get("db", 0))}
    known |= {name: value for name, value in (("username", user), ("password", password)) if value}
    if "sentinel_password" in query:
        known["sentinel_kwargs"] = {"password": query["sentinel_password"], "socket_connect_timeout": PATIENCE}
    return (
        [(host, int(port or 26379)) for host, _, port in (one.rpartition(":") for one in hosts.split(","))],
        parts.path.strip("/"),
        known,
    )
