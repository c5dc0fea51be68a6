"""Sealing of credentials: encrypted per record, so that a ciphertext moved to another row, field or tenant does not open."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class CannotOpen(Exception):
    """The seal does not belong here, or its key is gone."""


class Sealer:
    """Seals with the first key, opens with any: put a new key in front to rotate."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(_fernet_key(key)) for key in keys])

    def seal(self, tenant: int, record: str, value: object) -> bytes:
        """``value`` (JSON) bound to a tenant and a record such as ``account:7``."""
        return self._fernet.encrypt(json.dumps([tenant, record, value], ensure_ascii=False).encode())

    def open(self, tenant: int, record: str, sealed: bytes) -> object:
        """The value. CannotOpen when it was sealed for another tenant or record, or is damaged."""
        try:
            owner, name, value = json.loads(self._fernet.decrypt(bytes(sealed)))
        except InvalidToken as error:
            raise CannotOpen(record) from error
        if (owner, name) != (tenant, record):
            raise CannotOpen(record)
        return value

    def rotate(self, sealed: bytes) -> bytes:
        """The same value under the first key."""
        return self._fernet.rotate(bytes(sealed))


@lru_cache(maxsize=4)
def sealer_with(keys: tuple[str, ...]) -> Sealer:
    """The sealer of these keys, made once a process."""
    return Sealer(keys)


def _fernet_key(secret: str) -> bytes:
    """A Fernet key from any long secret, so that settings hold one kind of secret."""
    return base64.urlsafe_b64encode(hashlib.sha256(b"qunfa sealing" + secret.encode()).digest())
