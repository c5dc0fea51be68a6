"""A push that tells of people: kept once by the platform's own id, and answered in the same transaction where a rule says so.

An answer that goes out with the answer to the push is written, counted and committed before the platform gets it: a process that
dies meanwhile has answered nobody, and a push that comes again is answered by silence.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from psycopg.types.json import Jsonb
from sqlalchemy import RowMapping, text

from saas.accounts.models import Account
from saas.channels.callback import CallbackReply, CallbackRequest, Event, Inbound, TargetChanged
from saas.channels.channel import AccountKind, Replying, replying_route
from saas.channels.message import Message
from saas.channels.platform import Account as ChannelAccount
from saas.channels.registry import Installed
from saas.delivery.inbound import policy
from saas.delivery.inbound.saying import message_of
from saas.delivery.policy import window
from saas.kernel import clock
from saas.kernel.database import db
from saas.kernel.sealing import sealer_with
from saas.kernel.settings import settings

FURTHEST = timedelta(days=30)
KEEP = text("""INSERT INTO inbox_entries (account_id, dedupe, kind, person, sealed, place, said, at, reply_until)
  VALUES (:account, :dedupe, :kind, :person, :sealed, :place, :said, :at, :until)
  ON CONFLICT (account_id, dedupe) DO NOTHING RETURNING id""")
STANDING = text("""SELECT r.id, r.digest, r.occasion, r.matching, r.words, r.priority, r.account_id IS NOT NULL AS own, r.says
  FROM reply_rules r WHERE r.client_id = :client AND (r.account_id IS NULL OR r.account_id = :account)
    AND r.is_on AND r.removed_at IS NULL AND rule_holds(r.id, r.digest)""")
WRITE = text("""INSERT INTO replies (entry_id, account_id, rule_id, digest, message, made_at, until)
  VALUES (:entry, :account, :rule, :digest, :message, :now, :until) RETURNING id""")
TAKE = text("SELECT * FROM take_reply(:reply, :subject, CAST(:caps AS jsonb), :now)")
SETTLE = text("SELECT settle_reply(:reply, :now, :state, :code, :reason)")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Arrival:
    """A verified push: whose account, as the row and as the channel sees it, and the push itself."""

    account: Account
    seen: ChannelAccount
    found: Installed
    request: CallbackRequest

    @property
    def kind(self) -> AccountKind | None:
        """The account's kind, as its channel declares it."""
        return self.found.channel.kind(self.account.kind)


def private(event: Event) -> Event:
    """The event without who said what: of that the inbox alone keeps a copy, and forgets it in time."""
    return replace(event, sender="", text="", context={}) if isinstance(event, Inbound) else event


def take_in(arrival: Arrival, events: Iterable[Event], reply: CallbackReply) -> CallbackReply:
    """Keep what people did and answer it, in the running transaction; the answer to the push. Each event is new."""
    answer: CallbackReply | None = None
    for event in events:
        if not isinstance(event, Inbound | TargetChanged):
            continue
        entry = _kept(arrival, event)
        if entry is not None and answer is None:
            answer = _answered(arrival, entry, policy.heard(event))
    return answer or reply


def _kept(arrival: Arrival, event: Inbound | TargetChanged) -> int | None:
    """The id of a new entry; None where it is in the inbox already."""
    account, said = arrival.account, policy.heard(event)
    sealed = sealer_with(settings().encryption_keys).seal(
        account.tenant_id, record_of(account.id, event.dedupe[:200]), {"sender": said.sender, "context": dict(said.context)}
    )
    place = policy.place_of(event, arrival.kind)[:200]
    values = {
        "account": account.id, "dedupe": event.dedupe[:200], "kind": policy.kind_of(event), "sealed": sealed, "place": place,
        "person": "" if place == said.sender else mark_of(account.tenant_id, account.id, said.sender),
        "said": said.text[: policy.LONGEST_SAID], "at": clock.now(), "until": _until(said.reply_until),
    }  # fmt: skip
    found: int | None = db.session.execute(KEEP, values).scalar()
    return found


def record_of(account: int, dedupe: str) -> str:
    """What the seal of an entry is bound to."""
    return f"inbox:{account}:{dedupe}"


def mark_of(tenant: int, account: int, sender: str) -> str:
    """By which the same person is known again on the same account: eight hex digits that tell nothing else."""
    told = f"{tenant}:{account}:{sender}".encode()
    return hmac.new(settings().secret_key.encode(), told, hashlib.sha256).hexdigest()[:8] if sender else ""


def _until(moment: float) -> datetime | None:
    if not moment > 0:
        return None
    return min(datetime.fromtimestamp(min(moment, 4e9), UTC), clock.now() + FURTHEST)


def _answered(arrival: Arrival, entry: int, event: Inbound) -> CallbackReply | None:
    """Write the answer of the first rule that fits, and give it where it goes out with the answer to the push."""
    kind, until = arrival.kind, _until(event.reply_until)
    way = kind.replying if kind else None
    if kind is None or way is None or until is None or until <= clock.now():
        return None
    chosen = _chosen(arrival, way, event)
    if chosen is None:
        return None
    rule, message = chosen
    values = {
        "entry": entry, "account": arrival.account.id, "rule": rule.id, "digest": rule.digest, "now": clock.now(),
        "message": Jsonb(message.to_json()), "until": until,
    }  # fmt: skip
    written = db.session.execute(WRITE, values).scalar_one()
    return _at_once(arrival, way, written, event, message) if way.at_once else None


def _chosen(arrival: Arrival, way: Replying, event: Inbound) -> tuple[policy.Rule, Message] | None:
    values = {"client": arrival.account.client_id, "account": arrival.account.id}
    standing = [_rule(row) for row in db.session.execute(STANDING, values).mappings()]
    for rule in policy.in_turn(standing, event.kind, event.text):
        if message := message_of(rule.says, arrival.account.id, way):
            return rule, message
    return None


def _rule(row: RowMapping) -> policy.Rule:
    return policy.Rule(**{**row, "words": tuple(row["words"])})


def _at_once(arrival: Arrival, way: Replying, written: int, event: Inbound, message: Message) -> CallbackReply | None:
    caps = json.dumps(caps_of_answering(arrival.found, arrival.seen, way, clock.now()))
    values: dict[str, Any] = {"reply": written, "subject": subject_of(arrival.seen, event), "caps": caps, "now": clock.now()}
    if db.session.execute(TAKE, values).one().why:
        return None
    try:
        answer: CallbackReply = arrival.found.hook.answer(
            account=arrival.seen, request=arrival.request, event=event, message=message
        )
        settled = {"state": "done", "code": "", "reason": ""}
    except Exception as error:
        log.exception("channel failed", fault=type(error).__name__)
        settled = {"state": "refused", "code": "channel", "reason": type(error).__name__}
    db.session.execute(SETTLE, {"reply": written, "now": clock.now(), **settled})
    return answer if settled["state"] == "done" else None


def subject_of(account: ChannelAccount, event: Inbound) -> str:
    """For whom a cap per recipient counts an answer: the group, or the person's mark."""
    return event.context.get("group", "") or f"#{mark_of(0, account.id, event.sender)}"


def caps_of_answering(found: Installed, account: ChannelAccount, way: Replying, now: datetime) -> list[dict[str, Any]]:
    """The windows in which an answer counts, as the database takes them."""
    limits = found.hook.limits(account=account, route=replying_route(way), now=now)
    return [window(cap, now, account.zone) for cap in limits.caps]
