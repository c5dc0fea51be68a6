"""How the library looks in the API."""

from __future__ import annotations

from marshmallow import fields, validate

from saas.content.library.contents import KINDS
from saas.web.api.campaigns import FindingItem
from saas.web.api.fields import Page, Strict

SHORT_NAME = validate.Length(max=64)


class LibraryItem(Strict):
    """An item as lists show it. ``thumb`` is the hash of a picture."""

    id = fields.Integer()
    client_id = fields.Integer()
    client = fields.String()
    kind = fields.String()
    title = fields.String()
    folder_id = fields.Integer(allow_none=True)
    folder = fields.String()
    tags = fields.List(fields.String())
    thumb = fields.String(allow_none=True)
    version = fields.Integer()
    updated_at = fields.AwareDateTime()
    updated_by = fields.String()
    archived = fields.Boolean()


class LibraryContent(LibraryItem):
    """An item with the content of one of its versions (``number``)."""

    number = fields.Integer()
    content = fields.Dict()
    sha256 = fields.String()


class SavedItem(Strict):
    """``unchanged``: it said the same, so there is no new version. ``notes``: what was taken out of the HTML."""

    item_id = fields.Integer()
    version = fields.Integer()
    unchanged = fields.Boolean()
    content = fields.Dict()
    notes = fields.List(fields.Nested(FindingItem))


class Search(Page):
    """Which items: all ``words`` must occur. ``folder`` 0: those that lie in none."""

    words = fields.String(load_default="", validate=validate.Length(max=200))
    kind = fields.String(load_default="", validate=validate.OneOf(["", *KINDS]))
    client = fields.Integer(load_default=None, validate=validate.Range(min=1))
    folder = fields.Integer(load_default=None, validate=validate.Range(min=0))
    tag = fields.String(load_default="", validate=validate.Length(max=40))
    archived = fields.Boolean(load_default=False)


class NewItem(Strict):
    """A new item of a client; what its content holds depends on its kind (see the manual)."""

    client_id = fields.Integer(required=True, validate=validate.Range(min=1))
    kind = fields.String(required=True, validate=validate.OneOf(list(KINDS)))
    content = fields.Dict(keys=fields.String(), required=True)
    folder_id = fields.Integer(load_default=None, validate=validate.Range(min=1), allow_none=True)
    tags = fields.List(fields.String(validate=validate.Length(max=200)), load_default=list, validate=validate.Length(max=100))


class Edition(Strict):
    """What was made from ``base_version``. ``tab`` names the page it is written on."""

    base_version = fields.Integer(required=True, validate=validate.Range(min=1))
    content = fields.Dict(keys=fields.String(), required=True)
    note = fields.String(load_default="", validate=validate.Length(max=500))
    tab = fields.String(load_default="", validate=SHORT_NAME)


class Unsaved(Strict):
    """What is being written, in whatever state."""

    base_version = fields.Integer(required=True, validate=validate.Range(min=1))
    content = fields.Dict(keys=fields.String(), required=True)
    tab = fields.String(load_default="", validate=SHORT_NAME)


class DraftItem(Strict):
    """One's own draft. ``refused``: a save met a newer version; ``stale``: there is a newer version now."""

    tab = fields.String()
    made_from = fields.Integer()
    content = fields.Dict()
    refused = fields.Boolean()
    at = fields.AwareDateTime()
    stale = fields.Boolean()


class KeptAt(Strict):
    """When it was kept."""

    at = fields.AwareDateTime()


class WhichTab(Strict):
    """The page a draft was written on."""

    tab = fields.String(load_default="", validate=SHORT_NAME)


class WhichVersion(Strict):
    """A version; without it the one that holds."""

    version = fields.Integer(load_default=None, validate=validate.Range(min=1))


class ItemVersion(Strict):
    """A version of an item."""

    number = fields.Integer()
    member = fields.String()
    note = fields.String()
    made_from = fields.Integer(allow_none=True)
    at = fields.AwareDateTime()
    sha256 = fields.String()


class Restoring(Strict):
    """Which version shall hold again, seen from which."""

    number = fields.Integer(required=True, validate=validate.Range(min=1))
    base_version = fields.Integer(required=True, validate=validate.Range(min=1))


class Placed(Strict):
    """What is left out stays as it is. ``folder_id`` null: to the top."""

    folder_id = fields.Integer(allow_none=True, validate=validate.Range(min=1))
    tags = fields.List(fields.String(validate=validate.Length(max=200)), validate=validate.Length(max=100))
    archived = fields.Boolean()


class CampaignUseItem(Strict):
    """A campaign that took a version of the item."""

    campaign = fields.Integer()
    name = fields.String()
    state = fields.String()
    at = fields.AwareDateTime()
    version = fields.Integer()


class ItemUseItem(Strict):
    """An item that holds this one; ``now``: in its version that holds."""

    row = fields.Nested(LibraryItem, data_key="item")
    by_version = fields.Integer()
    version = fields.Integer()
    now = fields.Boolean()


class UsesItem(Strict):
    """Everything that uses an item."""

    campaigns = fields.List(fields.Nested(CampaignUseItem))
    items = fields.List(fields.Nested(ItemUseItem))
