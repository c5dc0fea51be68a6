"""The accounts page: every account by client, what is left of its caps, and what a person must do."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from saas.accounts.service import list_accounts
from saas.delivery.quota import caps_left
from saas.delivery.stops import stopped_accounts
from saas.web.console.gate import actor, signed_in
from saas.web.console.pages import console, page


@console.get("/accounts")
@signed_in
def accounts() -> ResponseReturnValue:
    """Accounts grouped by client with their caps."""
    actor().need("see_accounts")
    return page("accounts.html", accounts=list_accounts(actor()), caps=caps_left(actor()), stopped=stopped_accounts(actor()))
