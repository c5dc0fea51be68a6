"""Three ways to sign with HMAC-SHA256: ours over time and body, and the two fixed ones of the bots."""

from __future__ import annotations

import base64
import hashlib
import hmac


def own(secret: str, stamp: str, body: bytes) -> str:
    """Hex, over the time stamp (Unix seconds), a full stop and the body as it is sent."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def feishu(secret: str, stamp: str) -> str:
    """Base64: the key is time stamp (Unix seconds), line feed and secret; what is signed is empty."""
    return base64.b64encode(hmac.new(f"{stamp}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()


def dingtalk(secret: str, stamp: str) -> str:
    """Base64: the key is the secret; what is signed is time stamp (Unix milliseconds), line feed and secret."""
    return base64.b64encode(hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()).decode()


def same(given: str, right: str) -> bool:
    """Whether two signatures are the same; takes as long either way."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())
