"""flask-smorest's blueprint, with the types it lacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask_smorest import Blueprint  # type: ignore[import-untyped]
from marshmallow import RAISE, Schema

KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "description": "The same key and body get the same answer, with the header Idempotent-Replayed, for at least 24 hours",
}
View = TypeVar("View", bound=Callable[..., Any])


class Resource(Blueprint):  # type: ignore[misc]
    """A blueprint of the API under /api/v1."""

    def __init__(self, name: str, prefix: str, description: str) -> None:
        super().__init__(f"api_{name}", f"saas.web.api.{name}", url_prefix=f"/api/v1{prefix}", description=description)

    def on(self, method: str, rule: str) -> Callable[[View], View]:
        """The view answers this method at this address."""

        def hang(view: View) -> View:
            documented: View = self.doc(parameters=[KEY])(view) if method == "POST" else view
            hung: View = self.route(rule, methods=[method])(documented)
            return hung

        return hang

    def takes(self, schema: type[Schema], *, location: str = "json", required: bool = True) -> Callable[[View], View]:
        """What the view is given, checked."""
        take: Callable[[View], View] = self.arguments(schema, location=location, required=required, unknown=RAISE)
        return take

    def gives(self, status: int, schema: type[Schema] | Schema | None = None) -> Callable[[View], View]:
        """What the view answers when all is well."""
        give: Callable[[View], View] = self.response(status, schema)
        return give

    def documented(self, **operation: Any) -> Callable[[View], View]:
        """More for the documents."""
        document: Callable[[View], View] = self.doc(**operation)
        return document
