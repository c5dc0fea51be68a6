"""The way out of hot lists: plain dicts and one JSON dump, from the very schemas the documents show.

marshmallow's own dump asks each field of each row a dozen questions whose answers never change. Here they are asked once a
schema; what a field makes of a value stays the field's own business wherever it is more than copying.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any

from flask import Response, jsonify
from marshmallow import Schema, fields

Writer = Callable[[Any], dict[str, Any]]
COPIED = (fields.String, fields.Integer, fields.Float, fields.Boolean)  # our rows hold what these would make


def page(item: type[Schema], rows: Sequence[Any], limit: int, key: Callable[[Any], int]) -> Response:
    """A page of up to ``limit`` rows and the cursor of the next, when there may be one; as ``paged(item)`` documents it."""
    write = writer(item)
    following = key(rows[-1]) if len(rows) == limit else None
    return jsonify({"items": [write(row) for row in rows], "next": following})


@cache
def writer(item: type[Schema]) -> Writer:
    """What makes a row into the JSON object of this schema."""
    schema = item()
    names = [field.data_key or name for name, field in schema.dump_fields.items()]
    read = attrgetter(*(field.attribute or name for name, field in schema.dump_fields.items()))
    special = [(field.data_key or name, made) for name, field in schema.dump_fields.items() if (made := _conversion(field))]

    def write(row: Any) -> dict[str, Any]:
        made = dict(zip(names, read(row), strict=True))
        for name, convert in special:
            made[name] = convert(made[name])
        return made

    return write


def _conversion(field: fields.Field[Any]) -> Callable[[Any], Any] | None:
    """What the field does to a value, None when it only copies."""
    if type(field) in COPIED or (type(field) is fields.Dict and _copies(field)):
        return None
    if type(field) is fields.AwareDateTime:
        return _moment
    if isinstance(field, fields.Nested):
        return _maybe(writer(type(field.schema)))
    if isinstance(field, fields.List):
        inner = _conversion(field.inner)
        return _maybe(list if inner is None else lambda values: [inner(value) for value in values])
    return lambda value: field._serialize(value, "", None)


def _copies(field: fields.Dict) -> bool:
    return field.value_field is None or type(field.value_field) in COPIED


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def _maybe(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)
