"""The accounts page: every account by client, what is left of its caps, and what a person must do."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.accounts.addresses import push_addresses
from saas.accounts.service import list_accounts
from saas.accounts.switches import switches
from saas.delivery.quota import caps_left
from saas.delivery.stops import stopped_accounts
from saas.delivery.switching import switch
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.pages import console, page


@console.get("/accounts")
@signed_in
def accounts() -> ResponseReturnValue:
    """Accounts grouped by client with their caps."""
    actor().need("see_accounts")
    who = actor()
    listed, caps, stopped = list_accounts(who), caps_left(who), stopped_accounts(who)
    addresses = push_addresses(who)
    return page("accounts.html", accounts=listed, caps=caps, stopped=stopped, channels=switches(who), addresses=addresses)


@console.post("/accounts/channels/<name>")
@signed_in
def switch_channel(name: str) -> ResponseReturnValue:
    """Give the agency a channel, or take it away."""
    on = request.form.get("on") == "1"
    switch(actor(), name, on)
    flash(
        t("渠道已启用。", "The channel is on.")
        if on
        else t("渠道已停用，不再开始新的发送。", "The channel is off: nothing new begins on it.")
    )
    return redirect(url_for("console.accounts"), 303)
