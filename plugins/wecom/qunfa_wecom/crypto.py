"""The platform's callback cipher (path/91144): AES-256-CBC under a key of ours, PKCS#7 in blocks of 32, and a SHA-1 signature."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32
PREFIX = 16
LENGTH = 4


class BadCipher(Exception):
    """The text was not made with our key, or for another receiver."""


def signature(token: str, timestamp: str, nonce: str, encrypted: str) -> str:
    """The SHA-1 of the four parts, sorted and joined."""
    joined = "".join(sorted((token, timestamp, nonce, encrypted)))
    return hashlib.sha1(joined.encode(), usedforsecurity=False).hexdigest()


def signed(token: str, timestamp: str, nonce: str, encrypted: str, given: str) -> bool:
    """Whether ``given`` is the signature, compared in constant time."""
    return hmac.compare_digest(signature(token, timestamp, nonce, encrypted).encode(), given.encode())


def decrypt(aes_key: str, encrypted: str) -> tuple[bytes, str]:
    """The message and the receive id it was meant for. Raises BadCipher."""
    key = _key(aes_key)
    try:
        data = base64.b64decode(encrypted, validate=True)
        cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
        plain = _unpadded(cipher.update(data) + cipher.finalize())
        size = int.from_bytes(plain[PREFIX : PREFIX + LENGTH], "big")
        start = PREFIX + LENGTH
        if len(plain) < start + size:
            raise BadCipher("the length is wrong")
        return plain[start : start + size], plain[start + size :].decode()
    except (ValueError, binascii.Error) as error:
        raise BadCipher("the text cannot be decrypted") from error


def encrypt(aes_key: str, message: bytes, receive_id: str, prefix: bytes = b"") -> str:
    """The inverse of ``decrypt``; ``prefix`` are the 16 bytes in front, random unless given."""
    key = _key(aes_key)
    plain = (prefix or secrets.token_bytes(PREFIX)) + len(message).to_bytes(LENGTH, "big") + message + receive_id.encode()
    pad = BLOCK - len(plain) % BLOCK
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(cipher.update(plain + bytes([pad]) * pad) + cipher.finalize()).decode()


def _key(aes_key: str) -> bytes:
    try:
        key = base64.b64decode(aes_key + "=")
    except binascii.Error as error:
        raise BadCipher("the EncodingAESKey is not 43 characters of base64") from error
    if len(key) != 32:
        raise BadCipher("the EncodingAESKey is not 43 characters of base64")
    return key


def _unpadded(plain: bytes) -> bytes:
    pad = plain[-1] if plain else 0
    if not 1 <= pad <= BLOCK or plain[-pad:] != bytes([pad]) * pad:
        raise BadCipher("the padding is wrong")
    return plain[:-pad]
