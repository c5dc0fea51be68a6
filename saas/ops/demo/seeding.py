"""Seeding the demo agency: once its members and accounts, at every start its connections to the rehearsal servers."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import select, text

from saas.accounts.models import Account
from saas.accounts.portals.service import kinds, set_up
from saas.accounts.service import accept_risk, connect_account, import_accounts
from saas.kernel.database import before_tenant, db, tenant_scope, transaction
from saas.ops.demo.known import PASSWORDS, passwords
from saas.ops.demo.samples import write_samples
from saas.ops.embedded.folder import write_private
from saas.ops.rehearsal import Rehearsal
from saas.review.rulebook.overrides import set_trades
from saas.tenants.actor import Actor
from saas.tenants.service import create_member, create_tenant, member_by_email

SLUG = "demo"
MEMBERS = (
    ("owner", "所有者", "owner"),
    ("editor", "编辑", "editor"),
    ("reviewer", "审核", "reviewer"),
    ("admin", "管理员", "admin"),
    ("analyst", "分析", "analyst"),
)
ACCOUNTS = Path(__file__).parent / "accounts.csv"
CLIENT_TRADES = {"山岚咖啡": "food", "喵屿宠物医院": "medical", "星野科学馆": "education"}


def demo_email(role: str) -> str:
    """The sign-in name of a demo member."""
    return f"{role}@demo.example"


def tenants() -> list[tuple[int, str, bool]]:
    """Every tenant: (id, slug, whether it is the demo agency)."""
    with before_tenant():
        rows = db.session.execute(text("SELECT id, slug, demo FROM all_tenants()")).all()
        db.session.rollback()
    return [(row.id, row.slug, row.demo) for row in rows]


def seed(home: Path, simulators: Mapping[str, str]) -> dict[str, str]:
    """Make the demo agency in an empty installation, connect its accounts; its passwords by e-mail ({} when there is none)."""
    known = tenants()
    if not known:
        _create(home)
        known = tenants()
    demo = next((id for id, _, is_demo in known if is_demo), None)
    if demo is None:
        return {}
    write_samples(home)
    with tenant_scope(demo):
        _connect(member_by_email(demo_email("owner")), Rehearsal(simulators))
        _portals(member_by_email(demo_email("owner")), Rehearsal(simulators))
    return passwords(home)


def _create(home: Path) -> None:
    words = {demo_email(role): secrets.token_urlsafe(12) for role, _, _ in MEMBERS}
    write_private(home / PASSWORDS, json.dumps(words, indent=1))
    demo = create_tenant("示例代运营", SLUG, demo=True)
    with tenant_scope(demo):
        for role, name, right in MEMBERS:
            create_member(None, demo_email(role), name, right, words[demo_email(role)])
        owner = member_by_email(demo_email("owner"))
        import_accounts(owner, ACCOUNTS.read_bytes())
        for client, trade in CLIENT_TRADES.items():
            set_trades(owner, client, (trade,))


def _connect(owner: Actor, rehearsal: Rehearsal) -> None:
    """Enrol every simulated account; a rehearsal server may have another address than last time."""
    accounts = list(db.session.scalars(select(Account).order_by(Account.id)))
    for account in accounts:
        if account.channel not in rehearsal.addresses or account.portal_id:
            continue
        if account.credentials is not None and not account.settings.get("simulated"):
            continue
        path = f"/callbacks/{account.callback_ref}"
        enrolled = rehearsal.enrol(account.channel, account.key, account.kind, account.name, account.audience_size, path)
        own = {**enrolled["settings"], "simulated": True, "allowed_domains": ["example.com"]}
        if account.credentials is None or any(account.settings.get(name) != value for name, value in own.items()):
            with transaction():
                connect_account(account.key, enrolled["credentials"], own)
        if account.risk_accepted_at is None:
            accept_risk(owner, account.key)


def _portals(owner: Actor, rehearsal: Rehearsal) -> None:
    """A portal of each channel that has them, so that a visitor can connect an account by a scan."""
    for channel, kind in kinds().items():
        if channel not in rehearsal.addresses:
            continue
        name = f"示例{kind.title.zh.partition(' · ')[0]}"
        enrolled = rehearsal.enrol_portal(channel, name, "")
        if "error" in enrolled:
            continue
        known = {field.name for field in kind.settings}
        own = {key: value for key, value in enrolled["settings"].items() if key not in known}
        entered = {key: str(value) for key, value in enrolled["settings"].items() if key in known}
        values = {**enrolled["credentials"], **entered}
        portal = set_up(owner, channel, name, values, own)
        rehearsal.enrol_portal(channel, name, urlsplit(portal.events_address).path)
