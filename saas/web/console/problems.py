"""Error pages: what happened, what to do, and a way back; never a trace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import render_template, request


def error_page(status: int, error: Mapping[str, Any]) -> str:
    """The page of an error envelope, already in the language of the reader."""
    return render_template("problem.html", status=status, error=error, back=_came_from())


def _came_from() -> str:
    """The page of this site one came from, or nothing."""
    parts = urlsplit(request.referrer or "")
    return parts.path if parts.netloc == request.host and parts.path != request.path else ""
