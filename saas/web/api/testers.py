"""Who may be sent a test on an account."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from saas.delivery.testers import add_tester, list_testers, remove_tester
from saas.tenants.actor import Actor
from saas.web.api.blueprint import Resource
from saas.web.api.fields import Strict
from saas.web.doors import needs

blp = Resource("testers", "/accounts/<key>/testers", "Testers: named people who may be sent a test")


class TesterItem(Strict):
    """One of them: as the platform names them, and as we do."""

    person = fields.String()
    name = fields.String()
    by = fields.String()
    at = fields.AwareDateTime()


class TesterWish(Strict):
    """Whom to register."""

    person = fields.String(required=True, validate=validate.Length(1, 64))
    name = fields.String(load_default="", validate=validate.Length(max=80))


@blp.on("GET", "")
@needs("see_accounts")
@blp.gives(200, TesterItem(many=True))
def list_all(actor: Actor, key: str) -> Any:
    """The account's testers."""
    return list_testers(actor, key)


@blp.on("POST", "")
@needs("manage_accounts", "write")
@blp.takes(TesterWish)
@blp.gives(201, TesterItem(many=True))
def add(actor: Actor, wish: dict[str, str], key: str) -> Any:
    """Register somebody; the whole list."""
    return add_tester(actor, key, wish["person"], wish["name"])


@blp.on("DELETE", "/<person>")
@needs("manage_accounts", "write")
@blp.gives(204)
def remove(actor: Actor, key: str, person: str) -> None:
    """They are sent no test any more."""
    remove_tester(actor, key, person)
