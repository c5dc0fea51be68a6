"""Every error leaves through here: one envelope, in the caller's language, with nothing in it that is not for the caller."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, Response, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError  # type: ignore[import-untyped]
from markupsafe import escape
from psycopg.errors import NumericValueOutOfRange
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException

from saas.kernel.errors import Problem, TooMany, Unauthenticated
from saas.web.identity import is_api
from saas.web.invalid import invalid_input
from saas.web.locale import say

log = structlog.get_logger("web")

_HTTP: dict[int, tuple[str, tuple[str, str], tuple[str, str]]] = {
    400: (
        "bad_request",
        ("请求无法理解", "the request cannot be understood"),
        ("请对照文档检查请求", "compare the request with the documents"),
    ),
    404: ("not_found", ("没有这个地址", "there is nothing at this address"), ("请检查地址", "check the address")),
    405: (
        "method_not_allowed",
        ("这个地址不支持此方法", "this address does not take this method"),
        ("请查看文档", "see the documents"),
    ),
    413: ("too_large", ("请求太大", "the request is too large"), ("请减小后再试", "make it smaller and try again")),
    415: ("unsupported_type", ("不支持这种内容类型", "this type of content is not taken"), ("请查看文档", "see the documents")),
}
_BROKEN = (
    "internal",
    ("出错了，我们已记录", "something went wrong; it has been recorded"),
    ("请稍后再试，并告知请求编号", "try again later, and tell us the request id"),
)
_AWAY = ("unavailable", ("数据库暂时不可用", "the database is not reachable"), ("请稍后再试", "try again shortly"))


def register(app: Flask) -> None:
    """Answer every failure of ``app`` from here."""
    app.register_error_handler(Problem, _problem)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(RateLimitExceeded, _http)
    app.register_error_handler(OperationalError, _away)
    app.register_error_handler(DataError, _no_such_number)
    app.register_error_handler(Exception, _unforeseen)


def envelope(problem: Problem) -> dict[str, Any]:
    """The error as the API gives it."""
    return {
        "code": problem.code,
        "message": say(problem.message),
        "remedy": say(problem.remedy),
        "field": problem.field,
        "detail": problem.detail,
        "request_id": g.get("request_id", ""),
    }


def _problem(problem: Problem) -> ResponseReturnValue:
    error = envelope(problem)
    page = current_app.extensions.get("error_page")
    if is_api() or request.accept_mimetypes.best == "application/json":
        response = jsonify(error=error)
    elif page:
        response = current_app.make_response(page(problem.status, error))
    else:
        response = _plain(error)
    response.status_code = problem.status
    if isinstance(problem, TooMany):
        response.headers["Retry-After"] = str(problem.detail["retry_after"])
    if isinstance(problem, Unauthenticated) and is_api():
        response.headers["WWW-Authenticate"] = 'Bearer realm="qunfa"'
    return response


def _plain(error: dict[str, Any]) -> Response:
    parts = ("message", "remedy", "request_id")
    body = "".join(f"<p>{escape(error[part])}</p>" for part in parts)
    return Response(f"<!doctype html><meta charset=utf-8><title>Qunfa</title>{body}", mimetype="text/html")


def _http(error: HTTPException) -> ResponseReturnValue:
    if isinstance(error, RateLimitExceeded):
        return _problem(TooMany(error.limit.limit.get_expiry() if error.limit else 60))
    if isinstance(error, CSRFError):
        words = (
            ("表单已过期或缺少校验", "the form has expired or lacks its check"),
            ("请刷新页面后重试", "reload the page and try again"),
        )
        return _problem(Problem("csrf", *words, status=400))
    if error.code is not None and error.code < 400:
        return error.get_response()
    if messages := (getattr(error, "data", None) or {}).get("messages"):
        return _problem(invalid_input(messages))
    code, message, remedy = _HTTP.get(error.code or 500, _BROKEN if (error.code or 500) >= 500 else _HTTP[400])
    return _problem(Problem(code, message, remedy, status=error.code or 500))


def _away(error: OperationalError) -> ResponseReturnValue:
    log.error("database_unreachable", reason=type(error.orig).__name__)
    return _problem(Problem(*_AWAY, status=503))


def _no_such_number(error: DataError) -> ResponseReturnValue:
    """A number in an address that is too large for any id names nothing."""
    if not isinstance(error.orig, NumericValueOutOfRange):
        return _unforeseen(error)
    return _problem(Problem(*_HTTP[404], status=404))


def _unforeseen(error: Exception) -> ResponseReturnValue:
    log.error("unforeseen", exc_info=error)
    return _problem(Problem(*_BROKEN, status=500))
