"""An app message on one member's phone."""

from __future__ import annotations

from qunfa_wecom import plugin
from qunfa_wecom.kinds import CHANNEL


def test_only_app_messages_can_be_tried() -> None:
    assert [kind.name for kind in CHANNEL.kinds if kind.try_out] == ["app"]


def test_a_test_send_counts_in_the_windows_of_the_apps_own_route() -> None:
    app = CHANNEL.kind("app")
    assert app is not None
    assert app.try_out is not None
    assert app.try_out.route in {route.name for route in app.routes}
    assert hasattr(plugin, "try_out")
