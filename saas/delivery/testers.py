"""Who may be sent a test on an account: named people, registered by whoever manages its accounts. Never an audience."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, text

from saas.accounts.channels import registry
from saas.accounts.models import Account
from saas.accounts.service import account_by_key
from saas.channels.channel import TryOut
from saas.channels.platform import Account as ChannelAccount
from saas.kernel.database import db, transaction
from saas.kernel.errors import Conflict, Invalid, NotFound, Words
from saas.tenants.actor import Actor
from saas.tenants.audit import note

MOST = 50
NO_TESTER: Words = ("测试人", "tester")
LISTED = text("""SELECT t.person, t.name, m.name AS by, t.at FROM testers t JOIN members m ON m.id = t.member_id
  WHERE t.account_id = :account AND t.removed_at IS NULL ORDER BY t.name, t.person""")
ADD = text("""INSERT INTO testers (account_id, person, name, member_id) VALUES (:account, :person, :name, :member)
  ON CONFLICT (tenant_id, account_id, person) DO UPDATE SET name = excluded.name, member_id = excluded.member_id,
    at = clock_timestamp(), removed_at = NULL""")
REMOVE = text("""UPDATE testers SET removed_at = clock_timestamp(), member_id = :member
  WHERE account_id = :account AND person = :person AND removed_at IS NULL RETURNING person""")


@dataclass(frozen=True, slots=True)
class Tester:
    """One who may be sent a test: ``person`` as the platform names them, ``name`` as we do."""

    person: str
    name: str
    by: str
    at: datetime


def list_testers(actor: Actor, key: str) -> list[Tester]:
    """The account's testers. NotFound."""
    actor.need("see_accounts")
    return _listed(account_by_key(key).id)


def add_tester(actor: Actor, key: str, person: str, name: str = "") -> list[Tester]:
    """Register somebody, or name them anew. NotFound, Invalid, Conflict where the channel cannot try or there are too many."""
    actor.need("manage_accounts")
    account, person, name = account_by_key(key), person.strip(), name.strip()
    _check(account, person, name)
    with transaction() as session:
        session.execute(text("SELECT lock_quota(:account)"), {"account": account.id})
        listed = _listed(account.id)
        if len(listed) >= MOST and person not in {tester.person for tester in listed}:
            words = (f"一个账号最多 {MOST} 名测试人", f"an account has at most {MOST} testers")
            raise Conflict("testers", words, ("先移除不再需要的", "remove some first"))
        session.execute(ADD, {"account": account.id, "person": person, "name": name, "member": actor.member_id})
        note(actor, "tester_added", f"account:{account.id}", person=person)
        return _listed(account.id)


def remove_tester(actor: Actor, key: str, person: str) -> list[Tester]:
    """They are sent no test any more. NotFound."""
    actor.need("manage_accounts")
    account = account_by_key(key)
    with transaction() as session:
        gone = session.execute(REMOVE, {"account": account.id, "person": person, "member": actor.member_id}).first()
        if gone is None:
            raise NotFound(NO_TESTER, person)
        note(actor, "tester_removed", f"account:{account.id}", person=person)
        return _listed(account.id)


def way_of(account: Account) -> TryOut | None:
    """How a message can be tried on an account; None where its platform has no way."""
    kind = registry().kind(account.channel, account.kind)
    return kind.try_out if kind else None


def seen(account: Account) -> ChannelAccount:
    """The account as a pure hook is given it, without credentials."""
    return ChannelAccount(
        account.id, account.key, account.channel, account.kind, account.name, {}, account.settings, account.zone
    )


def _listed(account: int) -> list[Tester]:
    rows: list[RowMapping] = list(db.session.execute(LISTED, {"account": account}).mappings())
    return [Tester(**row) for row in rows]


def _check(account: Account, person: str, name: str) -> None:
    way = way_of(account)
    if way is None:
        raise Conflict("try_out_no_way", ("这个渠道没有测试发送", "this channel has no way to try a message"))
    if not re.fullmatch(way.pattern, person):
        zh, en = way.person.zh, way.person.en
        raise Invalid("tester_person", (f"这不是有效的{zh}", f"this is no valid {en}"), ("请核对后重填", "check it"), "person")
    if len(name) > 80:
        raise Invalid("tester_name", ("名字最多 80 字", "a name has at most 80 characters"), field="name")
