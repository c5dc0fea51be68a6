"""Cross-site request forgery: whoever comes by cookie must bring the page's token with everything that changes something."""

from __future__ import annotations

from flask import Flask, request
from flask_wtf.csrf import CSRFProtect  # type: ignore[import-untyped]

from saas.web.doors import is_open_door
from saas.web.identity import bearer, is_api, session_cookie_name


def register(app: Flask) -> None:
    """Check every unsafe request but those that no cookie speaks for."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    protection = CSRFProtect(app)

    def check() -> None:
        if request.endpoint is not None and not is_open_door() and not _without_cookie():
            protection.protect()

    app.before_request(check)


def _without_cookie() -> bool:
    return is_api() and (bearer() is not None or session_cookie_name() not in request.cookies)
