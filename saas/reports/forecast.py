"""A dry run: what would happen on each account and under which cap. Nothing is stored and nothing is sent."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from saas.accounts.service import client_names
from saas.accounts.words import trouble_words
from saas.campaigns.policy import DEFAULT_LATENESS
from saas.channels.platform import Finding
from saas.delivery.foreseen import unknown_groups
from saas.delivery.planning import Planned, due_at, plan_folder
from saas.delivery.quota import CapLeft, caps_left
from saas.kernel import clock
from saas.kernel.errors import Words, both_sides
from saas.reports.report import AccountReport, CampaignReport
from saas.reports.states import ACCOUNT_TROUBLE
from saas.reports.words import PAGE_ONLY, reason_words
from saas.tenants.actor import Actor


def forecast(actor: Actor, path: Path) -> tuple[CampaignReport, list[Finding]]:
    """The report a campaign would begin with (planned, exhausted or unauthorized per account), and what platforms told of it.

    Invalid as for planning.
    """
    draft, planned = plan_folder(actor, path)
    caps, clients = caps_left(actor), client_names()
    due = due_at(draft)
    accounts = [_account(one, caps.get(one.account.id, []), clients[one.account.client_id], due, actor.locale) for one in planned]
    report = CampaignReport(
        campaign=0,
        name=draft.name,
        kind=draft.kind,
        state="planned",
        author=actor.name,
        approved_by=[],
        digest="",
        created_at=clock.now().isoformat(),
        due_at=due.isoformat(),
        max_lateness_seconds=draft.max_lateness or DEFAULT_LATENESS,
        finished=False,
        accounts=accounts,
    )
    told = [finding for one in planned for finding in one.findings]
    return report, [*told, *unknown_groups(draft, [one.standing for one in planned if one.choice.route.unit == "group"])]


def _account(planned: Planned, caps: list[CapLeft], client: str, due: datetime, locale: str) -> AccountReport:
    standing, account = planned.standing, planned.account
    people = standing.people
    blocked = [] if standing.trouble else [cap for cap in caps if cap.left < 1]
    state = _state(standing.trouble, bool(blocked))
    resets = max((cap.resets_at for cap in blocked), default=None)
    out = people if state != "planned" else 0
    words = _words(state, planned, blocked)
    begins = due if state == "planned" and due > clock.now() else None
    moments = [moment for moment in (resets, begins) if moment]
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
        next_possible_at=max(moments).isoformat() if moments else None,
    )


def _state(trouble: str, blocked: bool) -> str:
    if trouble:
        return "unauthorized" if trouble in ACCOUNT_TROUBLE else "skipped"
    return "exhausted" if blocked else "planned"


def _words(state: str, planned: Planned, blocked: list[CapLeft]) -> Words:
    trouble = planned.standing.trouble
    if state == "unauthorized":
        return trouble_words(trouble)
    if state == "skipped":
        return reason_words(state, trouble, both_sides(planned.reason))
    page = PAGE_ONLY if planned.choice.route.unit == "page" else ("", "")
    own = planned.findings[0].message if planned.standing.unasked else page
    return reason_words(state, state, blocked[0].title) if blocked else own
