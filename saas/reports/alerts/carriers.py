"""How a message leaves: by SMTP, to a WeCom group robot, or as a signed POST. Nothing of the database is open meanwhile.

What a carrier says: *told*, surely *not* (with whether another try may help), or *perhaps* where the answer was lost. Mail
carries the key as its Message-ID and a webhook as its Idempotency-Key, so these may be repeated; a robot has nothing of the kind.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import smtplib
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.headerregistry import Address, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy, Policy
from email.utils import formatdate
from typing import Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

import aiohttp

from saas.review.reach import PublicOnly, refused

SMTP_SECONDS, HTTP_SECONDS = 15.0, 15.0
ANSWER = 64 * 1024
ROBOT_HOST, ROBOT_PATH, ROBOT_BYTES = "qyapi.weixin.qq.com", "/cgi-bin/webhook/send", 2048
LOOPBACK = ("127.0.0.1", "localhost", "::1")
TOO_FAST = 45009
Word = Literal["told", "again", "no", "perhaps"]


class Unbroken(UniqueUnstructuredHeader):
    """A header that holds one long address: folded, or encoded word by word, no mail program reads it."""

    def fold(self, *, policy: Policy) -> str:
        """The header in one line."""
        return f"{self.name}: {self}{policy.linesep}"  # type: ignore[attr-defined]


def _policy() -> EmailPolicy[EmailMessage]:
    registry = HeaderRegistry()
    unbroken: Any = Unbroken
    registry.map_to_type("list-unsubscribe", unbroken)
    return SMTP.clone(header_factory=registry)


@dataclass(frozen=True, slots=True)
class Said:
    """What became of one try: told; surely not, *again* may help or *no* will not; perhaps. ``fault``: why, without secrets."""

    word: Word
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message. ``facts``: what a webhook gets besides the text; ``unsubscribe``: where a mail program ends it (RFC 8058)."""

    key: str
    subject: str
    body: str
    link: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    unsubscribe: str = ""


def mail(server: str, sender: str, to: str, letter: Letter) -> Said:
    """By SMTP: ``smtp://`` with STARTTLS, ``smtps://``; a password goes over TLS or to this machine only."""
    try:
        message = _written(sender, to, letter)
        line = _connect(server)
        try:
            line.send_message(message)
        finally:
            _leave(line)
    except smtplib.SMTPRecipientsRefused as error:
        return _coded(max((code for code, _ in error.recipients.values()), default=550))
    except smtplib.SMTPResponseException as error:
        return _coded(error.smtp_code)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        return Said("again", type(error).__name__)
    return Said("told")


def _leave(line: smtplib.SMTP) -> None:
    """Say good-bye; how it is answered says nothing of what was taken before."""
    with suppress(smtplib.SMTPException, OSError):
        line.quit()
    line.close()


def _coded(code: int) -> Said:
    return Said("no" if code >= 500 else "again", f"SMTP {code}")


def _written(sender: str, to: str, letter: Letter) -> EmailMessage:
    message = EmailMessage(policy=_policy())
    message["From"], message["To"] = Address(addr_spec=sender), Address(addr_spec=to)
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"], message["Message-ID"] = formatdate(), f"<{letter.key}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    if letter.unsubscribe:
        message["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.body)
    return message


def _connect(server: str) -> smtplib.SMTP:
    parts = urlsplit(server)
    host, safe = parts.hostname or "", ssl.create_default_context()
    if parts.scheme == "smtps":
        line: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=SMTP_SECONDS, context=safe)
    else:
        line = smtplib.SMTP(host, parts.port or 25, timeout=SMTP_SECONDS)
        line.ehlo()
        if line.has_extn("starttls"):
            line.starttls(context=safe)
        elif host not in LOOPBACK:
            line.close()
            raise smtplib.SMTPNotSupportedError("no STARTTLS")
    if parts.username:
        line.login(unquote(parts.username), unquote(parts.password or ""))
    return line


def robot(address: str, letter: Letter, loopback: bool) -> Said:
    """To a WeCom group robot, as text."""
    if not is_robot(address, loopback):
        return Said("no", "address")
    body = {"msgtype": "text", "text": {"content": _cut(f"{letter.subject}\n{letter.body}")}}
    status, answer = asyncio.run(_post(address, json.dumps(body, ensure_ascii=False).encode(), {}, loopback))
    if status <= 0:
        return Said("again" if status == 0 else "perhaps", str(answer))
    code = answer.get("errcode") if isinstance(answer, dict) else None
    if status >= 500 or code is None:
        return Said("perhaps", f"HTTP {status}")
    return Said("told") if code == 0 else Said("again" if code == TOO_FAST else "no", f"errcode {code}")


def webhook(address: str, secret: str, letter: Letter, loopback: bool) -> Said:
    """A JSON body, signed with HMAC-SHA256 over the time stamp, a full stop and the body."""
    if not is_webhook(address, loopback):
        return Said("no", "address")
    told = {"id": letter.key, "title": letter.subject, "text": letter.body, "link": letter.link, **letter.facts}
    body, stamp = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(), str(int(time.time()))
    headers = {"Idempotency-Key": letter.key, "X-Qunfa-Timestamp": stamp, "X-Qunfa-Signature": signature(secret, stamp, body)}
    status, answer = asyncio.run(_post(address, body, headers, loopback))
    if 200 <= status < 300:
        return Said("told")
    lasting = 300 <= status < 500 and status not in (408, 425, 429)
    return Said("no" if lasting or answer == "private" else "again", f"HTTP {status}" if status > 0 else str(answer))


def signature(secret: str, stamp: str, body: bytes) -> str:
    """What a receiver computes to know that it was us."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def is_robot(address: str, loopback: bool = False) -> bool:
    """Whether it is a group robot of WeCom; ``loopback``: a rehearsal's on this machine too."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    key = parse_qs(parts.query).get("key")
    at_home = parts.scheme == "https" and parts.netloc == ROBOT_HOST
    rehearsing = loopback and parts.scheme == "http" and parts.hostname in LOOPBACK
    return bool(key) and parts.path == ROBOT_PATH and (at_home or rehearsing)


def is_webhook(address: str, loopback: bool = False) -> bool:
    """Whether one may post there: https, a public name, the web's own port; ``loopback``: this machine by name too."""
    try:
        parts = urlsplit(address)
        rehearsing = loopback and parts.hostname in LOOPBACK and parts.scheme in ("http", "https") and "@" not in parts.netloc
    except ValueError:
        return False
    return rehearsing or (parts.scheme == "https" and not refused(address))


def _cut(text: str) -> str:
    raw = text.encode()
    return text if len(raw) <= ROBOT_BYTES else raw[: ROBOT_BYTES - 3].decode("utf-8", "ignore") + "…"


async def _post(address: str, body: bytes, headers: Mapping[str, str], loopback: bool) -> tuple[int, Any]:
    """The status and what was answered; 0: surely nothing arrived, -1: nobody knows, each with a word of why."""
    connector = aiohttp.TCPConnector(resolver=PublicOnly(loopback), use_dns_cache=False, force_close=True)
    timeout, jar = aiohttp.ClientTimeout(total=HTTP_SECONDS), aiohttp.DummyCookieJar()
    full = {"Content-Type": "application/json", "User-Agent": "Qunfa alerts", "Accept-Encoding": "identity", **headers}
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=jar, trust_env=False) as session,
            session.post(address, data=body, headers=full, allow_redirects=False) as response,
        ):
            return response.status, _json(await _body(response))
    except aiohttp.ClientConnectorError as error:
        return 0, "private" if type(error.os_error).__name__ == "Blocked" else type(error).__name__
    except (aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
        return 0, type(error).__name__
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return -1, type(error).__name__


async def _body(response: aiohttp.ClientResponse) -> bytes:
    raw = b""
    async for part in response.content.iter_any():
        raw += part
        if len(raw) > ANSWER:
            break
    return raw


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None
