"""The agency console: pages in Chinese and English over the services. ``register(app)`` hangs them on the app."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from flask import Flask

PLACES: Final = (
    "accounts", "alerts", "assisted", "branding", "calendar", "campaigns", "client_figures", "client_link", "days", "editor",
    "evidence", "experiments", "folders", "held_stages", "inbox", "library", "library_conflict", "library_forms", "mishaps",
    "portals", "preferences", "preview_links", "previews", "quota", "recalls", "report_guests", "report_orders", "reports",
    "review_flows", "reviews", "rules", "signing", "stops", "today", "try_outs", "unknowns", "waiting",
)  # fmt: skip


def register(app: Flask) -> None:
    """Add the pages, their static files and their error pages."""
    _hang()
    from saas.web.console.pages import console
    from saas.web.console.problems import error_page

    app.register_blueprint(console)
    app.extensions["error_page"] = error_page


def _hang() -> None:
    """Every page hangs itself on the blueprint."""
    for name in PLACES:
        import_module(f"saas.web.console.{name}")
