"""How large a request may be: one cap for everything, a larger one where folders are uploaded."""

from __future__ import annotations

from flask import Flask, request
from werkzeug.exceptions import RequestEntityTooLarge

from saas.web.doors import declared

PLAIN = 1024 * 1024
UPLOAD = 64 * 1024 * 1024


def register(app: Flask) -> None:
    """Refuse what is too large before anything reads it."""
    app.config["MAX_CONTENT_LENGTH"] = PLAIN
    app.before_request(_cap)
    app.teardown_request(_close)


def _close(_: BaseException | None) -> None:
    """Uploads that were laid on disk go with the request."""
    request.close()


def _cap() -> None:
    limit = UPLOAD if declared("takes_upload") else PLAIN
    request.max_content_length = limit
    if (request.content_length or 0) > limit:
        raise RequestEntityTooLarge
    if request.content_length is None and limit == PLAIN and len(request.get_data(cache=True)) >= limit:
        raise RequestEntityTooLarge  # of unstated length: the stream was cut at the cap
