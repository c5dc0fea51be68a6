"""A rule as somebody wishes it: every field checked, its words read by the compliance checks, and it may be written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import select, text

from saas.accounts.channels import registry
from saas.accounts.models import Account
from saas.accounts.service import account_by_key
from saas.channels.platform import Finding
from saas.content.links import FoundLink, check_links, link_fault
from saas.delivery.inbound.policy import plain
from saas.kernel.database import db
from saas.kernel.errors import Conflict, Invalid, Words
from saas.review.compliance.wording import check_text
from saas.review.rulebook.overrides import ruling, today, trades_of
from saas.tenants.models import Client

OCCASIONS = ("message", "follow", "fallback")
MATCHING = ("exact", "contains", "starts")
SAYS = ("text", "link", "article")
LONGEST = {"name": 80, "text": 600, "title": 64, "description": 120, "url": 1000}
MOST_WORDS, LONGEST_WORD = 50, 60
RELEASED = text("""SELECT c.id FROM campaigns c WHERE c.id = :campaign AND c.released_at IS NOT NULL AND c.kind = 'articles'
  AND EXISTS (SELECT 1 FROM dispatches d JOIN accounts a ON a.id = d.account_id
    WHERE d.campaign_id = c.id AND a.client_id = :client)""")


@dataclass(frozen=True, slots=True)
class RuleWish:
    """A rule to be. ``account`` "" means every account of the client; ``says`` is kind text (text), link (title, url,
    description) or article (campaign). ``words`` only for the occasion message."""

    client: str
    name: str
    occasion: str
    says: Mapping[str, Any]
    account: str = ""
    matching: str = "contains"
    words: Sequence[str] = ()
    priority: int = 100


@dataclass(frozen=True, slots=True)
class Judged:
    """A wish whose fields are right: of which client and account, what it says as it is kept, what the checks found."""

    client: Client
    account: Account | None
    words: list[str]
    says: dict[str, Any]
    findings: list[Finding] = field(default_factory=list)


def judge(wish: RuleWish) -> Judged:
    """Check every field and every word. Invalid names the field and tells what must not be said. NotFound (account), Conflict."""
    client = db.session.scalar(select(Client).where(Client.name == wish.client))
    if client is None:
        raise _bad("client", ("没有这个客户", "no such client"))
    account = account_by_key(wish.account) if wish.account else None
    _check_account(client, account)
    _limit("name", wish.name.strip())
    _choice("occasion", wish.occasion, OCCASIONS)
    _choice("matching", wish.matching, MATCHING)
    if not 0 <= wish.priority <= 1000:
        raise _bad("priority", ("优先级应在 0 到 1000 之间", "the priority lies between 0 and 1000"))
    says = _says(wish.says, client)
    found = findings(says, client, account)
    if blocks := [asdict(finding) for finding in found if finding.severity == "block"]:
        words = (f"回复内容有 {len(blocks)} 处不能通过检查，没有保存", f"{len(blocks)} faults in what it says; nothing was kept")
        raise Invalid("reply_rule_blocked", words, ("按提示修改后再保存", "change them and try again"), "says", findings=blocks)
    return Judged(client, account, _words(wish), says, found)


def findings(says: Mapping[str, Any], client: Client, account: Account | None) -> list[Finding]:
    """What the checks find in the words of a rule today, for the client's trades and the account's allowed links."""
    trades, day, changed = trades_of(client), today(), ruling()
    found: list[Finding] = []
    for name in ("text", "title", "description"):
        if says.get(name):
            found += check_text(str(says[name]), f"says.{name}", 0, trades, day)
    if says.get("url"):
        allowed = account.settings.get("allowed_domains") if account else None
        found += check_links([FoundLink(str(says["url"]), "says.url")], allowed)
    return changed.weighed(found)


def _check_account(client: Client, account: Account | None) -> None:
    if account is None:
        return
    if account.client_id != client.id:
        raise _bad("account", ("这个账号不属于该客户", "this account belongs to another client"))
    kind = registry().kind(account.channel, account.kind)
    if kind is None or kind.replying is None:
        message = ("这个渠道不支持自动回复", "this channel has no automatic answers")
        raise Conflict("reply_no_way", message, ("选择公众号、企业微信应用或 QQ 群账号", "choose another account"))


def _says(says: Mapping[str, Any], client: Client) -> dict[str, Any]:
    kind = str(says.get("kind", ""))
    _choice("says", kind, SAYS)
    if kind == "text":
        return {"kind": kind, "text": _limit("text", str(says.get("text", "")).strip())}
    if kind == "link":
        return _link(says)
    campaign = says.get("campaign")
    known = isinstance(campaign, int) and db.session.execute(RELEASED, {"campaign": campaign, "client": client.id}).first()
    if not known:
        message = ("请填写这个客户已发出的图文活动编号", "name a campaign of articles that went out for this client")
        raise _bad("campaign", message)
    return {"kind": kind, "campaign": campaign}


def _link(says: Mapping[str, Any]) -> dict[str, Any]:
    url = _limit("url", str(says.get("url", "")).strip())
    if fault := link_fault(url):
        raise Invalid(fault.rule, fault.message, ("换成公开网站的 https 地址", "use the https address of a public site"), "url")
    description = str(says.get("description", "")).strip()
    return {
        "kind": "link", "title": _limit("title", str(says.get("title", "")).strip()), "url": url,
        "description": _limit("description", description) if description else "",
    }  # fmt: skip


def _words(wish: RuleWish) -> list[str]:
    if wish.occasion != "message":
        return []
    words = list(dict.fromkeys(word.strip() for word in wish.words if plain(word)))
    if not words or len(words) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in words):
        message = (
            f"请填写 1 至 {MOST_WORDS} 个关键词，每个不超过 {LONGEST_WORD} 字",
            f"give 1 to {MOST_WORDS} keywords of at most {LONGEST_WORD} characters",
        )
        raise _bad("words", message)
    return words


def _limit(name: str, value: str) -> str:
    most = LONGEST[name]
    if not value or len(value) > most or "\x00" in value:
        raise _bad(name, (f"请填写 1 至 {most} 字", f"write 1 to {most} characters"))
    return value


def _choice(name: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise _bad(name, (f"只能是：{'、'.join(choices)}", f"one of: {', '.join(choices)}"))


def _bad(name: str, message: Words) -> Invalid:
    return Invalid("bad_reply_rule", message, ("改正后再保存", "correct it and try again"), name)
