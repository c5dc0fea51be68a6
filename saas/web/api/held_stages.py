"""Stages that are held in a platform's own approval: which, who is who there, and what became of a campaign's applications."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from saas.campaigns.approving import campaign_for
from saas.campaigns.flows import client_named
from saas.campaigns.holding import applications_of, apply_again, take_back
from saas.channels.approval import SAYS
from saas.delivery.approvals.setting import form_of, hold, let_go, list_holds, list_people, name_person
from saas.review.stages import KINDS
from saas.tenants.actor import Actor
from saas.web.api.blueprint import Resource
from saas.web.api.fields import Strict, Words
from saas.web.doors import needs

blp = Resource("held_stages", "", "Stages held in a platform's approval")
WIDE = validate.Length(max=200)


class HeldStageItem(Strict):
    """A stage of a client's ("": of the agency's) and the account in whose approval it is decided; "": it is signed here."""

    client = fields.String(load_default="", validate=WIDE)
    kind = fields.String(required=True, validate=validate.OneOf(list(KINDS)))
    account = fields.String(load_default="", validate=validate.Length(max=64))
    template = fields.String(load_default="", validate=WIDE)
    places = fields.Dict(
        keys=fields.String(validate=WIDE), values=fields.String(validate=validate.OneOf(SAYS)), load_default=dict
    )
    applicant = fields.String(load_default="", validate=validate.Length(max=64))
    own_flow = fields.Boolean(load_default=False)


class ApprovalFormWish(Strict):
    """Of which account, and which template there."""

    account = fields.String(required=True, validate=validate.Length(1, 64))
    template = fields.String(required=True, validate=validate.Length(1, 200))


class ApprovalControlItem(Strict):
    """A field of a template: what it takes (text, time, other), and whether it must have something."""

    id = fields.String()
    title = fields.String()
    form = fields.String()
    required = fields.Boolean()


class ApprovalFormItem(Strict):
    """A template of the platform's, as it is now."""

    name = fields.String()
    controls = fields.List(fields.Nested(ApprovalControlItem))


class PlatformPersonItem(Strict):
    """What a member (by e-mail) is called on the platform of an account; "" forgets it."""

    account = fields.String(required=True, validate=validate.Length(1, 64))
    member = fields.Email(required=True, attribute="email")
    person = fields.String(required=True, validate=validate.Length(max=64))


class ApplicationItem(Strict):
    """An application: its state, the platform's number of it, why, and who has not decided."""

    id = fields.Integer()
    stage = fields.Integer()
    kind = fields.String()
    account = fields.String()
    state = fields.String()
    words = Words()
    approval = fields.String()
    reason = Words()
    people = fields.List(fields.String())
    made_at = fields.AwareDateTime()
    submitted_at = fields.AwareDateTime(allow_none=True)
    seen_at = fields.AwareDateTime(allow_none=True)
    settled_at = fields.AwareDateTime(allow_none=True)
    may_again = fields.Boolean()


class TakeBackWish(Strict):
    """Why the stage is signed here."""

    reason = fields.String(required=True, validate=validate.Length(1, 500))


@blp.on("GET", "/review/holds")
@needs("see_accounts")
@blp.gives(200, HeldStageItem(many=True))
def holds(actor: Actor) -> Any:
    """The stages that are held."""
    return list_holds(actor)


@blp.on("PUT", "/review/holds")
@needs("manage_review", "write")
@blp.takes(HeldStageItem)
@blp.gives(204)
def write_hold(actor: Actor, wish: dict[str, Any]) -> None:
    """Say that a stage is held, or that it is signed here again; for campaigns that begin afterwards."""
    client = client_named(wish.pop("client"))
    if not wish["account"]:
        let_go(actor, client, wish["kind"])
        return
    hold(actor, client, wish["kind"], wish["account"], wish["template"], wish["places"], wish["applicant"], wish["own_flow"])


@blp.on("GET", "/review/holds/form")
@needs("manage_review")
@blp.takes(ApprovalFormWish, location="query")
@blp.gives(200, ApprovalFormItem)
def form(actor: Actor, wish: dict[str, str]) -> Any:
    """The controls of a template, asked from the platform."""
    return form_of(actor, wish["account"], wish["template"])


@blp.on("GET", "/review/people")
@needs("see_accounts")
@blp.gives(200, PlatformPersonItem(many=True))
def people(actor: Actor) -> Any:
    """Who is who on the platforms of accounts."""
    return list_people(actor)


@blp.on("PUT", "/review/people")
@needs("sign", "write")
@blp.takes(PlatformPersonItem)
@blp.gives(204)
def write_person(actor: Actor, wish: dict[str, str]) -> None:
    """Say what a member is called on an account's platform: oneself, or an admin anybody."""
    name_person(actor, wish["account"], wish["email"], wish["person"])


@blp.on("GET", "/campaigns/<int:campaign_id>/applications")
@needs("see_accounts")
@blp.gives(200, ApplicationItem(many=True))
def applications(actor: Actor, campaign_id: int) -> Any:
    """Every application of a campaign, the newest first."""
    return applications_of(actor, campaign_for(campaign_id))


@blp.on("POST", "/campaigns/<int:campaign_id>/applications/<int:application_id>/again")
@needs("send", "write")
@blp.gives(204)
def again(actor: Actor, campaign_id: int, application_id: int) -> None:
    """Ask the platform anew after an application that came to nothing."""
    apply_again(actor, campaign_id, application_id)


@blp.on("POST", "/campaigns/<int:campaign_id>/applications/<int:application_id>/take-back")
@needs("manage_review", "write")
@blp.takes(TakeBackWish)
@blp.gives(204)
def taken_back(actor: Actor, wish: dict[str, str], campaign_id: int, application_id: int) -> None:
    """Sign the stage here instead, for exactly what the campaign says now."""
    take_back(actor, campaign_id, application_id, wish["reason"])
