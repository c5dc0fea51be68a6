"""A campaign made of library items, as a JSON body beside the uploaded folder."""

from __future__ import annotations

from typing import Any

from flask import request
from marshmallow import ValidationError, fields, validate

from saas.content.library.exporting import Plan
from saas.kernel.errors import Problem
from saas.web.api.fields import Strict
from saas.web.invalid import invalid_input


class OfItems(Strict):
    """Which library items for which accounts, when. ``schedule`` and ``max_lateness`` as in campaign.yaml.

    ``tag``: those who carry it, ``groups``: only these, by id or name. ``text``: for accounts that take no articles.
    """

    items = fields.List(fields.Integer(validate=validate.Range(min=1)), required=True, validate=validate.Length(1, 20))
    accounts = fields.List(fields.String(validate=validate.Length(1, 64)), required=True, validate=validate.Length(1, 2000))
    name = fields.String(load_default="", validate=validate.Length(max=200))
    schedule = fields.String(load_default="now", validate=validate.Length(max=80))
    max_lateness = fields.String(load_default="", validate=validate.Length(max=20))
    tag = fields.String(load_default="", validate=validate.Length(max=200))
    groups = fields.List(fields.String(validate=validate.Length(1, 200)), load_default=list, validate=validate.Length(max=2000))
    marketing = fields.Boolean(load_default=True)
    text = fields.String(load_default="", validate=validate.Length(max=20_000))


DOCUMENTED = {"application/json": {"schema": OfItems}}


def asked_of_items() -> tuple[list[int], Plan] | None:
    """The items and the plan of a JSON body; None when a folder is uploaded. Invalid names the field."""
    if not request.is_json:
        return None
    try:
        wish: dict[str, Any] = OfItems().load(request.get_json(silent=True) or {})
    except ValidationError as error:
        raise _invalid(error) from None
    plan = Plan(
        name=wish["name"],
        accounts=wish["accounts"],
        schedule=wish["schedule"],
        max_lateness=wish["max_lateness"],
        audience_tag=wish["tag"],
        marketing=wish["marketing"],
        text=wish["text"],
        groups=wish["groups"],
    )
    return wish["items"], plan


def _invalid(error: ValidationError) -> Problem:
    return invalid_input({"json": error.messages})
