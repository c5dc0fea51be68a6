"""An old campaign read once more: under the rules of its own check, and under today's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from saas.accounts.models import Account
from saas.campaigns.models import Campaign
from saas.channels import Finding, Message
from saas.channels.checks import Checks
from saas.channels.rules import RulePack
from saas.channels.wording import WordPack
from saas.content.draft import CampaignDraft
from saas.content.house import house_findings, house_limits
from saas.content.measures import MEASURES, measure
from saas.delivery.models import Dispatch
from saas.kernel.database import db
from saas.kernel.errors import Conflict, NotFound
from saas.review.compliance.packs import checks
from saas.review.compliance.ruling import FOLDER, Ruling
from saas.review.compliance.wording import Hearing, campaign_findings
from saas.review.models import Check
from saas.review.rulebook.models import RulePackText
from saas.review.rulebook.overrides import ruling, today
from saas.review.rulebook.packs import packs
from saas.tenants.actor import Actor

OWN_CODE = ("cover_missing", "date_over", "date_weekday", "date_impossible")
"""Findings without a list that a replay makes again all the same."""


@dataclass(frozen=True, slots=True)
class Replay:
    """``then``: what the check found, as far as texts alone decide it; ``again``: the same texts under the rules of that day;
    ``now``: under today's. ``changed``: packs whose text is another today. ``beyond``: findings on pictures, links and
    platforms, which a replay leaves alone."""

    campaign: int
    checked_at: datetime
    day: date
    then: list[Finding]
    again: list[Finding]
    now: list[Finding]
    changed: list[str]
    beyond: int

    @property
    def same(self) -> bool:
        """Whether the rules of its day still say what they said."""
        return {_key(f) for f in self.then} == {_key(f) for f in self.again}

    @property
    def new(self) -> list[Finding]:
        """What only today's rules find."""
        old = {_key(f) for f in self.again}
        return [f for f in self.now if _key(f) not in old]

    @property
    def gone(self) -> list[Finding]:
        """What only the rules of its day found."""
        kept = {_key(f) for f in self.now}
        return [f for f in self.again if _key(f) not in kept]


def replay(actor: Actor, campaign_id: int) -> Replay:
    """Read a campaign's texts again. NotFound; Conflict where its check is older than the keeping of rules."""
    actor.need("see_accounts")
    campaign = db.session.get(Campaign, campaign_id)
    if campaign is None:
        raise NotFound(("活动", "campaign"), campaign_id)
    newest = select(Check).where(Check.campaign_id == campaign.id, Check.digest == campaign.digest).order_by(Check.id.desc())
    check = db.session.scalar(newest.limit(1))
    if check is None or not check.rules.get("packs"):
        words = ("这次检查没有留下规则版本", "this check kept no versions of rules")
        raise Conflict("rules_not_kept", words, ("更早的检查无法重放", "checks from before cannot be replayed"))
    return _replay(campaign, check)


def _replay(campaign: Campaign, check: Check) -> Replay:
    draft, day = CampaignDraft.from_json(campaign.draft), date.fromisoformat(check.rules["day"])
    messages = _messages(campaign.id)
    old, current = _archived(check.rules["packs"]), {pack.name: pack.body for pack in packs()}
    trades = {key: frozenset(given) for key, given in check.rules["trades"].items()}
    again = _read(draft, day, messages, trades, old, Ruling.from_json(check.rules["overrides"]))
    now = _read(draft, today(), messages, trades, current, ruling())
    stored = [_finding(found) for found in check.findings]
    ours = {f.rule for f in (*again, *now)} | _rules_of(old) | {*MEASURES, *OWN_CODE}
    then = [finding for finding in stored if finding.rule in ours]
    changed = sorted(
        name for name, version in check.rules["packs"].items() if name not in current or current[name].version != version
    )
    return Replay(campaign.id, check.at, day, then, again, now, changed, len(stored) - len(then))


def _messages(campaign: int) -> dict[str, tuple[str, str, str, str, Message]]:
    """By account: channel, kind, route, zone, and what it says."""
    query = select(Account, Dispatch).join(Dispatch, Dispatch.account_id == Account.id).where(Dispatch.campaign_id == campaign)
    return {
        account.key: (account.channel, account.kind, dispatch.route, account.zone, Message.from_json(dispatch.message))
        for account, dispatch in db.session.execute(query.order_by(Account.id))
    }


def _archived(versions: Mapping[str, str]) -> dict[str, RulePack | WordPack]:
    """The packs of a check, from the texts that were kept."""
    rows = db.session.scalars(select(RulePackText))
    texts = {row.name: row.body for row in rows if versions.get(row.name) == row.version}
    return {name: WordPack(text) if "\n[[term]]" in text else RulePack.read(text) for name, text in texts.items()}


def _rules_of(bodies: Mapping[str, RulePack | WordPack]) -> set[str]:
    return {term.rule for body in bodies.values() if isinstance(body, WordPack) for term in body.terms}


def _read(
    draft: CampaignDraft,
    day: date,
    messages: Mapping[str, tuple[str, str, str, str, Message]],
    trades: Mapping[str, frozenset[str]],
    bodies: Mapping[str, RulePack | WordPack],
    changed: Ruling,
) -> list[Finding]:
    """What texts alone decide, under these packs and changes."""
    house = bodies.get(FOLDER)
    limits = house_limits(day, changed.amounts(FOLDER), house if isinstance(house, RulePack) else None)
    found = house_findings(draft, limits)
    hearings = [Hearing(key, message, trades.get(key, frozenset())) for key, (*_, message) in messages.items()]
    told = campaign_findings(draft, hearings, day, _checks(bodies))
    found += changed.weighed(finding for finding, _ in told)
    for key, (channel, kind, route, zone, message) in messages.items():
        body = bodies.get(channel)
        if isinstance(body, RulePack):
            noon = datetime.fromisoformat(f"{day.isoformat()}T12:00:00+08:00")
            found += measure(message, draft.said_by(key), body.limits(kind, route, noon, zone, changed.amounts(channel)))
    return list({_key(finding): finding for finding in found}.values())


def _checks(bodies: Mapping[str, RulePack | WordPack]) -> Checks:
    """Check packs from kept texts, and those with code as they are installed."""
    lists: list[tuple[str, object]] = [(name, body) for name, body in bodies.items() if isinstance(body, WordPack)]
    return Checks([*lists, *((pack.name, pack.plugin) for pack in checks().all() if pack.rules is None)])


def _key(finding: Finding) -> object:
    return finding.rule, finding.severity, finding.where, finding.line, finding.marks


def _finding(value: Mapping[str, Any]) -> Finding:
    pairs = {name: tuple(value.get(name) or ("", "")) for name in ("message", "remedy")}
    lists = {name: _tuples(value.get(name) or ()) for name in ("marks", "quotes")}
    return Finding(**{**value, **pairs, **lists})


def _tuples(rows: Iterable[Iterable[Any]]) -> tuple[tuple[Any, ...], ...]:
    return tuple(tuple(row) for row in rows)
