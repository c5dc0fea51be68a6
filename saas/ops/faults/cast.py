"""Who plays in a trial: agencies, each with three members and one account of every kind there is, enrolled at the simulators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from saas.accounts.models import Account
from saas.accounts.service import accept_risk, connect_account, import_accounts
from saas.delivery.switching import switch
from saas.kernel.database import db, tenant_scope, transaction
from saas.ops.rehearsal import Rehearsal
from saas.tenants.models import Member
from saas.tenants.service import create_tenant, member_by_email

MEMBERS = ("owner", "editor", "reviewer")
HEADER = "key,client,channel,kind,name,audience_size"
ACCOUNTS = (
    ("sub", "official_account,subscription", 40),
    ("svc", "official_account,service", 50),
    ("svc2", "official_account,service", 60),
    ("customer", "wecom,customer", 60),
    ("groups", "wecom,groups", 45),
    ("app", "wecom,app", 12),
    ("moments", "wecom,moments", 45),
    ("robot", "wecom,robot", 1),
    ("chats", "wecom,appchat", 4),
    ("bot", "qq_group,official", 4),
    ("onebot", "qq_group,onebot", 28),
    ("personal", "personal,assisted", 30),
    ("own", "webhook,own", 1),
    ("feishu", "webhook,feishu", 1),
    ("dingtalk", "webhook,dingtalk", 1),
)
BEGINS_OFF = "webhook"
OWN: dict[str, dict[str, Any]] = {
    "bot": {"overrides": {"group_per_day": {"value": 3, "reason": "a cap that a trial reaches"}}},
    "onebot": {"pace_seconds": "0.1", "jitter_seconds": "0"},
}


@dataclass(frozen=True, slots=True)
class Agency:
    """A tenant of the trial."""

    id: int
    slug: str

    def key(self, short: str) -> str:
        """The key of one of its accounts; no other agency's account has it."""
        return f"{self.slug}-{short}"

    @property
    def keys(self) -> list[str]:
        """The keys of all its accounts."""
        return [self.key(short) for short, _, _ in ACCOUNTS]


def engage(number: int, rehearsal: Rehearsal) -> Agency:
    """Make the agency of that number with everything it needs to send."""
    slug = f"trial{number}"
    agency = Agency(create_tenant(f"试验代运营 {number}", slug), slug)
    with tenant_scope(agency.id):
        with transaction() as session:
            for role in MEMBERS:
                session.add(Member(email=f"{role}@{slug}.example", name=role, role=role, password_hash="-"))  # noqa: S106
        owner = member_by_email(f"owner@{slug}.example")
        switch(owner, BEGINS_OFF, on=True)
        lines = (f"{agency.key(short)},Trial,{kind},{short},{size}" for short, kind, size in ACCOUNTS)
        import_accounts(owner, "\n".join([HEADER, *lines]).encode())
        for account in list(db.session.scalars(select(Account).order_by(Account.id))):
            _connect(account, rehearsal)
            accept_risk(owner, account.key)
    return agency


def _connect(account: Account, rehearsal: Rehearsal) -> None:
    path = f"/callbacks/{account.callback_ref}"
    enrolled = rehearsal.enrol(account.channel, account.key, account.kind, account.name, account.audience_size, path)
    own = {**enrolled["settings"], "simulated": True, **OWN.get(account.name, {})}
    with transaction():
        connect_account(account.key, enrolled["credentials"], own)
