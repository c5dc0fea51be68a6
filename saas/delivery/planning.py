"""From a campaign folder to a plan that waits for its second person: checked, fitted, asked of the platforms, frozen, hashed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Select, select

from saas.accounts.channels import registry
from saas.accounts.credentials import opened
from saas.accounts.line import Lines
from saas.accounts.models import Account
from saas.accounts.opening import run_with_lines
from saas.accounts.service import set_trouble
from saas.accounts.switches import need_here
from saas.audience.chosen import knowing
from saas.audience.labels import contacts_of
from saas.audience.snapshot import Audience, Question, Standing, ask, digest, meant
from saas.campaigns.approving import freeze
from saas.campaigns.models import Campaign, Fingerprint
from saas.campaigns.policy import DEFAULT_LATENESS, campaign_digest, content_hash, next_best_slot
from saas.channels.platform import Finding
from saas.content.draft import CampaignDraft
from saas.content.folder import in_order
from saas.content.kept_fits import KeptFits
from saas.content.library.uses import MadeOf, note_campaign
from saas.content.lists import iter_recipients
from saas.content.messages import Choice
from saas.content.shelf import FitCache
from saas.delivery.checking import as_changed, led, rules_used, too_late, with_trades
from saas.delivery.expansion import Plan, store_plan
from saas.delivery.foreseen import NOBODY, foreseen, reason_of, unknown_groups
from saas.delivery.revising import replaceable, supersede
from saas.delivery.withheld import withheld
from saas.kernel import clock, failpoints
from saas.kernel.database import db, transaction
from saas.kernel.errors import Invalid, counted
from saas.kernel.sealing import CannotOpen, sealer_with
from saas.kernel.settings import settings
from saas.review.compliance.folder_check import AccountFacts, Checked
from saas.review.compliance.folder_check import check_folder as check
from saas.review.compliance.ruling import Ruling
from saas.review.models import Check
from saas.review.rulebook.overrides import ruling
from saas.tenants import audit
from saas.tenants.actor import Actor


@cache
def _fits() -> FitCache:
    """Fitted pictures of this installation: campaigns go to many accounts, and are checked more than once."""
    return KeptFits(settings().home / "cache" / "pictures")


@dataclass(frozen=True, slots=True)
class Planned:
    """One account of a campaign: what it says on which route, how it stands, and what is to be told of that."""

    account: Account
    choice: Choice
    standing: Standing
    reason: str = ""
    findings: Sequence[Finding] = ()


def check_folder(actor: Actor, path: Path) -> list[Finding]:
    """Everything the machine finds in a campaign folder or zip; nothing is stored."""
    actor.need("see_accounts")
    return _checked(_accounts(), path).findings


def prepare_campaign(actor: Actor, path: Path, revises: int | None = None, made_of: Sequence[MadeOf] = ()) -> int:
    """Plan a campaign from a folder or zip; its id. Invalid lists every finding when one blocks; then nothing is stored.

    ``revises``: the campaign whose place it takes, which is closed by it. Conflict when that has gone out.
    ``made_of``: the library items the folder was written from.
    """
    checked, draft, planned = _plan_folder(actor, path, replaceable(revises) if revises else ())
    with transaction():
        campaign = _store(actor, checked, draft, planned, supersede(actor, revises) if revises else {})
        note_campaign(campaign, made_of)
        return campaign


def plan_folder(actor: Actor, path: Path) -> tuple[CampaignDraft, list[Planned]]:
    """The same up to the point of storing: what each account would do. Invalid as for ``prepare_campaign``."""
    _, draft, planned = _plan_folder(actor, path)
    return draft, planned


def _plan_folder(actor: Actor, path: Path, versions: Sequence[int] = ()) -> tuple[Checked, CampaignDraft, list[Planned]]:
    actor.need("write")
    accounts = _accounts()
    checked = _checked(accounts, path, versions)
    if checked.campaign is None or checked.blocked:
        raise _refused(checked.findings)
    planned = _ask_platforms(actor.tenant_id, checked, checked.campaign, accounts)
    told = [finding for one in planned for finding in one.findings]
    told += unknown_groups(checked.campaign, [one.standing for one in planned if one.choice.route.unit == "group"])
    if planned and all(one.standing.trouble in NOBODY for one in planned):
        raise _refused([*checked.findings, *(replace(finding, severity="block") for finding in told)])
    return replace(checked, findings=[*checked.findings, *told]), checked.campaign, planned


def _accounts() -> dict[str, Account]:
    return {account.key: account for account in db.session.scalars(select(Account).order_by(Account.id))}


def _checked(accounts: Mapping[str, Account], path: Path, versions: Sequence[int] = ()) -> Checked:
    """The machine check, with everything the tenant knows: its accounts, their limits now, and what it sent before.

    ``versions``: campaigns of which this is a new version; it is no copy of them.
    """
    now = clock.now()
    changed = ruling()
    facts = {key: fact for key, account in accounts.items() if (fact := _facts(account, now, changed))}
    corpus = [(f.title, f.fingerprint) for f in db.session.scalars(_prints(versions))]
    checked = check(path, with_trades(facts, accounts), corpus, _fits(), ruling=changed)
    told = [*too_late(checked.campaign, now), *checked.findings, *led(checked, facts, accounts), *withheld(checked, accounts)]
    return replace(checked, findings=in_order(told))


def _prints(leave_out: Sequence[int]) -> Select[Fingerprint]:
    return select(Fingerprint).where(Fingerprint.campaign_id.not_in(leave_out))


def _facts(account: Account, now: datetime, changed: Ruling) -> AccountFacts | None:
    found = registry().get(account.channel)
    kind = found.channel.kind(account.kind) if found else None
    if found is None or kind is None:
        return None
    seen = opened(sealer_with(settings().encryption_keys), {**_columns(account), "credentials": None})
    seen = as_changed(seen, changed)
    limits = {route.name: found.hook.limits(account=seen, route=route, now=now) for route in kind.routes}
    return AccountFacts(account.key, kind, limits, _domains(account.settings.get("allowed_domains")))


def _domains(listed: Any) -> tuple[str, ...] | None:
    """The allow-list as a tuple, from a list or from text with commas; None when the account keeps none."""
    if isinstance(listed, str):
        listed = [domain.strip() for domain in listed.split(",") if domain.strip()]
    return tuple(listed) if listed else None


def _columns(account: Account) -> dict[str, Any]:
    return {column.key: getattr(account, column.key) for column in Account.__table__.columns}


def _refused(findings: Sequence[Finding]) -> Invalid:
    blocks = sum(finding.severity == "block" for finding in findings)
    message = (
        f"检查发现 {blocks} 处必须改正的问题，没有发送任何内容",
        f"{counted(blocks, 'fault')} must be mended; nothing was sent",
    )
    remedy = ("请按每一条的提示修改后重试", "mend each as it says, then try again")
    return Invalid("bad_folder", message, remedy, findings=[asdict(finding) for finding in findings])


def _ask_platforms(tenant: int, checked: Checked, draft: CampaignDraft, accounts: Mapping[str, Account]) -> list[Planned]:
    """How each account stands and whom it reaches, all asked at once, no transaction open."""
    wish = _wish(draft, checked)
    chosen = [(accounts[key], checked.choices[key]) for key in draft.accounts]
    questions = [_question(account, choice, wish) for account, choice in chosen]
    db.session.rollback()

    async def ask_all(lines: Lines) -> list[Standing]:
        return list(await asyncio.gather(*(_answer(lines, tenant, question) for question in questions)))

    standings = run_with_lines(settings(), ask_all)
    return [
        Planned(account, choice, standing, reason_of(draft, standing), foreseen(draft, account.key, choice.route, standing))
        for (account, choice), standing in zip(chosen, standings, strict=True)
    ]


async def _answer(lines: Lines, tenant: int, question: Question | Standing) -> Standing:
    if isinstance(question, Standing):
        return question
    return await ask(question, lines.of(tenant, question.account))


def _question(account: Account, choice: Choice, wish: Audience) -> Question | Standing:
    """What to ask, or the answer when it is known without asking."""
    found = need_here(account.channel)
    kind, people = found.channel.kind(account.kind), meant(wish, account.audience_size)
    if kind and kind.opt_in and account.risk_accepted_at is None:
        return Standing(trouble="opt_in", detail=kind.risk.en if kind.risk else "", meant=people)
    if account.credentials is None and kind and kind.credentials:
        return Standing(trouble="credentials", detail="no credentials stored", meant=people)
    try:
        seen = opened(sealer_with(settings().encryption_keys), _columns(account))
    except CannotOpen:
        return Standing(trouble="credentials", detail="the stored credentials cannot be opened", meant=people)
    listed = [] if choice.route.fan_out.mode == "platform" else contacts_of(account.id)
    return Question(
        knowing(seen, listed), found, choice.route, wish, account.audience_size, [contact.target for contact in listed]
    )


def _wish(draft: CampaignDraft, checked: Checked) -> Audience:
    if not draft.recipients or checked.files is None:
        return Audience(draft.audience.form, draft.audience.ids)
    rows = list(iter_recipients(checked.files, draft))
    return Audience("ids", [row.id for row in rows], [row.fields for row in rows])


def _store(actor: Actor, checked: Checked, draft: CampaignDraft, planned: Sequence[Planned], version: Mapping[str, Any]) -> int:
    lateness = draft.max_lateness or DEFAULT_LATENESS
    plans = [_plan(p, checked, draft) for p in planned]
    signed = {plan.key: _signed(plan) for plan in plans}
    campaign = Campaign(
        name=draft.name,
        kind=draft.kind,
        marketing=draft.marketing,
        draft=draft.to_json(),
        author_id=actor.member_id,
        digest=campaign_digest(draft.name, draft.kind, draft.marketing, draft.schedule.raw, lateness, signed, draft.options),
        due_at=due_at(draft),
        max_lateness=timedelta(seconds=lateness),
        **version,
    )
    db.session.add(campaign)
    db.session.flush()
    findings = [asdict(finding) for finding in checked.findings]
    db.session.add(Check(campaign_id=campaign.id, digest=campaign.digest, findings=findings, rules=rules_used(draft)))
    for plan, one in zip(plans, planned, strict=True):
        _note_standing(one.account.id, one.standing)
        store_plan(campaign.id, plan, checked.messages[plan.key].blobs)
    for article in draft.articles:
        db.session.merge(
            Fingerprint(
                campaign_id=campaign.id,
                title=article.title,
                fingerprint=checked.fingerprints[article.file],
                tenant_id=actor.tenant_id,
            )
        )
    freeze(campaign.id)
    audit.note(actor, "campaigns.plan", str(campaign.id), digest=campaign.digest)
    failpoints.reach("in_plan")
    return campaign.id


def _signed(plan: Plan) -> dict[str, Any]:
    """What the campaign's digest takes of one account."""
    signed = {"route": plan.route, "message": content_hash(plan.message), "audience": digest(plan.targets), "people": plan.people}
    return {**signed, "unasked": True} if plan.unasked else signed


def _note_standing(account: int, standing: Standing) -> None:
    """Mark the account broken or sound. An empty list or an unknown tag is no fault of it, and silence says nothing."""
    if standing.unasked or standing.trouble == "unreachable":
        return
    if standing.trouble in ("", "no_audience", "refused", *NOBODY):
        set_trouble(account, "")
    else:
        set_trouble(account, standing.trouble, standing.code, standing.detail)


def _plan(planned: Planned, checked: Checked, draft: CampaignDraft) -> Plan:
    account, route, standing = planned.account, planned.choice.route, planned.standing
    return Plan(
        key=account.key,
        account_id=account.id,
        route=route.name,
        unit=route.unit,
        repeat_by=route.repeat.by,
        repeat_seconds=route.repeat.seconds,
        message=checked.messages[account.key].message.to_json(),
        targets=standing.targets,
        trouble=standing.trouble,
        detail=planned.reason,
        meant=standing.meant,
        unasked=bool(standing.unasked),
        own_figure=bool(standing.unasked) and draft.audience.form not in ("ids", "page") and not draft.recipients,
    )


def due_at(draft: CampaignDraft) -> datetime:
    """When it is to go out: now, at its time, or in the next good slot."""
    if draft.schedule.form == "best":
        return next_best_slot(clock.now(), "Asia/Shanghai")
    return draft.schedule.moment() or clock.now()
