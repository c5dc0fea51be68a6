"""Signatures and the safe mode of the platform's pushes (SHA-1 over sorted parts, AES-256-CBC padded to 32 bytes)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

BLOCK = 32
PREFIX = 16


class BadSecret(ValueError):
    """A sealed text that was not made with this key, or not for this account."""


def signature(*parts: str) -> str:
    """SHA-1 in hex over the sorted parts: token, time stamp, nonce, and in safe mode the sealed text."""
    return hashlib.sha1(_bytes("".join(sorted(parts))), usedforsecurity=False).hexdigest()


def _bytes(text: str) -> bytes:
    """Whatever a stranger sends has bytes: half a surrogate pair must not become an error."""
    return text.encode("utf-8", "surrogatepass")


def signed(given: str, *parts: str) -> bool:
    """Whether ``given`` is the signature of the parts; takes the same time either way."""
    return hmac.compare_digest(_bytes(given), signature(*parts).encode())


def aes_key(encoding_key: str) -> bytes:
    """The 32 bytes behind the 43 characters of an EncodingAESKey. BadSecret when it is not one."""
    try:
        key = base64.b64decode(encoding_key + "=", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSecret("the EncodingAESKey is not base64") from error
    if len(key) != 32:
        raise BadSecret("the EncodingAESKey must have 43 characters")
    return key


def seal(encoding_key: str, app_id: str, message: bytes, random: bytes) -> str:
    """Encrypt ``message`` for ``app_id``; ``random`` are 16 bytes."""
    key = aes_key(encoding_key)
    plain = random + struct.pack(">I", len(message)) + message + app_id.encode()
    pad = BLOCK - len(plain) % BLOCK
    encryptor = Cipher(AES(key), CBC(key[:PREFIX])).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()).decode()


def unseal(encoding_key: str, app_id: str, sealed: str) -> bytes:
    """The message inside a sealed text. BadSecret when key, padding, length or app id do not fit."""
    plain = _unpadded(_decrypted(aes_key(encoding_key), sealed))
    if len(plain) < PREFIX + 4:
        raise BadSecret("the sealed text is too short")
    (length,) = struct.unpack(">I", plain[PREFIX : PREFIX + 4])
    message, owner = plain[PREFIX + 4 : PREFIX + 4 + length], plain[PREFIX + 4 + length :]
    if not hmac.compare_digest(owner, app_id.encode()):
        raise BadSecret("the sealed text is for another account")
    return message


def _decrypted(key: bytes, sealed: str) -> bytes:
    try:
        data = base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSecret("the sealed text is not base64") from error
    if not data or len(data) % 16:
        raise BadSecret("the sealed text has an impossible length")
    decryptor = Cipher(AES(key), CBC(key[:PREFIX])).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def _unpadded(plain: bytes) -> bytes:
    pad = plain[-1]
    if not 1 <= pad <= BLOCK or plain[-pad:] != bytes([pad]) * pad:
        raise BadSecret("the padding does not fit the key")
    return plain[:-pad]
