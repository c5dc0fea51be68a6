"""What every answer carries, errors too: the content policy and its companions."""

from __future__ import annotations

import secrets

from flask import Flask, Response, g, request

POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "frame-src 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ]
)


def register(app: Flask) -> None:
    """Number every request, and dress every answer."""
    app.before_request(_number)
    app.after_request(_dress)


def _number() -> None:
    g.request_id = secrets.token_hex(8)


def _dress(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
    headers["X-Request-Id"] = g.get("request_id", "")
    if response.status_code >= 400:
        headers["Cache-Control"] = "no-store"
    headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
