"""How often the platform is asked, and until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from qunfa_wecom.pace import deadline, given_up, poll_after
from saas.channels import Delivery, Target

BEGAN = datetime(2026, 11, 22, 3, tzinfo=UTC)
DELIVERY = Delivery(1, "0" * 32, "customer", Target("ids", ("wm1",)), 1, BEGAN)


@pytest.mark.parametrize(("age", "wait"), [(0, 0.5), (5, 0.5), (60, 6), (3_600, 360), (86_400, 900), (-30, 0.5)])
def test_questions_are_quick_at_first_and_rare_later(age: int, wait: float) -> None:
    assert poll_after(DELIVERY, BEGAN + timedelta(seconds=age)) == wait


def test_members_have_seven_days_and_nobody_is_asked_after_a_month() -> None:
    assert deadline(DELIVERY, BEGAN) == BEGAN + timedelta(days=7)
    assert not given_up(DELIVERY, BEGAN + timedelta(days=30))
    assert given_up(DELIVERY, BEGAN + timedelta(days=30, seconds=1))
