"""What platforms push: verified by the channel, stored once, applied by a worker right after."""

from __future__ import annotations

from psycopg.types.json import Jsonb
from sqlalchemy import select, text

from saas.accounts.credentials import opened
from saas.accounts.models import Account
from saas.accounts.switches import here
from saas.channels.callback import CallbackReply, CallbackRequest
from saas.delivery.events import kind_of, to_json
from saas.delivery.release import ring_for
from saas.kernel.database import after_commit, before_tenant, db, tenant_scope, transaction
from saas.kernel.errors import NotFound
from saas.kernel.sealing import sealer_with
from saas.kernel.settings import settings

INSERT = text("""INSERT INTO callback_inbox (account_id, dedupe, kind, event) VALUES (:account, :dedupe, :kind, :event)
                 ON CONFLICT (account_id, dedupe) DO NOTHING""")


def receive(ref: str, request: CallbackRequest) -> CallbackReply:
    """Answer a platform. NotFound for an address that is nobody's. A doubled event is stored once."""
    with before_tenant():
        row = db.session.execute(text("SELECT tenant_id, account_id FROM whose_callback(:ref)"), {"ref": ref}).first()
        db.session.rollback()
    if row is None:
        raise NotFound(("回调地址", "callback address"))
    with tenant_scope(row.tenant_id), transaction():
        account = db.session.scalar(select(Account).where(Account.id == row.account_id))
        found = here(account.channel) if account else None
        if account is None or found is None or found.hook.callback is None:
            raise NotFound(("回调地址", "callback address"))
        columns = {column.key: getattr(account, column.key) for column in Account.__table__.columns}
        seen = opened(sealer_with(settings().encryption_keys), columns)
        reply: CallbackReply = found.hook.callback(account=seen, request=request)
        for event in reply.events:
            values = {"account": account.id, "dedupe": event.dedupe[:200], "kind": kind_of(event), "event": Jsonb(to_json(event))}
            db.session.execute(INSERT, values)
        if reply.events:
            after_commit(lambda: ring_for(row.tenant_id))
    return reply
