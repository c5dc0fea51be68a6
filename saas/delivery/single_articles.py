"""One article of several is taken down: its page dies, the others and the cards on phones stay.

What is asked stands in the audit trail before the platform is asked, and what it said after. Nothing is asked again by itself: a
page that is gone already is gone, so a person may ask as often as they like.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from saas.accounts.channels import installed
from saas.accounts.line import Lines
from saas.accounts.models import Account
from saas.accounts.opening import run_with_lines
from saas.accounts.service import account_by_key
from saas.audience.labels import as_seen
from saas.campaigns.approving import campaign_for
from saas.channels import Message, Receipt, Unknown
from saas.channels.outcome import Outcome
from saas.channels.registry import Installed
from saas.delivery.asking import as_delivery, outcome_of
from saas.delivery.recalling import ROWS
from saas.delivery.taking_back import OUT
from saas.kernel.database import db, transaction
from saas.kernel.errors import Conflict, Invalid, Words, both_sides
from saas.kernel.settings import settings
from saas.tenants import audit
from saas.tenants.actor import Actor

ARTICLES: Words = ("文章", "articles")
MOST_WORDS = 500
SENT = text(f"{ROWS} WHERE e.campaign_id = :campaign AND e.account_id = :account AND e.state = ANY (:out) ORDER BY e.id")

Row = Mapping[str, Any]


def take_down_article(actor: Actor, campaign: int, key: str, number: int, reason: str) -> list[dict[str, Any]]:
    """Take down the ``number``-th article of what an account has sent of a campaign; of each delivery, what the platform said.

    NotFound; Invalid names the field; Conflict when nothing of it is out.
    """
    actor.need("recall")
    campaign_for(campaign)
    account = account_by_key(key)
    found, rows = installed(account.channel), _sent(campaign, account)
    _must_be_one_of(number, rows, found, key)
    if not reason.strip() or len(reason) > MOST_WORDS:
        remedy = (f"1 到 {MOST_WORDS} 个字", f"1 to {MOST_WORDS} characters")
        raise Invalid("bad_reason", ("请写明原因", "say why"), remedy, "reason")
    seen = as_seen(account, *ARTICLES)
    with transaction():
        audit.note(actor, "campaigns.article_down", str(campaign), account=key, article=number, reason=reason)

    async def ask(lines: Lines) -> list[dict[str, Any]]:
        line = lines.of(actor.tenant_id, seen)
        calls = (
            found.hook.take_down_article(
                account=seen,
                delivery=as_delivery(row, row["route"]),
                number=number,
                platform=line,
            )
            for row in rows
        )
        return [_told(row, await outcome_of(call)) for row, call in zip(rows, calls, strict=True)]

    told = run_with_lines(settings(), ask)
    with transaction():
        for one in told:
            audit.note(actor, "campaigns.article_told", str(campaign), account=key, article=number, **one)
    return told


def _sent(campaign: int, account: Account) -> list[dict[str, Any]]:
    values = {"campaign": campaign, "account": account.id, "out": list(OUT)}
    rows = [dict(row) for row in db.session.execute(SENT, values).mappings()]
    db.session.rollback()
    if not rows:
        words = (f"账号“{account.key}”没有发出这个活动", f"'{account.key}' has sent nothing of this campaign")
        raise Conflict("nothing_out", words, ("请查看活动的发送结果", "look at what the campaign has sent"))
    return rows


def _must_be_one_of(number: int, rows: list[dict[str, Any]], found: Installed, key: str) -> None:
    articles = min(len(Message.from_json(row["message"]).articles) for row in rows)
    if found.hook.take_down_article is None or not articles:
        words = (f"账号“{key}”的这次发送不能按篇删除", f"of what '{key}' has sent no single article can be taken down")
        remedy = (
            "只有公众号的图文群发可以；recall 收回整次发送",
            "only articles of Official Accounts can; recall takes back the whole",
        )
        raise Invalid("no_single_article", words, remedy, "account")
    if not 1 <= number <= articles:
        words = (f"没有第 {number} 篇", f"there is no article {number}")
        raise Invalid("no_such_article", words, (f"请填 1 到 {articles}", f"give 1 to {articles}"), "article")


def _told(row: Row, outcome: Outcome) -> dict[str, Any]:
    """Of one delivery: ``down``, ``unknown`` (its answer was lost), or ``refused`` with the platform's words."""
    word = "down" if isinstance(outcome, Receipt) else "unknown" if isinstance(outcome, Unknown) else "refused"
    said = str(getattr(outcome, "reason", "")) or str(getattr(outcome, "detail", ""))
    return {"delivery": int(row["id"]), "people": int(row["people"]), "outcome": word, "said": list(both_sides(said))}
