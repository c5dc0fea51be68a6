"""What the platform pushes: XML or JSON, signed, and sealed with the account's key in safe mode."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from qunfa_official_account.crypto import seal, signature
from qunfa_official_account.simulator.own_days import note
from qunfa_official_account.simulator.world import World


def push(world: World, app_id: str, fields: Mapping[str, Any], answered: Callable[[bytes], None] | None = None) -> None:
    """Push an event to the product soon. Costs nothing when nobody listens. ``answered`` is given the body of the answer."""
    record = world.stage.accounts.get(app_id)
    if record is None:
        return
    note(record, fields, world.local().date())
    if not world.stage.callbacks or not record.get("callback_path"):
        return
    whole = {"ToUserName": record["gh_id"], "CreateTime": world.stage.timestamp(), **fields}
    form = str(record.get("push_format", "xml"))
    query, body = envelope(record, app_id, rendered(whole, form), form)
    world.stage.push(app_id, query, body, {"Content-Type": "text/xml" if form == "xml" else "application/json"}, answered)


def envelope(record: Mapping[str, Any], app_id: str, message: bytes, form: str) -> tuple[dict[str, str], bytes]:
    """Query and body of one push. Its time stamp is the real time, however fast the stage's clock runs."""
    token, stamp, nonce = str(record["callback_token"]), str(int(time.time())), str(secrets.randbelow(10**9))
    query = {"signature": signature(token, stamp, nonce), "timestamp": stamp, "nonce": nonce}
    if record.get("push_mode", "safe") == "plain":
        return query, message
    owner = str(record.get("push_app_id") or app_id)
    sealed = seal(str(record["aes_key"]), owner, message, secrets.token_bytes(16))
    query |= {"encrypt_type": "aes", "msg_signature": signature(token, stamp, nonce, sealed)}
    return query, rendered({"ToUserName": record["gh_id"], "Encrypt": sealed}, form)


def rendered(fields: Mapping[str, Any], form: str) -> bytes:
    """The fields as the platform writes them; in JSON mode numbers come as text."""
    if form == "json":
        return json.dumps(_texts(fields), ensure_ascii=False).encode()
    return f"<xml>{_xml(fields)}</xml>".encode()


def _texts(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _texts(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_texts(inner) for inner in value]
    return str(value)


def _xml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "".join(_tagged(name, inner) for name, inner in value.items())
    return str(value) if isinstance(value, int) else f"<![CDATA[{str(value).replace(']]>', escape(']]>'))}]]>"


def _tagged(name: str, value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    return "".join(f"<{name}>{_xml(one)}</{name}>" for one in values)
