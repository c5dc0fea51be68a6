"""A dry run: what would happen on each account and under which cap. Nothing is stored and nothing is sent."""

from __future__ import annotations

from pathlib import Path

from saas.accounts.service import client_names
from saas.accounts.words import trouble_words
from saas.campaigns.policy import DEFAULT_LATENESS
from saas.delivery.planning import Planned, due_at, plan_folder
from saas.delivery.quota import CapLeft, caps_left
from saas.kernel import clock
from saas.reports.report import COUNTS, AccountReport, CampaignReport
from saas.reports.states import ACCOUNT_TROUBLE
from saas.reports.words import reason_words
from saas.tenants.actor import Actor


def forecast(actor: Actor, path: Path) -> CampaignReport:
    """The report a campaign would begin with: planned, exhausted or unauthorized per account. Invalid as for planning."""
    draft, planned = plan_folder(actor, path)
    caps, clients = caps_left(actor), client_names()
    accounts = [_account(one, caps.get(one.account.id, []), clients[one.account.client_id], actor.locale) for one in planned]
    return CampaignReport(
        campaign=0,
        name=draft.name,
        kind=draft.kind,
        state="planned",
        author=actor.name,
        approved_by=[],
        digest="",
        created_at=clock.now().isoformat(),
        due_at=due_at(draft).isoformat(),
        max_lateness_seconds=draft.max_lateness or DEFAULT_LATENESS,
        finished=False,
        accounts=accounts,
        totals={count: sum(getattr(account, count) for account in accounts) for count in COUNTS},
    )


def _account(planned: Planned, caps: list[CapLeft], client: str, locale: str) -> AccountReport:
    standing, account = planned.standing, planned.account
    people = account.audience_size if standing.trouble else standing.people
    blocked = [] if standing.trouble else [cap for cap in caps if cap.left < 1]
    state = _state(standing.trouble, bool(blocked))
    resets = max((cap.resets_at for cap in blocked), default=None)
    out = people if state != "planned" else 0
    words = _words(state, standing.trouble, blocked)
    return AccountReport(
        key=account.key,
        name=account.name,
        client=client,
        channel=account.channel,
        kind=account.kind,
        unit=planned.choice.route.unit,
        state=state,
        intended=people,
        accepted=0,
        delivered=0,
        failed=0,
        skipped=out,
        unknown=0,
        awaiting=0,
        in_progress=people - out,
        receipts=[],
        receipts_total=0,
        code=standing.trouble or (blocked[0].rule if blocked else ""),
        reason=words[1 if locale == "en" else 0],
        next_possible_at=resets.isoformat() if resets else None,
    )


def _state(trouble: str, blocked: bool) -> str:
    if trouble:
        return "unauthorized" if trouble in ACCOUNT_TROUBLE else "skipped"
    return "exhausted" if blocked else "planned"


def _words(state: str, trouble: str, blocked: list[CapLeft]) -> tuple[str, str]:
    if state == "unauthorized":
        return trouble_words(trouble)
    titles = blocked[0].title if blocked else ("", "")
    return reason_words(state, trouble or state, titles) if state != "planned" else ("", "")
