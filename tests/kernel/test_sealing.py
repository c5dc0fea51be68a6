"""Seals open where they were made and nowhere else."""

from __future__ import annotations

import secrets

import pytest

from saas.kernel.sealing import CannotOpen, Sealer
from saas.kernel.settings import BadSettings, Settings

KEYS = (secrets.token_urlsafe(48), secrets.token_urlsafe(48))
GOOD = {
    "DATABASE_URL": "postgresql://x/y",
    "REDIS_URL": "redis://x",
    "QUNFA_SECRET_KEY": KEYS[0],
    "QUNFA_ENCRYPTION_KEYS": KEYS[1],
}


def test_a_seal_opens_with_what_was_sealed() -> None:
    sealer = Sealer(KEYS)
    assert sealer.open(1, "account:7", sealer.seal(1, "account:7", {"secret": "密"})) == {"secret": "密"}


@pytest.mark.parametrize(("tenant", "record"), [(2, "account:7"), (1, "account:8"), (1, "token:7:access")])
def test_check_24_a_seal_moved_to_another_tenant_or_record_does_not_open(tenant: int, record: str) -> None:
    sealer = Sealer(KEYS)
    with pytest.raises(CannotOpen):
        sealer.open(tenant, record, sealer.seal(1, "account:7", {}))


def test_check_44_a_new_key_in_front_opens_the_old_and_rotated_seals_need_only_the_new() -> None:
    old, both, new = Sealer(KEYS[1:]), Sealer(KEYS), Sealer(KEYS[:1])
    sealed = old.seal(1, "a", "x")
    assert both.open(1, "a", sealed) == "x"
    assert new.open(1, "a", both.rotate(sealed)) == "x"
    with pytest.raises(CannotOpen):
        new.open(1, "a", sealed)


def test_a_damaged_seal_does_not_open() -> None:
    sealed = bytearray(Sealer(KEYS).seal(1, "a", "x"))
    sealed[20] ^= 1
    with pytest.raises(CannotOpen):
        Sealer(KEYS).open(1, "a", bytes(sealed))


@pytest.mark.parametrize("name", ["QUNFA_SECRET_KEY", "QUNFA_ENCRYPTION_KEYS"])
@pytest.mark.parametrize("value", ["", "changeme", "short", "a" * 64, "test"])
def test_check_25_a_missing_short_or_example_secret_does_not_start(name: str, value: str) -> None:
    with pytest.raises(BadSettings, match=name):
        Settings.from_env({**GOOD, name: value})


def test_secrets_stay_out_of_what_is_shown_of_the_settings() -> None:
    shown = repr(Settings.from_env(GOOD))
    assert not any(value in shown for value in GOOD.values())
