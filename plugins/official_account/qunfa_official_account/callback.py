"""Verify what the platform pushes (URL check, plain and safe mode, XML and JSON) and hand its fields on."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from qunfa_official_account.crypto import BadSecret, signed, unseal
from qunfa_official_account.events import events
from saas.channels import Account, CallbackReply, CallbackRequest

FRESH = 300.0
BODY_LIMIT = 1024 * 1024
REFUSED = CallbackReply(status=403, body=b"refused")


class Refuse(Exception):
    """The request is not the platform's, or not for this account, or too old."""


def callback(account: Account, request: CallbackRequest) -> CallbackReply:
    """Answer the URL check, or read one push. 403 for whatever cannot be verified."""
    account = as_called(account)
    try:
        if request.method == "GET":
            return CallbackReply(body=_echo(account, request))
        return CallbackReply(events=tuple(events(_fields(account, request))))
    except (Refuse, BadSecret):
        return REFUSED


def as_called(account: Account) -> Account:
    """The account with the keys by which the platform pushes for it: its own, or those of the portal it was authorised over."""
    if not account.portal:
        return account
    theirs = account.credentials
    keys = {"app_id": "component_appid", "callback_token": "component_token", "aes_key": "component_aes_key"}
    return replace(account, credentials={own: theirs.get(name, "") for own, name in keys.items()})


def opened_push(account: Account, request: CallbackRequest) -> dict[str, Any]:
    """The fields of a push to a portal, which is always sealed. Raises Refuse, BadSecret."""
    account = as_called(account)
    if request.method != "POST" or not account.credentials.get("aes_key"):
        raise Refuse
    return _fields(account, request)


def _echo(account: Account, request: CallbackRequest) -> bytes:
    _verify(account, request, "signature")
    return request.query.get("echostr", "").encode("utf-8", "replace")


def _fields(account: Account, request: CallbackRequest) -> dict[str, Any]:
    if len(request.body) > BODY_LIMIT:
        raise Refuse
    if not account.credentials.get("aes_key"):
        if account.portal:
            raise Refuse
        _verify(account, request, "signature")
        return _addressed(account, parse(request.body))
    # A plain signature does not cover the body: where a key is set, only sealed pushes are believed.
    outer = parse(request.body)
    sealed = str(outer.get("Encrypt", ""))
    _verify(account, request, "msg_signature", sealed)
    return _addressed(account, parse(_opened(account, sealed)))


def _verify(account: Account, request: CallbackRequest, name: str, *more: str) -> None:
    token, query = account.credentials.get("callback_token", ""), request.query
    stamp = query.get("timestamp", "")
    if not token or not signed(query.get(name, ""), token, stamp, query.get("nonce", ""), *more):
        raise Refuse
    if not (stamp.isascii() and stamp.isdigit()) or abs(request.now - int(stamp)) > FRESH:
        raise Refuse


def _opened(account: Account, sealed: str) -> bytes:
    """By the key, or by the one before it: a change of keys is not seen at once everywhere."""
    app_id, keys = account.credentials.get("app_id", ""), account.credentials
    try:
        return unseal(keys["aes_key"], app_id, sealed)
    except BadSecret:
        if not keys.get("aes_key_previous"):
            raise
        return unseal(keys["aes_key_previous"], app_id, sealed)


def _addressed(account: Account, fields: dict[str, Any]) -> dict[str, Any]:
    own = account.settings.get("gh_id")
    if own and fields.get("ToUserName") != own:
        raise Refuse
    return fields


def parse(body: bytes) -> dict[str, Any]:
    """The fields of a push, from JSON or XML; no document types, no entities. Refuse when it is neither."""
    try:
        fields = json.loads(body) if body.lstrip()[:1] == b"{" else _of(fromstring(body, forbid_dtd=True))
    except (ValueError, ParseError, DefusedXmlException, RecursionError) as error:
        raise Refuse from error
    if not isinstance(fields, dict):
        raise Refuse
    return fields


def _of(element: Element) -> Any:
    """Text of a leaf, fields of a branch; names that come several times (``item``) become a list."""
    if not len(element):
        return element.text or ""
    fields: dict[str, Any] = {}
    for child in element:
        value = _of(child)
        if child.tag not in fields:
            fields[child.tag] = value
        elif isinstance(fields[child.tag], list):
            fields[child.tag].append(value)
        else:
            fields[child.tag] = [fields[child.tag], value]
    return fields
