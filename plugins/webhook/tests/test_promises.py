"""Every promise of the conformance kit."""

from __future__ import annotations

import pytest

from qunfa_webhook import plugin
from saas.channels.conformance import CHECKS, judge_plugin


@pytest.mark.parametrize("check", [check.id for check in CHECKS])
def test_the_channel_keeps_its_promise(check):
    verdict = judge_plugin("webhook", plugin, [check])
    assert verdict.failed == [], verdict.results[-1].detail
