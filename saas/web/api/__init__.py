"""The API, version 1: parse, call one service, answer. Documents at /api/docs, the contract at /api/openapi.json."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_smorest import Api  # type: ignore[import-untyped]

from saas.web.api import (
    accounts,
    alert_client_rules,
    alerts,
    calendar,
    campaigns,
    dashboard,
    deliveries,
    docs,
    evidence,
    experiments,
    figures,
    held_stages,
    inbox,
    library,
    library_files,
    me,
    members,
    portals,
    previews,
    quota,
    recalls,
    report_orders,
    reports,
    review_flows,
    reviews,
    rules,
    stops,
    testers,
    tokens,
    waiting,
)
from saas.web.api.fields import Envelope


class QunfaApi(Api):  # type: ignore[misc]
    """flask-smorest with our error envelope in the documents; the errors themselves are made in ``saas.web.errors``."""

    ERROR_SCHEMA = Envelope

    def _register_error_handlers(self) -> None:
        """None of its own."""


def register(app: Flask) -> None:
    """Add every resource and the documents."""
    app.config.update(_config())
    contract = QunfaApi(app)
    contract.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    contract.spec.components.security_scheme("browser", {"type": "apiKey", "in": "cookie", "name": "__Host-qunfa"})
    for room in (
        me,
        previews,
        testers,
        accounts,
        calendar,
        alerts,
        alert_client_rules,
        campaigns,
        dashboard,
        deliveries,
        library,
        library_files,
        evidence,
        experiments,
        figures,
        held_stages,
        inbox,
        members,
        portals,
        quota,
        recalls,
        report_orders,
        reports,
        reviews,
        review_flows,
        rules,
        stops,
        tokens,
        waiting,
    ):
        contract.register_blueprint(room.blp)
    app.register_blueprint(docs.pages)


def _config() -> dict[str, Any]:
    return {
        "API_TITLE": "Qunfa 群发",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": "/api",
        "OPENAPI_JSON_PATH": "openapi.json",
        "API_SPEC_OPTIONS": {"security": [{"token": []}, {"browser": []}]},
    }
