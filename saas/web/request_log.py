"""One JSON line a request: what was asked, by whom, how it went. No bodies, no query strings, no secrets."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import MutableMapping
from typing import Any

import structlog
from flask import Flask, Response, g, request

from saas.web.identity import recognised

_SECRET = ("password", "secret", "token", "authorization", "cookie", "credential", "api_key")


def register(app: Flask) -> None:
    """Write a line after every request."""
    configure()
    app.before_request(_start)
    app.after_request(_write)


def configure() -> None:
    """JSON lines on stderr."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _number,
            _redact,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


def _start() -> None:
    g.started = time.perf_counter()


def _write(response: Response) -> Response:
    found = recognised()
    structlog.get_logger("web").info(
        "request",
        method=request.method,
        route=request.url_rule.rule if request.url_rule else "",
        status=response.status_code,
        ms=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
        tenant=found.actor.tenant_id if found else None,
        member=found.actor.member_id if found else None,
    )
    return response


def _number(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if g and "request_id" in g:
        event.setdefault("request_id", g.request_id)
    return event


def _redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name in event:
        if any(word in name.lower() for word in _SECRET):
            event[name] = "[redacted]"
    return event
