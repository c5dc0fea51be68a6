"""The API's documents, offline: swagger-ui from our own static files, without a line of inline script."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from saas.web.doors import open_door

pages = Blueprint("api_docs", __name__, static_folder="page", template_folder="page", static_url_path="/api/docs/page")


@pages.get("/api/docs")
@open_door
def show() -> ResponseReturnValue:
    """The page."""
    return render_template("api_docs.html")
