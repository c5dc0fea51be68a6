"""Schemas every resource shares: the error envelope, pairs of words, pages."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from saas.web.locale import say

MOST_A_PAGE = 200


class Strict(Schema):
    """A schema that refuses what it does not know."""

    class Meta:
        unknown = RAISE


class Words(fields.Field[str]):
    """A (zh, en) pair, given in the caller's language."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str:
        return say((value[0], value[1])) if value else ""


class Number(fields.Float):
    """A count or a rate, as it is: a count stays whole, so that every form of a report writes one figure one way."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> float | None:
        return value  # type: ignore[no-any-return]


class Error(Strict):
    """What went wrong, for programs (``code``, ``field``) and for people (``message``, ``remedy``)."""

    code = fields.String(required=True)
    message = fields.String(required=True)
    remedy = fields.String(required=True)
    field = fields.String(required=True)
    detail = fields.Dict(required=True)
    request_id = fields.String(required=True)


class Envelope(Strict):
    """The one shape of every error."""

    error = fields.Nested(Error, required=True)


class Page(Strict):
    """Which page: at most ``limit`` items before or after the one in ``next``."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, MOST_A_PAGE))
    cursor = fields.Integer(
        load_default=None, validate=validate.Range(min=1), metadata={"description": "`next` of the page before"}
    )


class Empty(Strict):
    """No body, or an empty object."""


def paged(item: type[Schema]) -> type[Schema]:
    """The schema of a page of items."""
    return Schema.from_dict(
        {"items": fields.List(fields.Nested(item)), "next": fields.Integer(allow_none=True)}, name=f"{item.__name__}Page"
    )
