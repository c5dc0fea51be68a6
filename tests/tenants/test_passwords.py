"""Passwords that are refused, and what is kept of the others."""

from __future__ import annotations

import pytest

from saas.kernel.errors import Invalid
from saas.tenants.passwords import check_password, fits, hash_password


@pytest.mark.parametrize(
    "password",
    [
        "password1234", "Password2026!", "123456789012", "qwertyuiop123", "aaaaaaaaaaaa", "adminadmin123", "woaini1314520",
        "1qaz2wsx3edc", "iloveyou1234", "abcdefghijkl", "qunfa2026qunfa", "P@ssw0rd1234", "letmein123456", "zxcvbnm,./zxcvbnm",
        "000000000000", "5201314520131", "asdfghjkl1234", "wechatwechat1",
    ],
)  # fmt: skip
def test_check_31_a_password_that_is_tried_first_is_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_password(password)
    assert refused.value.code == "password_common"


@pytest.mark.parametrize("password", ["", "short", "elevenchars", "十一个字的密码不够长啊"])
def test_check_31_a_password_under_twelve_characters_is_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_password(password)
    assert refused.value.code == "password_short"


def test_check_31_ones_own_name_makes_no_password() -> None:
    with pytest.raises(Invalid):
        check_password("lin.xiaoyu2026", "lin.xiaoyu@agency.test", "Lin Xiaoyu")


@pytest.mark.parametrize(
    "password",
    ["tree under seven moons", "床前明月光疑是地上霜低头", "correct horse battery", "vX9fQ2kLmZ7p", "no digits or signs needed"],
)
def test_check_31_long_and_unusual_is_enough(password: str) -> None:
    check_password(password, "lin@agency.test", "Lin")


def test_the_kept_hash_fits_only_its_password() -> None:
    kept = hash_password("tree under seven moons")
    assert kept.startswith("$argon2id$")
    assert fits(kept, "tree under seven moons")
    assert not fits(kept, "tree under eight moons")
    assert not fits(None, "tree under seven moons")
    assert not fits("damaged", "tree under seven moons")
