"""The journal of every process: one JSON line an event on stderr, secrets struck out, tracebacks without local values."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

SECRET = ("password", "secret", "token", "authorization", "cookie", "credential", "api_key")


def configure(*more: Any) -> None:
    """Set structlog up for this process; ``more`` processors run before redaction."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *more,
            redact,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Strike out the value of every field whose name speaks of a secret."""
    for name in event:
        if any(word in name.lower() for word in SECRET):
            event[name] = "[redacted]"
    return event
