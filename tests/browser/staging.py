"""What stands on the stage of the browser tests: five accounts, a campaign that waits, one under way in every state."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from sqlalchemy import text

from saas.accounts.models import Account, Contact
from saas.campaigns.models import Blob, Campaign
from saas.channels import Article, Link, Message, Picture
from saas.delivery.models import DeliveryRow, Dispatch, QuotaWindow
from saas.kernel.clock import now
from saas.kernel.database import db
from saas.review.models import Check
from saas.tenants.models import Client
from tests.web.conftest import Agency

PIXEL = bytes.fromhex("47494638396101000100800000aabbcc00000021f90400000000002c00000000010001000002024401003b")
SHA = hashlib.sha256(PIXEL).hexdigest()

KINDS = (
    ("sub", "official_account", "subscription", "咖啡日课", 18340),
    ("svc", "official_account", "service", "山岚会员与会员日提醒服务号", 5210),
    ("corp", "wecom", "customer", "山岚企微", 12850),
    ("group", "qq_group", "official", "山岚咖友群", 6),
    ("hand", "personal", "assisted", "星野客服号", 3),
)


def set_stage(agency: Agency) -> tuple[int, int, int]:
    """The campaign that waits, the one under way, and its batch for a person. In the running transaction."""
    accounts = _accounts()
    waiting = _campaign("春分之后的三件小事：新豆子、体检与星空放映", agency, accounts)
    moving = _campaign("会员日提醒", agency, accounts)
    return waiting, moving, _under_way(agency, moving, accounts)


def _accounts() -> dict[str, Account]:
    client = Client(name="山岚咖啡与喵屿宠物医院联合品牌")
    db.session.add(client)
    db.session.flush()
    made = {
        key: Account(client_id=client.id, key=key, channel=channel, kind=kind, name=name, audience_size=size)
        for key, channel, kind, name, size in KINDS
    }
    made["corp"].status, made["corp"].trouble = "broken", "ip_not_listed"
    db.session.add_all(made.values())
    db.session.flush()
    contacts = [
        Contact(account_id=made["hand"].id, target=f"wx{n}", title=title)
        for n, title in enumerate(("林晓雨", "王建国", "陈思远"))
    ]
    day = now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(hours=8)
    full = QuotaWindow(account_id=made["sub"].id, rule="mass_day", starts_at=day, ends_at=day + timedelta(days=1), cap=1, used=1)
    db.session.add_all([*contacts, full, Blob(sha256=SHA, mime="image/gif", data=PIXEL)])
    return made


def _message(channel: str) -> Message:
    cover = Picture(SHA, "image/gif", 900, 383, 43, "cover.gif", "封面")
    article = Article(
        "一杯新豆子：云南保山的春天", "<p>x</p>", "陈静", "从海拔一千七百米的山坡，到你手里的这一杯。", cover, original=True
    )
    link = Link("春分之后的三件小事", "https://www.example.com/" + "spring-" * 12, "一杯新豆子、一次体检、一场星空放映", cover)
    if channel == "official_account":
        return Message("articles", articles=(article, article))
    return (
        Message("link", link=link)
        if channel == "wecom"
        else Message("text", text="春分之后的三件小事。\nhttps://www.example.com/spring")
    )


def _campaign(name: str, agency: Agency, accounts: dict[str, Account]) -> int:
    digest = name.encode().hex()[:64].ljust(64, "0")
    author = agency.members["editor"]
    campaign = Campaign(
        name=name,
        kind="articles",
        draft={"name": name},
        author_id=author,
        digest=digest,
        due_at=now(),
        max_lateness=timedelta(hours=2),
    )
    db.session.add(campaign)
    db.session.flush()
    remedy = ["缩到 32 字以内", "shorten it"]
    warning = {
        "rule": "title_chars",
        "severity": "warn",
        "where": "articles/1.md: title",
        "line": 2,
        "message": ["标题偏长", "long title"],
        "remedy": remedy,
    }
    db.session.add(Check(campaign_id=campaign.id, digest=digest, findings=[warning]))
    for key, account in accounts.items():
        _dispatch(campaign.id, key, account)
    return campaign.id


def _dispatch(campaign: int, key: str, account: Account) -> None:
    route = {"sub": "mass", "svc": "mass", "corp": "customer", "group": "group", "hand": "by_hand"}[key]
    unit = "group" if key == "group" else "person"
    dispatch = Dispatch(
        campaign_id=campaign, account_id=account.id, route=route, unit=unit, message=_message(account.channel).to_json()
    )
    db.session.add(dispatch)
    db.session.flush()
    ids = ["wx0", "wx1", "wx2"] if key == "hand" else None
    db.session.add(
        DeliveryRow(
            campaign_id=campaign, dispatch_id=dispatch.id, account_id=account.id, target="batch:1" if ids else "all",
            form="ids" if ids else "all", ids=ids, people=account.audience_size, due_at=now(),
        )
    )  # fmt: skip
    db.session.flush()


STATES = {
    "sub": "state = 'sent', accepted = people, delivered = people - 249, failed = 46, skipped = 203, "
    "receipt = jsonb_build_object('msg_id', '3147483654')",
    "svc": "state = 'due'",
    "corp": "state = 'awaiting', accepted = people, delivered = 6000, awaiting = people - 6000",
    "group": "state = 'unknown', unknown = people, code = 'timeout', reason = '平台没有答复'",
    "hand": "state = 'awaiting', awaiting = people",
}


APPROVE = """INSERT INTO approvals (campaign_id, member_id, decision, digest)
             SELECT id, :member, 'approved', digest FROM campaigns WHERE id = :id"""
THIS = "WHERE campaign_id = :id AND account_id = :account"


MEMBERS = f"""INSERT INTO waiting_people (delivery_id, person, name, people, since)
  SELECT id, 'Member000' || n, '成员' || n, 700 + n, now() FROM deliveries, generate_series(1, 7) n {THIS}"""


def _under_way(agency: Agency, campaign: int, accounts: dict[str, Account]) -> int:
    """Release the campaign as its reviewer would, and bring each account into a state of its own."""
    run = db.session.execute
    values = {"id": campaign, "member": agency.members["reviewer"]}
    run(text(APPROVE), values)
    run(text("UPDATE campaigns SET approved_digest = digest, state = 'released', released_at = now() WHERE id = :id"), values)
    for key, change in STATES.items():
        run(
            text(f"UPDATE deliveries SET {change} WHERE campaign_id = :id AND account_id = :account"),
            values | {"account": accounts[key].id},
        )
    run(text(MEMBERS), values | {"account": accounts["corp"].id})
    found = run(
        text("SELECT id FROM deliveries WHERE campaign_id = :id AND account_id = :account"),
        values | {"account": accounts["hand"].id},
    )
    return int(found.scalar_one())
