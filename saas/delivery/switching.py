"""Switching a channel on and off for an agency, with what that does to deliveries that wait."""

from __future__ import annotations

from sqlalchemy import text

from saas.accounts.channels import installed
from saas.accounts.switches import throw
from saas.delivery.release import ring_for
from saas.delivery.stops import WAKE
from saas.kernel.database import after_commit, db, transaction
from saas.tenants.actor import Actor


def switch(actor: Actor, channel: str, on: bool) -> None:
    """Off: no call begins on it later than two seconds after, nothing new is planned. On: what is not too late goes on."""
    actor.need("manage_accounts")
    installed(channel)
    with transaction():
        throw(actor, channel, on)
        if on:
            db.session.execute(text(WAKE), {"client": None, "account": None, "channels": [channel]})
            after_commit(lambda: ring_for(actor.tenant_id))
