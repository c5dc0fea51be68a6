"""Every channel that comes with the product keeps every promise."""

from __future__ import annotations

from importlib.metadata import entry_points

import pytest

from saas.channels.conformance import verify
from saas.channels.registry import GROUP

INSTALLED = sorted(point.name for point in entry_points(group=GROUP))


def test_five_channels_come_with_the_product() -> None:
    assert {"official_account", "personal", "qq_group", "webhook", "wecom"} <= set(INSTALLED)


@pytest.mark.parametrize("name", INSTALLED)
def test_an_installed_channel_keeps_every_promise(name: str) -> None:
    verdict = verify(name)
    assert verdict and verdict.passed, [(one.id, one.detail) for one in verdict.results if not one.passed] if verdict else ""
