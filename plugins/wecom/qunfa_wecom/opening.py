"""Opening what the platform pushes: verified, decrypted, and meant for us. Nothing here asks the network or the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from qunfa_wecom.crypto import BadCipher, decrypt, signed
from saas.channels import Account, CallbackRequest

STALE_SECONDS = 300
BODY_LIMIT = 256 * 1024


class Refusal(Exception):
    """The request is not the platform's, or too old, or not meant for us."""


@dataclass(frozen=True, slots=True)
class Way:
    """Keys under which pushes come, and the ids they may be meant for."""

    token: str
    aes_key: str
    receivers: frozenset[str]


def ways(account: Account) -> list[Way]:
    """How pushes of an account come. Over a suite: messages under the corp's id, the suite's own events under the suite's."""
    own, corp = account.credentials, account.credentials.get("corp_id", "")
    if not account.portal:
        ids = frozenset({corp, str(account.settings.get("suite_id") or "")} - {""})
        return [Way(own.get("callback_token", ""), own.get("aes_key", ""), ids)]
    suite = Way(own.get("suite_token", ""), own.get("suite_aes_key", ""), frozenset({own.get("suite_id", "")} - {""}))
    return [messages(own, corp), suite]


def messages(credentials: Mapping[str, str], *receivers: str) -> Way:
    """How messages come over a suite: under keys of their own where the app has them (代开发), else the suite's."""
    token = credentials.get("data_token") or credentials.get("suite_token", "")
    return Way(token, credentials.get("data_aes_key") or credentials.get("suite_aes_key", ""), frozenset({*receivers} - {""}))


def opened(ways: Sequence[Way], request: CallbackRequest) -> bytes:
    """What a request carries: the echo of a check of the address, or the message. Raises Refusal."""
    sealed = request.query.get("echostr", "") if request.method == "GET" else fields(request.body).get("Encrypt", "")
    stamp, nonce = request.query.get("timestamp", ""), request.query.get("nonce", "")
    if not sealed or not stamp.isdecimal() or abs(request.now - int(stamp)) > STALE_SECONDS:
        raise Refusal
    given = request.query.get("msg_signature", "")
    for way in ways:
        if way.token and way.aes_key and signed(way.token, stamp, nonce, sealed, given):
            try:
                message, receiver = decrypt(way.aes_key, sealed)
            except BadCipher:
                continue
            if receiver in way.receivers:
                return message
    raise Refusal


def fields(body: bytes, *inside: str) -> dict[str, str]:
    """The leaves of a flat XML document by name, and those called ``inside`` one step deeper. Raises Refusal."""
    if len(body) > BODY_LIMIT:
        raise Refusal
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise Refusal from error
    deeper = {name: root.findtext(f"*/{name}") or "" for name in inside}
    return {child.tag: (child.text or "") for child in root} | (deeper if any(deeper.values()) else {})
