"""The application class: every view runs inside its actor's tenant, and a repeated POST is answered once."""

from __future__ import annotations

from flask import Flask, g
from flask.typing import ResponseReturnValue

from saas.kernel.database import tenant_scope
from saas.web import once
from saas.web.doors import declared, is_open_door
from saas.web.identity import visitor


class WebApp(Flask):
    """Flask with the tenant's scope opened and closed around the view."""

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view for whoever asks."""
        who = None if is_open_door() else visitor()
        g.actor, g.session_id = (who.actor, who.session_id) if who else (None, "")
        if g.actor is None or declared("outside_tenant"):
            return super().dispatch_request()
        with tenant_scope(g.actor.tenant_id):
            return once.answer(self, super().dispatch_request)
