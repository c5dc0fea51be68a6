"""What was heard on a line goes the way of what is pushed: stored once by the platform's own id, and applied by a worker."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from flask import Flask
from sqlalchemy import select

from saas.accounts.credentials import opened
from saas.accounts.models import Account
from saas.accounts.switches import here
from saas.channels.callback import CallbackReply, CallbackRequest, Event
from saas.delivery.callbacks import take_events
from saas.delivery.inbound.arriving import Arrival
from saas.kernel import clock
from saas.kernel.database import db, tenant_scope, transaction
from saas.kernel.sealing import sealer_with
from saas.kernel.settings import settings


def take_heard(tenant: int, account_id: int, events: tuple[Event, ...]) -> None:
    """Store them in one transaction. What an agency has switched off meanwhile, or an account that is gone, hears nothing."""
    with tenant_scope(tenant), transaction():
        account = db.session.scalar(select(Account).where(Account.id == account_id))
        found = here(account.channel) if account else None
        if account is None or found is None:
            return
        columns = {column.key: getattr(account, column.key) for column in Account.__table__.columns}
        seen = opened(sealer_with(settings().encryption_keys), columns)
        silent = CallbackRequest("", {}, {}, b"", clock.now().timestamp())
        take_events(Arrival(account, seen, found, silent), CallbackReply(events=events))


@dataclass(frozen=True, slots=True)
class Storing:
    """The same from an event loop: in a thread of its own, within the application's context."""

    app: Flask

    async def __call__(self, tenant: int, account: int, events: tuple[Event, ...]) -> None:
        await asyncio.to_thread(self._store, tenant, account, events)

    def _store(self, tenant: int, account: int, events: tuple[Event, ...]) -> None:
        with self.app.app_context():
            take_heard(tenant, account, events)
