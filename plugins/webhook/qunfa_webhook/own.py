"""Own systems: one POST, signed over time and body, with a key that the receiver remembers for 24 hours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from qunfa_webhook import signatures
from qunfa_webhook.errors import ELSE, OWN
from qunfa_webhook.wording import BadTemplate, body
from saas.channels import Account, Delivery, MaybeSent, Message, Outcome, Platform, Progress, Receipt, Refused
from saas.channels.http import Answer, dumps

LOOPBACK = ("127.0.0.1", "localhost", "::1")
INSECURE = "接收地址须以 https:// 开头，否则内容会明文传输，请更正 / the address must begin with https://, correct it"


async def send(account: Account, message: Message, delivery: Delivery, platform: Platform) -> Outcome:
    """Send once. NotSent and MaybeSent pass."""
    url = str(account.settings.get("url") or "")
    if not safe(url, account):
        return Refused(INSECURE, "", "url")
    try:
        value = body(account, message, delivery)
    except BadTemplate as bad:
        return Refused(str(bad), "", "template")
    stamp = str(int(platform.now().timestamp()))
    sign = signatures.own(account.credentials.get("secret", ""), stamp, dumps(value))
    headers = {"X-Qunfa-Timestamp": stamp, "X-Qunfa-Signature": sign, "Idempotency-Key": delivery.key}
    return _outcome(account, delivery, await platform.http.post(url, value, headers=headers))


def safe(url: str, account: Account) -> bool:
    """TLS, or the rehearsal on this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    rehearsing = account.settings.get("simulated") and parts.scheme == "http" and parts.hostname in LOOPBACK
    return bool(parts.hostname) and (parts.scheme == "https" or bool(rehearsing))


def _outcome(account: Account, delivery: Delivery, answer: Answer) -> Outcome:
    if answer.status >= 500 or 300 <= answer.status < 400:
        raise MaybeSent(f"HTTP {answer.status}")
    if answer.status >= 400:
        return OWN.get(answer.status, ELSE).outcome(str(answer.status), retry_after(answer))
    fields = answer.json() if answer.body.strip() else {}
    fields = fields if isinstance(fields, Mapping) else {}
    rule = str(account.settings.get("success") or "")
    if rule and not holds(rule, fields):
        said = f"接收方的答复不符合成功条件 {rule} / the receiver's answer does not meet the success rule {rule}"
        return Refused(said, str(answer.status), "success")
    given = found(fields, str(account.settings.get("id_field") or "id"))
    ids = {"key": delivery.key} | ({"message_id": str(given)} if given is not None else {})
    return Receipt(ids, Progress(delivered=delivery.target.people, final=True))


def retry_after(answer: Answer) -> float | None:
    """The seconds the receiver asks us to wait, where it says so in a number."""
    try:
        seconds = float(answer.headers.get("Retry-After", ""))
    except ValueError:
        return None
    return min(max(seconds, 1.0), 86_400.0)


def holds(rule: str, fields: Mapping[str, Any]) -> bool:
    """Whether ``name=value`` (``a.b=value`` for a field inside another) is true of the answer."""
    name, _, wanted = rule.partition("=")
    value = found(fields, name.strip())
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return value is not None and text == wanted.strip()


def found(fields: Mapping[str, Any], name: str) -> Any:
    """A field by its dotted name, or None."""
    value: Any = fields
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
