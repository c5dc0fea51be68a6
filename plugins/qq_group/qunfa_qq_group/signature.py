"""Signatures of what is pushed to us: Ed25519 of the official platform, HMAC-SHA1 of OneBot."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SEED_BYTES = 32


def signing_key(secret: str) -> Ed25519PrivateKey:
    """The key both sides derive: the secret doubled until it has 32 bytes, cut to 32. ValueError when it is empty."""
    seed = secret.encode()
    if not seed:
        raise ValueError("the client_secret is empty")
    while len(seed) < SEED_BYTES:
        seed += seed
    return Ed25519PrivateKey.from_private_bytes(seed[:SEED_BYTES])


def ed25519(secret: str, content: bytes) -> str:
    """The signature in hex."""
    return signing_key(secret).sign(content).hex()


def ed25519_holds(secret: str, content: bytes, signature: str) -> bool:
    """Whether ``signature`` (hex) signs ``content``."""
    try:
        signing_key(secret).public_key().verify(bytes.fromhex(signature), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def hmac_sha1(secret: str, body: bytes) -> str:
    """OneBot's header value: ``sha1=`` and the HMAC in hex."""
    return "sha1=" + hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
