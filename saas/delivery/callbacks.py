"""What platforms push: verified by the channel, stored once, applied by a worker right after."""

from __future__ import annotations

from psycopg.types.json import Jsonb
from sqlalchemy import select, text

from saas.accounts.credentials import opened
from saas.accounts.models import Account
from saas.accounts.switches import here
from saas.channels.callback import AccountChanged, CallbackReply, CallbackRequest, Event
from saas.channels.platform import Account as ChannelAccount
from saas.channels.registry import Installed
from saas.delivery.events import kind_of, to_json
from saas.delivery.inbound.arriving import Arrival, private, take_in
from saas.delivery.release import ring_for
from saas.kernel.database import after_commit, before_tenant, db, tenant_scope, transaction
from saas.kernel.errors import NotFound
from saas.kernel.sealing import sealer_with
from saas.kernel.settings import settings

INSERT = text("""INSERT INTO callback_inbox (account_id, dedupe, kind, event) VALUES (:account, :dedupe, :kind, :event)
                 ON CONFLICT (account_id, dedupe) DO NOTHING RETURNING id""")

RISK = text("SELECT stop_at_risk(:account, :reason)")
AT_RISK = "平台有风控迹象 / the platform shows a sign of risk control"


def receive(ref: str, request: CallbackRequest) -> CallbackReply:
    """Answer a platform. NotFound for an address that is nobody's. A doubled event is stored once, and answered once."""
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
        return take_push(account, seen, found, request)


def take_push(account: Account, seen: ChannelAccount, found: Installed, request: CallbackRequest) -> CallbackReply:
    """Verify and store a push of an account, in the running transaction; the answer to it."""
    reply: CallbackReply = found.hook.callback(account=seen, request=request)
    return take_events(Arrival(account, seen, found, request), reply)


def take_events(arrival: Arrival, reply: CallbackReply) -> CallbackReply:
    """Store the verified events of a reply, each once, in the running transaction; the answer to the push."""
    account = arrival.account
    fresh = [event for event in reply.events if _stored(account.id, event)]
    for event in fresh:
        if isinstance(event, AccountChanged) and event.change == "at_risk":  # before anything else takes the lock of stops
            db.session.execute(RISK, {"account": account.id, "reason": event.detail or AT_RISK})
    reply = take_in(arrival, fresh, reply)
    if fresh:
        after_commit(lambda: ring_for(account.tenant_id))
    return reply


def _stored(account: int, event: Event) -> bool:
    """Whether it is stored now; not when the platform has pushed it before."""
    told = Jsonb(to_json(private(event)))
    values = {"account": account, "dedupe": event.dedupe[:200], "kind": kind_of(event), "event": told}
    return db.session.execute(INSERT, values).scalar() is not None
